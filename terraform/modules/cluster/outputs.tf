output "name" {
  description = "The cluster's name, known once it exists."
  value       = aws_eks_cluster.this.name
}

output "endpoint" {
  description = "Where its Kubernetes API is."
  value       = aws_eks_cluster.this.endpoint
}

output "security_group_id" {
  description = "The security group of the control plane and every node."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "role_arns" {
  description = "The roles of controllers, by name."
  value = {
    cluster_autoscaler       = module.cluster_autoscaler_identity.role_arn
    ebs_csi                  = module.ebs_csi_identity.role_arn
    load_balancer_controller = module.load_balancer_controller_identity.role_arn
    vpc_cni                  = module.vpc_cni_identity.role_arn
  }
}
