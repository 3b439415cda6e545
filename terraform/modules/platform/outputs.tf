output "cluster_name" {
  description = "The cluster's name, for kubectl and the deploy workflow."
  value       = module.cluster.name
}

output "cluster_endpoint" {
  description = "Where the Kubernetes API is."
  value       = module.cluster.endpoint
}

output "vpc_id" {
  description = "The VPC, which the load balancer controller is told."
  value       = module.network.vpc_id
}

output "vpc_cidr" {
  description = "Its addresses."
  value       = module.network.cidr
}

output "load_balancer_cidr" {
  description = "Where its load balancers stand: publicSubnets of the overlay."
  value       = module.network.public_cidr
}

output "nat_addresses" {
  description = "The public addresses that the cluster's traffic comes from, for Atlas's allow-list."
  value       = module.network.nat_addresses
}

output "deploy_role_arn" {
  description = "The role that the deploy workflow takes: AWS_ROLE_ARN of the environment on GitHub."
  value       = module.github.deploy_role_arn
}

output "deploy_subject" {
  description = "Whose tokens that role trusts."
  value       = module.github.subject
}

output "controller_role_arns" {
  description = "The roles of controllers in the cluster, tied to their service accounts already."
  value       = merge(module.cluster.role_arns, { external_secrets = module.secrets.reader_role_arn })
}

output "secret_names" {
  description = "The secrets that External Secrets reads."
  value       = module.secrets.names
}

output "secret_keys" {
  description = "The variables that belong into each secret; fill-secrets asks for them."
  value       = module.secrets.keys
}

output "database" {
  description = "Where MongoDB is and how its users are made."
  value = {
    engine            = var.database_engine
    host              = module.database.host
    admin_secret_arn  = module.database.admin_secret_arn
    atlas_endpoint_id = module.database.atlas_endpoint_id
  }
}

output "backup_bucket" {
  description = "Where backups of a MongoDB in the cluster go; null where it is elsewhere."
  value       = one(module.backups[*].bucket)
}
