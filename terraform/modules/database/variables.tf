variable "name" {
  description = "What everything here is named after: the cluster's name."
  type        = string
}

variable "engine" {
  description = "Where MongoDB is: atlas (MongoDB Atlas), in-cluster (k8s/components/mongodb) or documentdb (Amazon DocumentDB, which cannot run Ticketer yet)."
  type        = string
  default     = "atlas"

  validation {
    condition     = contains(["atlas", "in-cluster", "documentdb"], var.engine)
    error_message = "engine is atlas, in-cluster or documentdb."
  }
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "private_subnet_ids" {
  description = "Subnets of the nodes: there Atlas's endpoint stands."
  type        = list(string)
}

variable "database_subnet_ids" {
  description = "Subnets without a way out: there DocumentDB stands."
  type        = list(string)

  validation {
    condition     = length(var.database_subnet_ids) == 3
    error_message = "Three zones."
  }
}

variable "client_security_group_id" {
  description = "The security group of those who may connect: the nodes'."
  type        = string
}

variable "atlas_endpoint_service" {
  description = "The PrivateLink service that Atlas names for the project's private endpoint; null: Atlas is reached through NAT, by its allow-list."
  type        = string
  default     = null

  validation {
    condition     = var.atlas_endpoint_service == null || can(regex("^com\\.amazonaws\\.vpce\\.", var.atlas_endpoint_service))
    error_message = "Must be such as com.amazonaws.vpce.us-west-2.vpce-svc-0123456789abcdef0."
  }
}

variable "documentdb" {
  description = "The size of the DocumentDB cluster."
  type = object({
    version        = optional(string, "5.0.0")
    instance_class = optional(string, "db.r6g.large")
    instances      = optional(number, 3)
  })
  default = {}

  validation {
    condition     = can(regex("^[58]\\.0\\.[0-9]+$", var.documentdb.version))
    error_message = "version is 5.0.x or 8.0.x: those before have no partial indexes."
  }
}

variable "deletion_protection" {
  description = "Whether the database may not be deleted."
  type        = bool
  default     = true
}

variable "log_retention_in_days" {
  description = "How long the database's audit log is kept."
  type        = number
  default     = 365
}

variable "logs_key_arn" {
  description = "The key that encrypts that log."
  type        = string
}
