mock_provider "aws" {
  source = "../../mocks"
}

variables {
  name            = "reader"
  cluster_name    = "event-ticketing-cluster"
  namespace       = "external-secrets"
  service_account = "external-secrets"
}

run "one_service_account_of_one_cluster_may_take_the_role" {
  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = { StringEquals = {
        "aws:RequestTag/eks-cluster-arn"            = "arn:aws:eks:us-west-2:123456789012:cluster/event-ticketing-cluster"
        "aws:RequestTag/kubernetes-namespace"       = "external-secrets"
        "aws:RequestTag/kubernetes-service-account" = "external-secrets"
      } }
    }]
    error_message = "cluster, namespace and service account are all asked for"
  }

  assert {
    condition     = length(aws_eks_pod_identity_association.this) == 1 && length(aws_iam_role_policy.this) == 0
    error_message = "it is tied to the service account, and may do nothing unless told"
  }
}

run "an_add_on_makes_its_own_association" {
  variables {
    associate        = false
    managed_policies = ["AmazonEKS_CNI_Policy"]
  }

  assert {
    condition     = length(aws_eks_pod_identity_association.this) == 0
    error_message = "two associations of one service account are refused"
  }

  assert {
    condition     = [for attached in aws_iam_role_policy_attachment.this : attached.policy_arn] == ["arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"]
    error_message = "the managed policy is attached by its ARN"
  }
}
