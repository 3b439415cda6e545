mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name        = "cluster/purpose"
  description = "A purpose."
}

run "a_key_rotates_and_can_be_brought_back" {
  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "rotation is on and 30 days are given"
  }
}

run "only_the_account_administers_it" {
  assert {
    condition     = [for statement in jsondecode(aws_kms_key.this.policy).Statement : statement.Principal] == [{ AWS = "arn:aws:iam::123456789012:root" }]
    error_message = "no other principal stands in the policy"
  }
}

run "logs_of_the_account_use_a_key_only_where_that_is_said" {
  variables {
    for_logs = true
  }

  assert {
    condition = jsondecode(aws_kms_key.this.policy).Statement[1] == {
      Sid       = "LogsOfThisAccount"
      Effect    = "Allow"
      Principal = { Service = "logs.us-west-2.amazonaws.com" }
      Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
      Resource  = "*"
      Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:us-west-2:123456789012:log-group:*" } }
    }
    error_message = "the service of this region, for log groups of this account"
  }
}
