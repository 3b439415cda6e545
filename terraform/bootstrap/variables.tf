variable "account_id" {
  description = "The AWS account; Terraform refuses to touch any other."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "Must be twelve digits."
  }
}

variable "region" {
  description = "The region of the state: that of the environments' backends."
  type        = string
  default     = "us-west-2"
}

variable "create_github_provider" {
  description = "Whether GitHub's OIDC provider is made here; an account has one, which another project may have made."
  type        = bool
  default     = true
}
