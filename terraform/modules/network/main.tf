data "aws_region" "current" {}

locals {
  # Three /19 for nodes and their pods, each of which takes an address; six /24 behind them. The public ones share a /22
  # with nobody: who comes from there is a load balancer.
  private_cidrs  = { for i, zone in var.zones : zone => cidrsubnet(var.cidr, 3, i) }
  public_cidr    = cidrsubnet(var.cidr, 6, 24)
  public_cidrs   = { for i, zone in var.zones : zone => cidrsubnet(local.public_cidr, 2, i) }
  database_cidrs = { for i, zone in var.zones : zone => cidrsubnet(var.cidr, 8, 104 + i) }

  nat_zones = var.nat_per_zone ? var.zones : [var.zones[0]]
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

# Whatever is made without naming a security group gets this one: it lets nothing through.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-default-closed" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = var.name }
}

resource "aws_subnet" "private" {
  for_each = local.private_cidrs

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = {
    Name                              = "${var.name}-private-${each.key}"
    "kubernetes.io/role/internal-elb" = "1"
  }
}

resource "aws_subnet" "public" {
  for_each = local.public_cidrs

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value

  tags = {
    Name                     = "${var.name}-public-${each.key}"
    "kubernetes.io/role/elb" = "1"
  }
}

resource "aws_subnet" "database" {
  for_each = local.database_cidrs

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value
  tags              = { Name = "${var.name}-database-${each.key}" }
}
