variable "account_id" {
  description = "The AWS account; Terraform refuses to touch any other."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "Must be twelve digits."
  }
}

variable "region" {
  description = "The AWS region."
  type        = string
  default     = "us-west-2"
}

variable "zones" {
  description = "Three availability zones of the region, where they are not its a, b and c."
  type        = list(string)
  default     = null

  validation {
    condition     = var.zones == null || alltrue([for zone in coalesce(var.zones, []) : startswith(zone, var.region)])
    error_message = "Must be zones of the region."
  }
}

variable "github" {
  description = "The repository that deploys: {repository = \"owner/name\"}, with owner_id and repository_id where its tokens show them."
  type = object({
    repository    = string
    owner_id      = optional(number)
    repository_id = optional(number)
  })
}

variable "admin_principal_arns" {
  description = "IAM roles of those who administer the cluster."
  type        = set(string)
}

variable "api_access_cidrs" {
  description = "Public addresses from which the Kubernetes API is reached, [] for none: operators' and the deploy workflow's runner's."
  type        = list(string)
}

variable "private_api_cidrs" {
  description = "Private addresses beyond the nodes from which the API is reached, such as a runner's in a peered VPC."
  type        = list(string)
  default     = []
}

variable "database_engine" {
  description = "Where MongoDB is: atlas, in-cluster or documentdb. See terraform/README.md, Databases."
  type        = string
  default     = "atlas"
}

variable "atlas_endpoint_service" {
  description = "The PrivateLink service of the Atlas project, if it is reached privately."
  type        = string
  default     = null
}
