module "key" {
  source = "../key"
  count  = local.is_documentdb ? 1 : 0

  name        = "${var.name}/database"
  description = "Data and backups of Ticketer in ${var.name}."
}

resource "aws_docdb_subnet_group" "this" {
  count = local.is_documentdb ? 1 : 0

  name        = var.name
  description = "Without a way out."
  subnet_ids  = var.database_subnet_ids
}

resource "aws_docdb_cluster_parameter_group" "this" {
  count = local.is_documentdb ? 1 : 0

  name        = "${var.name}-${split(".", var.documentdb.version)[0]}"
  family      = "docdb${split(".", var.documentdb.version)[0]}.0"
  description = "TLS only, with an audit log."

  parameter {
    name  = "tls"
    value = "enabled"
  }

  parameter {
    name  = "audit_logs"
    value = "all"
  }

  parameter {
    name  = "profiler"
    value = "enabled"
  }

  parameter {
    name  = "ttl_monitor"
    value = "enabled"
  }

  # A version's group is in use until the cluster has moved to the next one's.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "documentdb" {
  for_each = local.is_documentdb ? toset(["audit", "profiler"]) : []

  name              = "/aws/docdb/${var.name}/${each.key}"
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.logs_key_arn
}

resource "aws_docdb_cluster" "this" {
  count = local.is_documentdb ? 1 : 0

  cluster_identifier              = var.name
  engine                          = "docdb"
  engine_version                  = var.documentdb.version
  db_subnet_group_name            = aws_docdb_subnet_group.this[0].name
  db_cluster_parameter_group_name = aws_docdb_cluster_parameter_group.this[0].name
  vpc_security_group_ids          = [aws_security_group.database[0].id]
  port                            = local.ports.from

  # AWS makes the password, keeps it in Secrets Manager and changes it every week. It serves to make the services'
  # users; no service knows it.
  master_username             = "ticketer_admin"
  manage_master_user_password = true

  storage_encrypted               = true
  kms_key_id                      = module.key[0].arn
  backup_retention_period         = 14
  preferred_backup_window         = "09:00-10:00"
  preferred_maintenance_window    = "sun:10:30-sun:11:30"
  enabled_cloudwatch_logs_exports = ["audit", "profiler"]
  deletion_protection             = var.deletion_protection
  skip_final_snapshot             = false
  final_snapshot_identifier       = "${var.name}-final"

  depends_on = [aws_cloudwatch_log_group.documentdb]
}

resource "aws_docdb_cluster_instance" "this" {
  count = local.is_documentdb ? var.documentdb.instances : 0

  identifier                      = "${var.name}-${count.index}"
  cluster_identifier              = aws_docdb_cluster.this[0].id
  instance_class                  = var.documentdb.instance_class
  auto_minor_version_upgrade      = true
  copy_tags_to_snapshot           = true
  enable_performance_insights     = true
  performance_insights_kms_key_id = module.key[0].arn
}
