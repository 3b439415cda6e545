variable "name" {
  description = "The role's name, after the cluster's."
  type        = string
}

variable "cluster_name" {
  description = "The cluster whose pods may take the role."
  type        = string
}

variable "namespace" {
  description = "The namespace of those pods."
  type        = string
}

variable "service_account" {
  description = "The service account of those pods."
  type        = string
}

variable "policy" {
  description = "What the role may do, as an IAM policy; null where managed policies say it."
  type        = any
  default     = null
}

variable "managed_policies" {
  description = "Names of AWS's own policies, as they stand after policy/ in their ARNs."
  type        = set(string)
  default     = []
}

variable "associate" {
  description = "Whether the role is tied to the service account here; add-ons do it themselves."
  type        = bool
  default     = true
}
