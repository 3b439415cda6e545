module "platform" {
  source = "../../modules/platform"

  environment         = "production"
  cluster_name        = "event-ticketing-cluster"
  zones               = coalesce(var.zones, [for letter in ["a", "b", "c"] : "${var.region}${letter}"])
  vpc_cidr            = "10.40.0.0/16"
  deletion_protection = true

  # A zone may fail and the others go on: each has its own way out, and nodes start without it.
  nat_per_zone        = true
  interface_endpoints = ["ecr.api", "ecr.dkr", "eks-auth", "secretsmanager", "sts"]

  # In each of three zones.
  nodes = {
    instance_types = ["m7i.large", "m6i.large", "m7a.large"]
    min            = 1
    desired        = 1
    max            = 4
  }

  github                 = var.github
  admin_principal_arns   = var.admin_principal_arns
  api_access_cidrs       = var.api_access_cidrs
  private_api_cidrs      = var.private_api_cidrs
  database_engine        = var.database_engine
  atlas_endpoint_service = var.atlas_endpoint_service
}
