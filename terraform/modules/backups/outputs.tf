output "bucket" {
  description = "Where the backups go: backupBucket of the overlay."
  value       = aws_s3_bucket.this.bucket
}

output "writer_role_arn" {
  description = "The role that puts them there, tied to its service account."
  value       = module.writer.role_arn
}
