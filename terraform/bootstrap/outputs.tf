output "bucket" {
  description = "Where the state is kept."
  value       = aws_s3_bucket.state.bucket
}

output "backend" {
  description = "The environments' backend.hcl."
  value       = "bucket = \"${aws_s3_bucket.state.bucket}\"\nregion = \"${var.region}\"\n"
}
