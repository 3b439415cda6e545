output "host" {
  description = "Where MongoDB answers; null where Terraform does not know: Atlas and k8s/components/mongodb say it."
  value       = local.is_documentdb ? aws_docdb_cluster.this[0].endpoint : null
}

output "admin_secret_arn" {
  description = "The secret with DocumentDB's administrator, made and rotated by AWS; null elsewhere."
  value       = local.is_documentdb ? aws_docdb_cluster.this[0].master_user_secret[0].secret_arn : null
}

output "atlas_endpoint_id" {
  description = "The endpoint's id, which Atlas asks for to accept it; null without one."
  value       = one(aws_vpc_endpoint.atlas[*].id)
}
