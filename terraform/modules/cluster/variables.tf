variable "name" {
  description = "The cluster's name."
  type        = string
}

variable "kubernetes_version" {
  description = "The version of Kubernetes; one minor version up at a time."
  type        = string
  default     = "1.35"
}

variable "vpc_id" {
  description = "The VPC it lies in."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets for the control plane's interfaces and the nodes, by zone."
  type        = map(string)

  validation {
    condition     = length(var.subnet_ids) == 3
    error_message = "Three zones: a replica set of three members survives the loss of one."
  }
}

variable "api_access_cidrs" {
  description = "Public addresses from which the Kubernetes API is reached; none: only from inside the VPC."
  type        = list(string)

  validation {
    condition     = alltrue([for cidr in var.api_access_cidrs : can(cidrhost(cidr, 0))])
    error_message = "Must be CIDR blocks such as 203.0.113.7/32."
  }
}

variable "private_api_cidrs" {
  description = "Private addresses beyond the nodes, such as a VPN's or a runner's, from which the API is reached."
  type        = list(string)
  default     = []
}

variable "admin_principal_arns" {
  description = "IAM roles of those who administer the cluster."
  type        = set(string)

  validation {
    condition     = length(var.admin_principal_arns) > 0
    error_message = "Name at least one: nobody else gets into the cluster, not even who made it."
  }
}

variable "deployer_role_arn" {
  description = "The IAM role that the deploy workflow takes; in Kubernetes it is the group ticketer:deployers."
  type        = string
}

variable "nodes" {
  description = "The nodes of each zone: instance types (the first that is to be had), counts, disk in GiB."
  type = object({
    architecture   = optional(string, "x86_64")
    instance_types = list(string)
    min            = number
    desired        = number
    max            = number
    disk           = optional(number, 50)
  })

  validation {
    condition     = contains(["x86_64", "arm64"], var.nodes.architecture)
    error_message = "architecture is x86_64 or arm64."
  }

  validation {
    condition     = var.nodes.min >= 1 && var.nodes.min <= var.nodes.desired && var.nodes.desired <= var.nodes.max
    error_message = "1 <= min <= desired <= max, in each zone."
  }
}

variable "addon_versions" {
  description = "Versions of EKS add-ons by name; those not named get EKS's default for the version of Kubernetes."
  type        = map(string)
  default     = {}
}

variable "log_retention_in_days" {
  description = "How long the control plane's logs are kept, the audit log among them."
  type        = number
  default     = 365
}

variable "logs_key_arn" {
  description = "The key that encrypts those logs."
  type        = string
}

variable "deletion_protection" {
  description = "Whether EKS refuses to delete the cluster."
  type        = bool
  default     = true
}
