module "platform" {
  source = "../../modules/platform"

  environment         = "staging"
  cluster_name        = "event-ticketing-cluster-staging"
  zones               = coalesce(var.zones, [for letter in ["a", "b", "c"] : "${var.region}${letter}"])
  vpc_cidr            = "10.41.0.0/16"
  deletion_protection = false

  # One way out for all three zones, and what AWS offers through it: cheaper, and down when its zone is.
  nat_per_zone = false

  # In each of three zones: as many as in production, so that spreading is tried here too, and smaller.
  nodes = {
    instance_types = ["t3.large", "t3a.large"]
    min            = 1
    desired        = 1
    max            = 2
  }

  github                 = var.github
  admin_principal_arns   = var.admin_principal_arns
  api_access_cidrs       = var.api_access_cidrs
  private_api_cidrs      = var.private_api_cidrs
  database_engine        = var.database_engine
  atlas_endpoint_service = var.atlas_endpoint_service
}
