mock_provider "aws" {
  source = "../../mocks"
}

variables {
  environment          = "staging"
  vpc_cidr             = "10.41.0.0/16"
  zones                = ["us-west-2a", "us-west-2b", "us-west-2c"]
  api_access_cidrs     = []
  admin_principal_arns = ["arn:aws:iam::123456789012:role/operators"]
  github               = { repository = "owner/ticketer" }

  nodes = {
    instance_types = ["m7i.large"]
    min            = 1
    desired        = 1
    max            = 2
  }
}

run "the_parts_fit_together" {
  assert {
    condition     = output.cluster_name == "event-ticketing-cluster" && output.vpc_cidr == "10.41.0.0/16"
    error_message = "the default name, in the network given"
  }

  assert {
    condition     = output.deploy_subject == "repo:owner/ticketer:environment:staging"
    error_message = "the environment on GitHub is the environment here"
  }

  assert {
    condition     = output.secret_names.internal == "ticketer/staging/internal"
    error_message = "and in the secrets' names"
  }

  assert {
    condition     = keys(output.controller_role_arns) == ["cluster_autoscaler", "ebs_csi", "external_secrets", "load_balancer_controller", "vpc_cni"]
    error_message = "every controller has its role"
  }

  assert {
    condition     = output.database == { engine = "atlas", host = null, admin_secret_arn = null, atlas_endpoint_id = null }
    error_message = "Atlas unless told"
  }
}

run "atlas_keeps_its_backups_itself" {
  assert {
    condition     = output.backup_bucket == null
    error_message = "a bucket that nothing is put into"
  }
}

run "mongodb_in_the_cluster_has_a_bucket_for_its_backups" {
  variables {
    database_engine = "in-cluster"
  }

  assert {
    condition     = output.backup_bucket == "ticketer-backups-event-ticketing-cluster-123456789012"
    error_message = "the bucket that the overlay names"
  }
}

run "another_environment_is_refused" {
  command = plan

  variables {
    environment = "test"
  }

  expect_failures = [var.environment]
}

run "a_name_too_long_for_its_roles_is_refused" {
  command = plan

  variables {
    cluster_name = "a-cluster-whose-name-is-as-long-as-this-one"
  }

  expect_failures = [var.cluster_name]
}
