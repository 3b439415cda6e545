variable "environment" {
  description = "staging or production: in the secrets' names and as the environment on GitHub."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "environment is staging or production."
  }
}

variable "cluster_name" {
  description = "The cluster's name; everything else is named after it."
  type        = string
  default     = "event-ticketing-cluster"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,36}[a-z0-9]$", var.cluster_name))
    error_message = "At most 38 characters, lower case: roles named after it may have 64."
  }
}

variable "kubernetes_version" {
  description = "The version of Kubernetes."
  type        = string
  default     = "1.35"
}

variable "vpc_cidr" {
  description = "The VPC's addresses, a /16."
  type        = string
}

variable "zones" {
  description = "The three availability zones, by name."
  type        = list(string)
}

variable "nat_per_zone" {
  description = "A NAT gateway in each zone, or one for all."
  type        = bool
  default     = true
}

variable "interface_endpoints" {
  description = "AWS services reached inside the VPC."
  type        = set(string)
  default     = []
}

variable "api_access_cidrs" {
  description = "Public addresses from which the Kubernetes API is reached; none: only from inside the VPC."
  type        = list(string)
}

variable "private_api_cidrs" {
  description = "Private addresses beyond the nodes from which the API is reached."
  type        = list(string)
  default     = []
}

variable "admin_principal_arns" {
  description = "IAM roles of those who administer the cluster."
  type        = set(string)
}

variable "nodes" {
  description = "The nodes of each of the three zones."
  type = object({
    architecture   = optional(string, "x86_64")
    instance_types = list(string)
    min            = number
    desired        = number
    max            = number
    disk           = optional(number, 50)
  })
}

variable "addon_versions" {
  description = "Versions of EKS add-ons by name."
  type        = map(string)
  default     = {}
}

variable "database_engine" {
  description = "Where MongoDB is: atlas, in-cluster or documentdb."
  type        = string
  default     = "atlas"
}

variable "atlas_endpoint_service" {
  description = "The PrivateLink service of the Atlas project, if it is reached privately."
  type        = string
  default     = null
}

variable "documentdb" {
  description = "The size of the DocumentDB cluster, where that is the engine."
  type = object({
    version        = optional(string, "5.0.0")
    instance_class = optional(string, "db.r6g.large")
    instances      = optional(number, 3)
  })
  default = {}
}

variable "github" {
  description = "The repository that deploys, with its owner's and its own number where its tokens show them."
  type = object({
    repository    = string
    owner_id      = optional(number)
    repository_id = optional(number)
  })
}

variable "deletion_protection" {
  description = "Whether cluster and database may not be deleted, and deleted secrets come back for 30 days rather than 7."
  type        = bool
  default     = true
}

variable "log_retention_in_days" {
  description = "How long logs of network, control plane and database are kept."
  type        = number
  default     = 365
}
