terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    # The modules use it; here the tests do, which put a mock in its place.
    # tflint-ignore: terraform_unused_required_providers
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
  }
}
