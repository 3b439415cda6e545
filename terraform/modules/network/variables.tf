variable "name" {
  description = "What everything here is named after: the cluster's name."
  type        = string
}

variable "cidr" {
  description = "The VPC's addresses, a /16."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && endswith(var.cidr, "/16")
    error_message = "Must be a /16 such as 10.40.0.0/16: the subnets are cut out of it."
  }
}

variable "zones" {
  description = "The three availability zones, by name."
  type        = list(string)

  validation {
    condition     = length(distinct(var.zones)) == 3 && length(var.zones) == 3
    error_message = "Three different zones: a replica set of three members survives the loss of one."
  }
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone, or one for all: cheaper, but its zone's failure cuts off the others."
  type        = bool
  default     = true
}

variable "interface_endpoints" {
  description = "AWS services reached inside the VPC rather than through NAT, by the last part of their service name."
  type        = set(string)
  default     = []
}

variable "log_retention_in_days" {
  description = "How long flow logs are kept."
  type        = number
  default     = 365
}

variable "logs_key_arn" {
  description = "The key that encrypts the flow logs."
  type        = string
}
