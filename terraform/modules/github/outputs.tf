output "deploy_role_arn" {
  description = "The role that the deploy workflow takes."
  value       = aws_iam_role.deploy.arn
}

output "subject" {
  description = "Whose tokens it trusts."
  value       = "repo:${local.owner}/${local.name}:environment:${var.environment}"
}
