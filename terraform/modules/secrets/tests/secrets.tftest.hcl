mock_provider "aws" {
  source = "../../mocks"
}

variables {
  environment  = "production"
  cluster_name = "event-ticketing-cluster"
}

run "the_names_are_those_that_external_secrets_reads" {
  assert {
    condition = output.names == {
      alertmanager = "ticketer/production/alertmanager"
      auth         = "ticketer/production/auth"
      event        = "ticketer/production/event"
      internal     = "ticketer/production/internal"
      payment      = "ticketer/production/payment"
      ticket       = "ticketer/production/ticket"
    }
    error_message = "ticketer/<environment>/<service>, internal and alertmanager"
  }
}

run "they_are_encrypted_with_their_own_key" {
  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == module.key.arn && secret.recovery_window_in_days == 30])
    error_message = "under one key, and not lost by a slip"
  }
}

run "external_secrets_reads_these_and_nothing_else" {
  assert {
    condition     = local.reader_policy.Statement[0].Resource == [for secret in aws_secretsmanager_secret.this : secret.arn] && local.reader_policy.Statement[0].Action == ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    error_message = "reading is all, and only of these"
  }

  assert {
    condition     = local.reader_policy.Statement[1].Resource == module.key.arn && local.reader_policy.Statement[1].Condition.StringEquals["kms:ViaService"] == "secretsmanager.us-west-2.amazonaws.com"
    error_message = "the key decrypts for Secrets Manager only"
  }
}

run "every_secret_says_what_belongs_into_it" {
  assert {
    condition     = aws_secretsmanager_secret.this["auth"].description == "Variables: MONGODB_URI, SESSION_SECRET, SESSION_SECRET_ALSO_ACCEPTED, ADMIN_EMAIL, ADMIN_PASSWORD."
    error_message = "the variables of the service"
  }
}
