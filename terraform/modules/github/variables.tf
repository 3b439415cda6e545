variable "repository" {
  description = "The repository on GitHub, as owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "Must be owner/name."
  }
}

variable "owner_id" {
  description = "The owner's number on GitHub; see repository_id."
  type        = number
  default     = null
}

variable "repository_id" {
  description = "The repository's number on GitHub. Repositories made since July 2026 show it in their tokens, older ones where it was turned on: then both numbers must be given."
  type        = number
  default     = null

  validation {
    condition     = (var.repository_id == null) == (var.owner_id == null)
    error_message = "owner_id and repository_id are given together or not at all."
  }
}

variable "environment" {
  description = "The environment on GitHub whose jobs may deploy."
  type        = string
}

variable "cluster_name" {
  description = "The cluster that they deploy to."
  type        = string
}
