mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name         = "event-ticketing-cluster"
  zones        = ["us-west-2a", "us-west-2b", "us-west-2c"]
  logs_key_arn = "arn:aws:kms:us-west-2:123456789012:key/99999999-8888-7777-6666-555555555555"
}

run "three_zones_each_with_three_subnets" {
  assert {
    condition = alltrue([
      for subnets in [aws_subnet.private, aws_subnet.public, aws_subnet.database] :
      [for subnet in subnets : subnet.availability_zone] == ["us-west-2a", "us-west-2b", "us-west-2c"]
    ])
    error_message = "one of each kind in each zone"
  }

  assert {
    condition = {
      for kind, subnets in { private = aws_subnet.private, public = aws_subnet.public, database = aws_subnet.database } :
      kind => [for zone, subnet in subnets : subnet.cidr_block]
      } == {
      private  = ["10.40.0.0/19", "10.40.32.0/19", "10.40.64.0/19"]
      public   = ["10.40.96.0/24", "10.40.97.0/24", "10.40.98.0/24"]
      database = ["10.40.104.0/24", "10.40.105.0/24", "10.40.106.0/24"]
    }
    error_message = "the subnets do not overlap"
  }
}

run "the_public_subnets_have_one_network_and_share_it_with_nobody" {
  assert {
    condition     = output.public_cidr == "10.40.96.0/22"
    error_message = "the four /24 from 10.40.96.0 on, of which the last is nobody's"
  }

  assert {
    condition     = length(setintersection([for subnet in concat(values(aws_subnet.private), values(aws_subnet.database)) : cidrsubnet("${split("/", subnet.cidr_block)[0]}/22", 0, 0)], [output.public_cidr])) == 0
    error_message = "no other subnet begins in it"
  }
}

run "no_subnet_gives_out_public_addresses" {
  assert {
    condition = alltrue([
      for subnet in concat(values(aws_subnet.private), values(aws_subnet.public), values(aws_subnet.database)) :
      subnet.map_public_ip_on_launch != true
    ])
    error_message = "only NAT gateways and load balancers have public addresses"
  }
}

run "the_load_balancer_finds_its_subnets" {
  assert {
    condition     = alltrue([for subnet in aws_subnet.public : subnet.tags["kubernetes.io/role/elb"] == "1"])
    error_message = "public subnets are tagged for load balancers"
  }
}

run "databases_have_no_way_out" {
  assert {
    condition     = alltrue([for route in concat(values(aws_route.nat), [aws_route.internet]) : route.route_table_id != aws_route_table.database.id])
    error_message = "no route is added to the databases' table"
  }

  assert {
    condition     = alltrue([for association in aws_route_table_association.database : association.route_table_id == aws_route_table.database.id])
    error_message = "every database subnet has that table"
  }
}

run "each_zone_has_its_own_nat_gateway" {
  assert {
    condition     = length(aws_nat_gateway.this) == 3 && alltrue([for zone, route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this[zone].id])
    error_message = "a zone's traffic stays in it"
  }
}

run "or_all_zones_share_one" {
  variables {
    nat_per_zone = false
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && alltrue([for route in aws_route.nat : route.nat_gateway_id == aws_nat_gateway.this["us-west-2a"].id])
    error_message = "every zone goes through the first"
  }
}

run "everything_that_flows_is_logged_and_encrypted" {
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.kms_key_id == var.logs_key_arn && aws_cloudwatch_log_group.flow.retention_in_days == 365
    error_message = "all traffic, for a year, under the key"
  }
}

run "the_default_security_group_lets_nothing_through" {
  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "it has no rule"
  }
}

run "endpoints_answer_inside_the_vpc_only" {
  variables {
    interface_endpoints = ["secretsmanager", "sts"]
  }

  assert {
    condition     = [for endpoint in aws_vpc_endpoint.interface : endpoint.service_name] == ["com.amazonaws.us-west-2.secretsmanager", "com.amazonaws.us-west-2.sts"]
    error_message = "the services are the region's"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints.cidr_ipv4 == var.cidr && aws_vpc_security_group_ingress_rule.endpoints.to_port == 443
    error_message = "HTTPS from the VPC is all that is let in"
  }
}

run "subnets_need_a_16" {
  command = plan

  variables {
    cidr = "10.40.0.0/24"
  }

  expect_failures = [var.cidr]
}

run "two_zones_are_not_enough" {
  command = plan

  variables {
    zones = ["us-west-2a", "us-west-2b", "us-west-2b"]
  }

  expect_failures = [var.zones]
}
