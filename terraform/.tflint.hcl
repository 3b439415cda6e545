# tflint's rules of Terraform itself, which it brings along. What AWS would refuse is for its provider to say and for checkov.

config {
  # Every folder is looked at by itself; through the modules that call it, it would be a second time.
  call_module_type = "none"
}

plugin "terraform" {
  enabled = true
  preset  = "all"
}
