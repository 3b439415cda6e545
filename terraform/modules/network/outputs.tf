output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Its addresses."
  value       = aws_vpc.this.cidr_block
}

output "public_cidr" {
  description = "The network of the public subnets, in which load balancers stand, and of nothing else."
  value       = local.public_cidr
}

output "private_subnet_ids" {
  description = "Subnets of the nodes, by zone."
  value       = { for zone, subnet in aws_subnet.private : zone => subnet.id }
}

output "database_subnet_ids" {
  description = "Subnets without a way out, by zone."
  value       = { for zone, subnet in aws_subnet.database : zone => subnet.id }
}

output "nat_addresses" {
  description = "The public addresses that the cluster's traffic comes from, for others' allow-lists."
  value       = [for address in aws_eip.nat : address.public_ip]
}
