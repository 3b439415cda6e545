# Once for each AWS account: where Terraform keeps its state, and whom the account lets GitHub speak for. `apply` runs it.

provider "aws" {
  region              = var.region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      Application = "ticketer"
      ManagedBy   = "terraform"
    }
  }
}

locals {
  bucket = "ticketer-terraform-${var.account_id}"
}

module "key" {
  source = "../modules/key"

  name        = "ticketer/terraform-state"
  description = "Terraform's state of Ticketer."
}

# `apply` makes it bare, so that this folder's own state is in it from the first moment; what it has to be is below.
import {
  to = aws_s3_bucket.state
  id = local.bucket
}

#trivy:ignore:AWS-0089
resource "aws_s3_bucket" "state" {
  # checkov:skip=CKV_AWS_18:Who read or wrote the state is in CloudTrail's data events, where an account has them on; a second bucket for access logs would need a third for its own.
  # checkov:skip=CKV_AWS_144:The state describes resources of one region; without that region there is nothing it could be used for. Versions guard against mistakes.
  # checkov:skip=CKV2_AWS_62:Nothing waits for changes of the state.
  bucket = local.bucket

  # Not even `terraform destroy` takes it away while there is state in it.
  force_destroy = false
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = module.key.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket = aws_s3_bucket.state.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    id     = "forget-old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days           = 90
      newer_noncurrent_versions = 20
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  depends_on = [aws_s3_bucket_versioning.state]
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.state.arn, "${aws_s3_bucket.state.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.state]
}

# AWS knows GitHub's certificate authorities and needs no thumbprint.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.create_github_provider ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}
