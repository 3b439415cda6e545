output "names" {
  description = "The secrets' names."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.name }
}

output "keys" {
  description = "The variables that belong into each secret."
  value       = local.keys
}

output "reader_role_arn" {
  description = "The role of External Secrets."
  value       = module.reader.role_arn
}
