variable "cluster_name" {
  description = "The cluster whose MongoDB is backed up."
  type        = string
}

variable "keep_days" {
  description = "How long a backup is kept."
  type        = number
  default     = 35
}
