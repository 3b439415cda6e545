output "cluster_name" {
  description = "For `aws eks update-kubeconfig --name`, and EKS_CLUSTER of the environment on GitHub."
  value       = module.platform.cluster_name
}

output "region" {
  description = "AWS_REGION of the environment on GitHub."
  value       = var.region
}

output "deploy_role_arn" {
  description = "AWS_ROLE_ARN of the environment on GitHub."
  value       = module.platform.deploy_role_arn
}

output "deploy_subject" {
  description = "Whose tokens that role trusts: compare it with what a refused deployment says."
  value       = module.platform.deploy_subject
}

output "cluster_endpoint" {
  description = "Where the Kubernetes API is."
  value       = module.platform.cluster_endpoint
}

output "vpc_id" {
  description = "vpcId of the load balancer controller's chart."
  value       = module.platform.vpc_id
}

output "vpc_cidr" {
  description = "The VPC's addresses."
  value       = module.platform.vpc_cidr
}

output "load_balancer_cidr" {
  description = "publicSubnets of the overlay: where its load balancers stand, and nothing else."
  value       = module.platform.load_balancer_cidr
}

output "nat_addresses" {
  description = "For Atlas's allow-list."
  value       = module.platform.nat_addresses
}

output "controller_role_arns" {
  description = "The roles of controllers in the cluster."
  value       = module.platform.controller_role_arns
}

output "secret_names" {
  description = "The secrets that External Secrets reads."
  value       = module.platform.secret_names
}

output "secret_keys" {
  description = "What fill-secrets asks for."
  value       = module.platform.secret_keys
}

output "database" {
  description = "Where MongoDB is and how its users are made."
  value       = module.platform.database
}

output "backup_bucket" {
  description = "backupBucket of the overlay, where MongoDB is in the cluster."
  value       = module.platform.backup_bucket
}
