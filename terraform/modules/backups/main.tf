# Where backups of a MongoDB in the cluster go (k8s/components/backups-to-s3). The cluster adds and lists; it neither reads
# nor deletes, so whoever has taken it over has not taken the backups.

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

locals {
  writer_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = aws_s3_bucket.this.arn
      },
      {
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = "${aws_s3_bucket.this.arn}/mongodb/*"
      },
      {
        # Parts of a large upload are joined under the key that they were written with.
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = module.key.arn
        Condition = { StringEquals = { "kms:ViaService" = "s3.${data.aws_region.current.region}.amazonaws.com" } }
      },
    ]
  }
}

module "key" {
  source = "../key"

  name        = "${var.cluster_name}/backups"
  description = "Backups of MongoDB in ${var.cluster_name}."
}

#trivy:ignore:AWS-0089
resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_18:Who read a backup is in CloudTrail's data events, where an account has them on; a second bucket for access logs would need a third for its own.
  # checkov:skip=CKV_AWS_144:Backups guard against mistakes and against the loss of the cluster; a copy in another region is a decision about money and law that this module does not take.
  # checkov:skip=CKV2_AWS_62:Nothing waits for a backup; that one is missing is told by an alert.
  bucket = "ticketer-backups-${var.cluster_name}-${data.aws_caller_identity.current.account_id}"

  # Not even `terraform destroy` takes it away while there are backups in it.
  force_destroy = false
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = module.key.arn
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "keep-for-a-while"
    status = "Enabled"

    filter {}

    expiration {
      days = var.keep_days
    }

    # One that was overwritten is kept as long: the cluster may write over what is there.
    noncurrent_version_expiration {
      noncurrent_days = var.keep_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

module "writer" {
  source = "../pod-identity"

  name            = "backups"
  cluster_name    = var.cluster_name
  namespace       = "ticketer"
  service_account = "mongodb-backup-to-s3"

  policy = local.writer_policy
}
