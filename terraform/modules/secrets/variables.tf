variable "environment" {
  description = "staging or production; part of the secrets' names."
  type        = string
}

variable "cluster_name" {
  description = "The cluster that reads them."
  type        = string
}

variable "recovery_window_in_days" {
  description = "For how many days a deleted secret can be brought back."
  type        = number
  default     = 30
}
