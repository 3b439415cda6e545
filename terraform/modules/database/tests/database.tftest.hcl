mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name                     = "event-ticketing-cluster"
  vpc_id                   = "vpc-0123456789abcdef0"
  private_subnet_ids       = ["subnet-a", "subnet-b", "subnet-c"]
  database_subnet_ids      = ["subnet-d", "subnet-e", "subnet-f"]
  client_security_group_id = "sg-0123456789abcdef0"
  logs_key_arn             = "arn:aws:kms:us-west-2:123456789012:key/99999999-8888-7777-6666-555555555555"
}

run "atlas_through_nat_needs_nothing_here" {
  assert {
    condition     = length(aws_security_group.database) + length(aws_vpc_endpoint.atlas) + length(aws_docdb_cluster.this) == 0
    error_message = "no resource, and no connection string: that is in the secrets"
  }

  assert {
    condition     = output.host == null && output.admin_secret_arn == null && output.atlas_endpoint_id == null
    error_message = "nothing to tell"
  }
}

run "atlas_by_private_link_answers_the_nodes_only" {
  variables {
    atlas_endpoint_service = "com.amazonaws.vpce.us-west-2.vpce-svc-0123456789abcdef0"
  }

  assert {
    condition     = aws_vpc_endpoint.atlas[0].vpc_endpoint_type == "Interface" && aws_vpc_endpoint.atlas[0].subnet_ids == toset(var.private_subnet_ids)
    error_message = "an endpoint in every zone"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.database[0].referenced_security_group_id == var.client_security_group_id
    error_message = "what is let in is the nodes' group"
  }
}

run "an_endpoint_service_is_one_of_private_link" {
  command = plan

  variables {
    atlas_endpoint_service = "cluster0.abcde.mongodb.net"
  }

  expect_failures = [var.atlas_endpoint_service]
}

run "in_the_cluster_needs_nothing_here" {
  variables {
    engine = "in-cluster"
  }

  assert {
    condition     = length(aws_security_group.database) + length(aws_vpc_endpoint.atlas) + length(aws_docdb_cluster.this) == 0
    error_message = "the StatefulSet is Kubernetes' affair"
  }
}

run "documentdb_is_warned_of" {
  command = plan

  variables {
    engine = "documentdb"
  }

  expect_failures = [check.documentdb]
}

run "documentdb_is_encrypted_logged_backed_up_and_closed" {
  variables {
    engine = "documentdb"
  }

  expect_failures = [check.documentdb]

  assert {
    condition     = aws_docdb_cluster.this[0].storage_encrypted && aws_docdb_cluster.this[0].kms_key_id == module.key[0].arn
    error_message = "under its own key"
  }

  assert {
    condition     = aws_docdb_cluster.this[0].backup_retention_period == 14 && aws_docdb_cluster.this[0].deletion_protection && !aws_docdb_cluster.this[0].skip_final_snapshot
    error_message = "two weeks of backups, and a last one"
  }

  assert {
    condition     = { for parameter in aws_docdb_cluster_parameter_group.this[0].parameter : parameter.name => parameter.value } == { audit_logs = "all", profiler = "enabled", tls = "enabled", ttl_monitor = "enabled" }
    error_message = "TLS only, with an audit log"
  }

  assert {
    condition     = aws_docdb_cluster_parameter_group.this[0].family == "docdb5.0"
    error_message = "the group is of the cluster's version"
  }

  assert {
    condition     = aws_docdb_subnet_group.this[0].subnet_ids == toset(var.database_subnet_ids) && length(aws_docdb_cluster_instance.this) == 3
    error_message = "three instances where there is no way out"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.database[0].referenced_security_group_id == var.client_security_group_id && aws_vpc_security_group_ingress_rule.database[0].from_port == 27017
    error_message = "what is let in is the nodes' group, to its port"
  }

  assert {
    condition     = aws_docdb_cluster.this[0].manage_master_user_password
    error_message = "AWS makes the password: none stands in the state"
  }

  assert {
    condition     = output.host == aws_docdb_cluster.this[0].endpoint && startswith(output.admin_secret_arn, "arn:aws:secretsmanager:")
    error_message = "where it is, and who may make its users"
  }
}

run "versions_without_partial_indexes_are_refused" {
  command = plan

  variables {
    documentdb = { version = "4.0.0" }
  }

  expect_failures = [var.documentdb]
}
