mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name   = "event-ticketing-cluster"
  vpc_id = "vpc-0123456789abcdef0"
  subnet_ids = {
    us-west-2a = "subnet-0000000000000000a"
    us-west-2b = "subnet-0000000000000000b"
    us-west-2c = "subnet-0000000000000000c"
  }
  api_access_cidrs     = []
  admin_principal_arns = ["arn:aws:iam::123456789012:role/operators"]
  deployer_role_arn    = "arn:aws:iam::123456789012:role/event-ticketing-cluster-deploy"
  logs_key_arn         = "arn:aws:kms:us-west-2:123456789012:key/99999999-8888-7777-6666-555555555555"

  nodes = {
    instance_types = ["m7i.large"]
    min            = 1
    desired        = 1
    max            = 4
  }
}

run "without_addresses_the_api_is_private" {
  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access && !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "only the VPC reaches it"
  }
}

run "with_addresses_only_those_reach_it" {
  variables {
    api_access_cidrs = ["203.0.113.7/32"]
  }

  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_public_access && aws_eks_cluster.this.vpc_config[0].public_access_cidrs == toset(["203.0.113.7/32"])
    error_message = "the list is the list of the endpoint"
  }
}

run "an_address_is_a_cidr_block" {
  command = plan

  variables {
    api_access_cidrs = ["office"]
  }

  expect_failures = [var.api_access_cidrs]
}

run "a_private_network_gets_in_only_when_named" {
  variables {
    private_api_cidrs = ["10.99.0.0/24"]
  }

  assert {
    condition     = [for rule in aws_vpc_security_group_ingress_rule.private_api : "${rule.cidr_ipv4} ${rule.from_port}-${rule.to_port}"] == ["10.99.0.0/24 443-443"]
    error_message = "HTTPS from that network"
  }
}

run "secrets_of_kubernetes_lie_under_an_own_key" {
  assert {
    condition     = aws_eks_cluster.this.encryption_config[0].resources == toset(["secrets"]) && aws_eks_cluster.this.encryption_config[0].provider[0].key_arn == module.key.arn
    error_message = "envelope encryption with the cluster's key"
  }
}

run "the_control_plane_logs_everything_for_a_year" {
  assert {
    condition     = aws_eks_cluster.this.enabled_cluster_log_types == toset(["api", "audit", "authenticator", "controllerManager", "scheduler"])
    error_message = "all five logs"
  }

  assert {
    condition     = aws_cloudwatch_log_group.control_plane.name == "/aws/eks/event-ticketing-cluster/cluster" && aws_cloudwatch_log_group.control_plane.retention_in_days == 365 && aws_cloudwatch_log_group.control_plane.kms_key_id == var.logs_key_arn
    error_message = "into the group that EKS writes to, encrypted"
  }
}

run "nodes_are_spread_over_the_zones" {
  assert {
    condition     = [for zone, group in aws_eks_node_group.this : tolist(group.subnet_ids)] == [for subnet in values(var.subnet_ids) : tolist([subnet])]
    error_message = "a group in each zone's subnet"
  }

  assert {
    condition     = alltrue([for group in aws_eks_node_group.this : group.ami_type == "AL2023_x86_64_STANDARD" && group.version == "1.35" && group.launch_template[0].id == aws_launch_template.node.id])
    error_message = "all of the cluster's version, from the one template"
  }
}

run "nodes_may_be_arm" {
  variables {
    nodes = {
      architecture   = "arm64"
      instance_types = ["m7g.large"]
      min            = 1
      desired        = 2
      max            = 3
    }
  }

  assert {
    condition     = alltrue([for group in aws_eks_node_group.this : group.ami_type == "AL2023_ARM_64_STANDARD"])
    error_message = "the image fits the machines"
  }
}

run "node_counts_make_sense" {
  command = plan

  variables {
    nodes = {
      instance_types = ["m7i.large"]
      min            = 2
      desired        = 1
      max            = 4
    }
  }

  expect_failures = [var.nodes]
}

