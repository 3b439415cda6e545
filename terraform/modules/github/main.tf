data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  issuer    = "token.actions.githubusercontent.com"

  # Numbers outlive a name, which somebody else may take once it is given up.
  owner = join("@", compact([split("/", var.repository)[0], var.owner_id]))
  name  = join("@", compact([split("/", var.repository)[1], var.repository_id]))
}

# Made once an account, by bootstrap: the OIDC provider that this trusts.
resource "aws_iam_role" "deploy" {
  name        = "${var.cluster_name}-deploy"
  description = "Jobs of ${var.repository} in its environment ${var.environment}."

  # A deployment takes minutes.
  max_session_duration = 3600

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Federated = "arn:${local.partition}:iam::${local.account}:oidc-provider/${local.issuer}" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      # The environment, not a branch: GitHub gives it to a job only after its reviewers have approved.
      Condition = {
        StringEquals = {
          "${local.issuer}:aud" = "sts.amazonaws.com"
          "${local.issuer}:sub" = "repo:${local.owner}/${local.name}:environment:${var.environment}"
        }
      }
    }]
  })
}

# Finding the cluster is all that it may do in AWS; the rest are rights in Kubernetes.
resource "aws_iam_role_policy" "deploy" {
  name = "find-the-cluster"
  role = aws_iam_role.deploy.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "eks:DescribeCluster"
      Resource = "arn:${local.partition}:eks:${data.aws_region.current.region}:${local.account}:cluster/${var.cluster_name}"
    }]
  })
}
