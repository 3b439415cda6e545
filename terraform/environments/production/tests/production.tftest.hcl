mock_provider "aws" {
  source = "../../mocks"
}

variables {
  account_id           = "123456789012"
  github               = { repository = "owner/ticketer" }
  admin_principal_arns = ["arn:aws:iam::123456789012:role/operators"]
  api_access_cidrs     = ["203.0.113.7/32"]
}

run "it_is_production" {
  assert {
    condition     = output.cluster_name == "event-ticketing-cluster" && output.region == "us-west-2"
    error_message = "the cluster of this environment, in us-west-2"
  }

  assert {
    condition     = toset(values(output.secret_names)) == toset([for name in ["alertmanager", "auth", "event", "internal", "payment", "ticket"] : "ticketer/production/${name}"])
    error_message = "its secrets"
  }

  assert {
    condition     = output.deploy_subject == "repo:owner/ticketer:environment:production"
    error_message = "its deployments"
  }

  assert {
    condition     = output.load_balancer_cidr == "10.40.96.0/22"
    error_message = "publicSubnets of k8s/overlays/production"
  }

  assert {
    condition     = length(output.nat_addresses) == 3
    error_message = "its ways out"
  }
}

run "an_account_has_twelve_digits" {
  command = plan

  variables {
    account_id = "1234"
  }

  expect_failures = [var.account_id]
}

run "zones_are_of_the_region" {
  command = plan

  variables {
    region = "eu-central-1"
    zones  = ["us-west-2a", "us-west-2b", "us-west-2c"]
  }

  expect_failures = [var.zones]
}
