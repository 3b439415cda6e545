locals {
  is_documentdb = var.engine == "documentdb"
  # Atlas leaves the ports of its private endpoint to chance within this range.
  ports = var.engine == "atlas" ? { from = 1024, to = 65535 } : { from = 27017, to = 27017 }
  # Through NAT there is nothing here to guard; in the cluster NetworkPolicies do it.
  has_endpoint = local.is_documentdb || (var.engine == "atlas" && var.atlas_endpoint_service != null)
}

check "documentdb" {
  assert {
    condition     = !local.is_documentdb
    error_message = "Ticketer does not run on Amazon DocumentDB yet: payment's start is refused. See terraform/README.md, Databases."
  }
}

resource "aws_security_group" "database" {
  count = local.has_endpoint ? 1 : 0

  name        = "${var.name}-database"
  description = "MongoDB, for the nodes of ${var.name}."
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  count = local.has_endpoint ? 1 : 0

  security_group_id            = aws_security_group.database[0].id
  description                  = "From the nodes only."
  referenced_security_group_id = var.client_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.ports.from
  to_port                      = local.ports.to
}

resource "aws_vpc_endpoint" "atlas" {
  count = var.engine == "atlas" && var.atlas_endpoint_service != null ? 1 : 0

  vpc_id             = var.vpc_id
  service_name       = var.atlas_endpoint_service
  vpc_endpoint_type  = "Interface"
  subnet_ids         = var.private_subnet_ids
  security_group_ids = [aws_security_group.database[0].id]
  tags               = { Name = "${var.name}-atlas" }
}
