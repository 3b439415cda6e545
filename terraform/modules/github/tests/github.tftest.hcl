mock_provider "aws" {
  source = "../../mocks"
}

variables {
  repository   = "owner/ticketer"
  environment  = "production"
  cluster_name = "event-ticketing-cluster"
}

run "only_approved_jobs_of_one_environment_may_take_the_role" {
  assert {
    condition = jsondecode(aws_iam_role.deploy.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringEquals = {
        "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:sub" = "repo:owner/ticketer:environment:production"
      } }
    }]
    error_message = "audience and subject are compared as a whole"
  }
}

run "numbers_in_the_subject_outlive_the_names" {
  variables {
    owner_id      = 1234567
    repository_id = 987654321
  }

  assert {
    condition     = jsondecode(aws_iam_role.deploy.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:owner@1234567/ticketer@987654321:environment:production"
    error_message = "GitHub's form of a subject that never changes"
  }
}

run "one_number_alone_is_refused" {
  command = plan

  variables {
    repository_id = 987654321
  }

  expect_failures = [var.repository_id]
}

run "a_repository_has_an_owner" {
  command = plan

  variables {
    repository = "ticketer"
  }

  expect_failures = [var.repository]
}

run "wildcards_are_refused" {
  command = plan

  variables {
    repository = "owner/*"
  }

  expect_failures = [var.repository]
}

run "finding_the_cluster_is_all_it_may_do" {
  assert {
    condition = jsondecode(aws_iam_role_policy.deploy.policy).Statement == [{
      Effect   = "Allow"
      Action   = "eks:DescribeCluster"
      Resource = "arn:aws:eks:us-west-2:123456789012:cluster/event-ticketing-cluster"
    }]
    error_message = "one action on one cluster"
  }
}
