terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # In the bucket that is made here. `apply` names it, and keeps what it knows of one account apart from the others.
  backend "s3" {
    key          = "ticketer/bootstrap.tfstate"
    use_lockfile = true
  }
}
