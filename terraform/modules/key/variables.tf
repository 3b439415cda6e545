variable "name" {
  description = "What the key's alias ends in, such as event-ticketing-cluster/secrets."
  type        = string
}

variable "description" {
  description = "What the key encrypts."
  type        = string
}

variable "for_logs" {
  description = "Whether CloudWatch Logs of this account may use the key."
  type        = bool
  default     = false
}

variable "deletion_window_in_days" {
  description = "For how many days a deleted key can be brought back."
  type        = number
  default     = 30
}
