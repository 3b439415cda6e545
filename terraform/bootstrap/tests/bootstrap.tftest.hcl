mock_provider "aws" {
  source = "../mocks"
}

# A mock imports nothing.
override_resource {
  target = aws_s3_bucket.state
  values = {
    arn = "arn:aws:s3:::ticketer-terraform-123456789012"
    id  = "ticketer-terraform-123456789012"
  }
}

variables {
  account_id = "123456789012"
}

run "the_state_is_versioned_encrypted_and_private" {
  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "what a mistake overwrote can be brought back"
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.state.rule).apply_server_side_encryption_by_default[0].kms_master_key_id == module.key.arn
    error_message = "under its own key"
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.state.block_public_acls,
      aws_s3_bucket_public_access_block.state.block_public_policy,
      aws_s3_bucket_public_access_block.state.ignore_public_acls,
      aws_s3_bucket_public_access_block.state.restrict_public_buckets,
    ])
    error_message = "never public"
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.state.policy).Statement[0].Condition == { Bool = { "aws:SecureTransport" = "false" } } && jsondecode(aws_s3_bucket_policy.state.policy).Statement[0].Effect == "Deny"
    error_message = "nothing but TLS"
  }
}

run "the_environments_are_told_their_bucket" {
  assert {
    condition     = output.backend == "bucket = \"ticketer-terraform-123456789012\"\nregion = \"us-west-2\"\n"
    error_message = "in the form of a backend file"
  }
}

run "githubs_provider_is_made_once_an_account" {
  assert {
    condition     = aws_iam_openid_connect_provider.github[0].client_id_list == toset(["sts.amazonaws.com"])
    error_message = "for tokens that are meant for AWS"
  }
}

run "or_left_to_whoever_made_it" {
  variables {
    create_github_provider = false
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "a second one would be refused"
  }
}
