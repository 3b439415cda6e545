mock_provider "aws" {
  source = "../../mocks"
}

variables {
  cluster_name = "event-ticketing-cluster"
}

run "the_cluster_adds_backups_and_neither_reads_nor_deletes_them" {
  assert {
    condition     = toset(flatten([for statement in local.writer_policy.Statement : statement.Action])) == toset(["s3:ListBucket", "s3:PutObject", "s3:AbortMultipartUpload", "kms:GenerateDataKey", "kms:Decrypt"])
    error_message = "adding and listing is all"
  }

  assert {
    condition     = [for statement in local.writer_policy.Statement : statement.Resource] == [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/mongodb/*", module.key.arn]
    error_message = "in this bucket, under this key"
  }

  assert {
    condition     = local.writer_policy.Statement[2].Condition.StringEquals["kms:ViaService"] == "s3.us-west-2.amazonaws.com"
    error_message = "the key decrypts for S3 only"
  }
}

run "a_backup_is_encrypted_versioned_and_nobodys_but_ours" {
  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == module.key.arn
    error_message = "under a key of its own"
  }

  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled" && aws_s3_bucket.this.force_destroy == false
    error_message = "what is written over is still there"
  }

  assert {
    condition     = alltrue([for block in [aws_s3_bucket_public_access_block.this] : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "nothing in it is public"
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "it is reached by TLS alone"
  }
}

run "backups_are_kept_for_five_weeks" {
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this.rule[0].expiration[0].days == 35 && aws_s3_bucket_lifecycle_configuration.this.rule[0].noncurrent_version_expiration[0].noncurrent_days == 35
    error_message = "and then forgotten, with the addresses of buyers in them"
  }
}

run "accounts_do_not_take_each_others_names" {
  assert {
    condition     = output.bucket == "ticketer-backups-event-ticketing-cluster-123456789012"
    error_message = "the bucket is named after cluster and account"
  }
}
