data "aws_region" "current" {}

locals {
  # The variables of each secret, as the services name them. The values are never Terraform's: they would stand in its
  # state. fill-secrets writes them.
  keys = {
    auth     = { required = ["MONGODB_URI", "SESSION_SECRET"], optional = ["SESSION_SECRET_ALSO_ACCEPTED", "ADMIN_EMAIL", "ADMIN_PASSWORD"] }
    event    = { required = ["MONGODB_URI"], optional = [] }
    ticket   = { required = ["MONGODB_URI", "TICKET_SIGNING_KEY"], optional = [] }
    payment  = { required = ["MONGODB_URI"], optional = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "SIMULATED_WEBHOOK_SECRET"] }
    internal = { required = ["INTERNAL_TOKEN"], optional = ["INTERNAL_TOKEN_ALSO_ACCEPTED"] }
    # Who is told of alerts.
    alertmanager = { required = [], optional = ["PAGERDUTY_ROUTING_KEY", "SLACK_WEBHOOK_URL", "HEARTBEAT_URL"] }
  }

  # External Secrets reads these and nothing else.
  reader_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
        Resource = [for secret in aws_secretsmanager_secret.this : secret.arn]
      },
      {
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = module.key.arn
        Condition = {
          StringEquals = { "kms:ViaService" = "secretsmanager.${data.aws_region.current.region}.amazonaws.com" }
        }
      },
    ]
  }
}

module "key" {
  source = "../key"

  name        = "${var.cluster_name}/secrets"
  description = "Secrets of Ticketer in ${var.environment}."
}

resource "aws_secretsmanager_secret" "this" {
  # checkov:skip=CKV2_AWS_57:No function of AWS can rotate these: who holds the other half must change it at the same time (Stripe, MongoDB's users, every service at once). docs/operations.md says how each is rotated.
  for_each = local.keys

  name                    = "ticketer/${var.environment}/${each.key}"
  description             = "Variables: ${join(", ", concat(each.value.required, each.value.optional))}."
  kms_key_id              = module.key.arn
  recovery_window_in_days = var.recovery_window_in_days
}

module "reader" {
  source = "../pod-identity"

  name            = "external-secrets"
  cluster_name    = var.cluster_name
  namespace       = "external-secrets"
  service_account = "external-secrets"

  policy = local.reader_policy
}
