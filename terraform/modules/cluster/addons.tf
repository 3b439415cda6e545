locals {
  # What a node needs to become ready.
  addons_before_nodes = {
    eks-pod-identity-agent = { settings = null, identity = {} }
    kube-proxy             = { settings = null, identity = {} }
    vpc-cni = {
      # Off unless told: NetworkPolicies would be accepted and never enforced.
      settings = { enableNetworkPolicy = "true" }
      identity = { aws-node = module.vpc_cni_identity.role_arn }
    }
  }

  # What needs nodes to run on.
  addons_on_nodes = {
    coredns            = { identity = {} }
    metrics-server     = { identity = {} }
    aws-ebs-csi-driver = { identity = { ebs-csi-controller-sa = module.ebs_csi_identity.role_arn } }
  }
}

module "vpc_cni_identity" {
  source = "../pod-identity"

  name             = "vpc-cni"
  cluster_name     = var.name
  namespace        = "kube-system"
  service_account  = "aws-node"
  managed_policies = ["AmazonEKS_CNI_Policy"]
  associate        = false
}

module "ebs_csi_identity" {
  source = "../pod-identity"

  name             = "ebs-csi"
  cluster_name     = var.name
  namespace        = "kube-system"
  service_account  = "ebs-csi-controller-sa"
  managed_policies = ["service-role/AmazonEBSCSIDriverPolicy"]
  associate        = false
}

resource "aws_eks_addon" "before_nodes" {
  for_each = local.addons_before_nodes

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = lookup(var.addon_versions, each.key, null)
  configuration_values        = each.value.settings == null ? null : jsonencode(each.value.settings)
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = each.value.identity

    content {
      service_account = pod_identity_association.key
      role_arn        = pod_identity_association.value
    }
  }
}

resource "aws_eks_addon" "on_nodes" {
  for_each = local.addons_on_nodes

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = lookup(var.addon_versions, each.key, null)
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = each.value.identity

    content {
      service_account = pod_identity_association.key
      role_arn        = pod_identity_association.value
    }
  }

  depends_on = [aws_eks_node_group.this]
}
