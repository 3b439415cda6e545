terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }

  # The bucket and its region stand in backend.hcl, which bootstrap writes: its name has the account's number in it. The
  # bucket itself says how it encrypts; `encrypt` here would override its key.
  backend "s3" {
    key          = "ticketer/staging.tfstate"
    use_lockfile = true
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      Application = "ticketer"
      Environment = "staging"
      ManagedBy   = "terraform"
    }
  }
}