run "pods_cannot_take_the_nodes_credentials" {
  assert {
    condition     = aws_launch_template.node.metadata_options[0].http_tokens == "required" && aws_launch_template.node.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "IMDSv2, and one hop"
  }
}

run "nodes_disks_are_encrypted_gp3" {
  assert {
    condition     = alltrue([for disk in aws_launch_template.node.block_device_mappings : tobool(disk.ebs[0].encrypted) && disk.ebs[0].volume_type == "gp3"])
    error_message = "every disk of the template"
  }
}

run "network_policies_are_enforced" {
  assert {
    condition     = jsondecode(aws_eks_addon.before_nodes["vpc-cni"].configuration_values).enableNetworkPolicy == "true"
    error_message = "else the default deny is a piece of paper"
  }
}

run "all_add_ons_are_there_and_those_with_rights_have_a_role" {
  assert {
    condition = setunion(keys(aws_eks_addon.before_nodes), keys(aws_eks_addon.on_nodes)) == toset([
      "aws-ebs-csi-driver", "coredns", "eks-pod-identity-agent", "kube-proxy", "metrics-server", "vpc-cni",
    ])
    error_message = "six add-ons"
  }

  assert {
    condition = {
      for name, addon in merge(aws_eks_addon.before_nodes, aws_eks_addon.on_nodes) :
      name => [for association in addon.pod_identity_association : association.service_account]
      if length(addon.pod_identity_association) > 0
    } == { aws-ebs-csi-driver = ["ebs-csi-controller-sa"], vpc-cni = ["aws-node"] }
    error_message = "the network plugin and the disks' driver, by Pod Identity"
  }
}

run "a_version_of_an_add_on_can_be_pinned" {
  variables {
    addon_versions = { coredns = "v1.12.4-eksbuild.1" }
  }

  assert {
    condition     = aws_eks_addon.on_nodes["coredns"].addon_version == "v1.12.4-eksbuild.1"
    error_message = "the version given"
  }
}

run "only_those_named_get_in" {
  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API" && !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "access entries are the only way, also for the cluster's maker"
  }

  assert {
    condition     = keys(aws_eks_access_policy_association.admin) == ["arn:aws:iam::123456789012:role/operators"]
    error_message = "the operators administer it"
  }

  assert {
    condition     = aws_eks_access_entry.deployer.principal_arn == var.deployer_role_arn && aws_eks_access_entry.deployer.kubernetes_groups == toset(["ticketer:deployers"])
    error_message = "the deploy workflow is a group without rights of its own"
  }
}

run "somebody_administers_it" {
  command = plan

  variables {
    admin_principal_arns = []
  }

  expect_failures = [var.admin_principal_arns]
}

run "controllers_change_only_what_is_tagged_as_the_clusters" {
  assert {
    condition = alltrue([
      for statement in local.load_balancer_policy.Statement : try(
        statement.Condition.StringEquals["aws:ResourceTag/elbv2.k8s.aws/cluster"],
        statement.Condition.StringEquals["aws:RequestTag/elbv2.k8s.aws/cluster"],
      ) == "event-ticketing-cluster"
      if contains(["TagNewSecurityGroups", "KeepOwnSecurityGroups", "Make", "TagNew", "KeepOwn"], statement.Sid)
    ])
    error_message = "load balancers, target groups and security groups carry the cluster's name"
  }

  assert {
    condition = alltrue([
      for statement in concat(local.load_balancer_policy.Statement, local.cluster_autoscaler_policy.Statement) :
      statement.Sid == "See" if contains(flatten([statement.Resource]), "*")
    ])
    error_message = "nothing but looking is allowed everywhere"
  }

  assert {
    condition = alltrue([
      for action in flatten([for statement in concat(local.load_balancer_policy.Statement, local.cluster_autoscaler_policy.Statement) : statement.Action if statement.Sid == "See"]) :
      can(regex("^[a-z0-9]+:(Describe|List|Get)", action))
    ])
    error_message = "and looking it is"
  }
}
