module "logs_key" {
  source = "../key"

  name        = "${var.cluster_name}/logs"
  description = "Logs of network, control plane and database of ${var.cluster_name}."
  for_logs    = true
}

module "network" {
  source = "../network"

  name                  = var.cluster_name
  cidr                  = var.vpc_cidr
  zones                 = var.zones
  nat_per_zone          = var.nat_per_zone
  interface_endpoints   = var.interface_endpoints
  log_retention_in_days = var.log_retention_in_days
  logs_key_arn          = module.logs_key.arn
}

module "github" {
  source = "../github"

  repository    = var.github.repository
  owner_id      = var.github.owner_id
  repository_id = var.github.repository_id
  environment   = var.environment
  cluster_name  = var.cluster_name
}

module "cluster" {
  source = "../cluster"

  name                  = var.cluster_name
  kubernetes_version    = var.kubernetes_version
  vpc_id                = module.network.vpc_id
  subnet_ids            = module.network.private_subnet_ids
  api_access_cidrs      = var.api_access_cidrs
  private_api_cidrs     = var.private_api_cidrs
  admin_principal_arns  = var.admin_principal_arns
  deployer_role_arn     = module.github.deploy_role_arn
  nodes                 = var.nodes
  addon_versions        = var.addon_versions
  log_retention_in_days = var.log_retention_in_days
  logs_key_arn          = module.logs_key.arn
  deletion_protection   = var.deletion_protection
}

module "database" {
  source = "../database"

  name                     = var.cluster_name
  engine                   = var.database_engine
  vpc_id                   = module.network.vpc_id
  private_subnet_ids       = values(module.network.private_subnet_ids)
  database_subnet_ids      = values(module.network.database_subnet_ids)
  client_security_group_id = module.cluster.security_group_id
  atlas_endpoint_service   = var.atlas_endpoint_service
  documentdb               = var.documentdb
  deletion_protection      = var.deletion_protection
  log_retention_in_days    = var.log_retention_in_days
  logs_key_arn             = module.logs_key.arn
}

module "secrets" {
  source = "../secrets"

  environment             = var.environment
  cluster_name            = module.cluster.name
  recovery_window_in_days = var.deletion_protection ? 30 : 7
}

# Atlas and DocumentDB make their own.
module "backups" {
  source = "../backups"
  count  = var.database_engine == "in-cluster" ? 1 : 0

  cluster_name = module.cluster.name
}
