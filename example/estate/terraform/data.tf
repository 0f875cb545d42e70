# SPDX-License-Identifier: Apache-2.0

resource "aws_kms_key" "export" {
  description         = "statements at rest"
  enable_key_rotation = true
  tags                = local.tags
}

module "store" {
  for_each   = { exports = true, logs = true, drop = false }
  source     = "./store"
  name       = "larkspur-statements-${each.key}"
  guarded    = each.value # Flaw: the drop for the printing firm is not.
  key_arn    = aws_kms_key.export.arn
  expiry     = each.key == "logs" ? 400 : 30
  versioning = each.key == "exports"
  tags       = local.tags
}

resource "aws_s3_bucket_policy" "drop" {
  bucket = module.store["drop"].bucket
  policy = jsonencode({ # Flaw: everyone may read the drop.
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Printers"
      Effect    = "Allow"
      Principal = "*"
      Action    = "s3:GetObject"
      Resource  = "arn:aws:s3:::larkspur-statements-drop/*"
    }]
  })
}

resource "aws_db_instance" "export" {
  identifier                      = "statements-export"
  engine                          = "postgres"
  engine_version                  = "16.6"
  instance_class                  = "db.t4g.medium"
  allocated_storage               = 50
  username                        = "export"
  password                        = var.database_password
  storage_encrypted               = true
  kms_key_id                      = aws_kms_key.export.arn
  vpc_security_group_ids          = [aws_security_group.data.id]
  backup_retention_period         = 1     # Flaw: one day of backups.
  deletion_protection             = false # Flaw: one call deletes it.
  multi_az                        = true
  publicly_accessible             = false
  enabled_cloudwatch_logs_exports = ["postgresql"]
  tags                            = merge(local.tags, { criticality = "critical", backup = "daily" })
}

resource "aws_dynamodb_table" "progress" {
  name         = "export-progress"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "statement"
  attribute {
    name = "statement"
    type = "S"
  }
  point_in_time_recovery {
    enabled = true
  }
  server_side_encryption {
    enabled     = true
    kms_key_arn = aws_kms_key.export.arn
  }
  deletion_protection_enabled = true
  tags                        = local.tags
}

resource "aws_efs_file_system" "fonts" {
  creation_token = "export-fonts"
  encrypted      = true
  tags           = merge(local.tags, { Name = "export-fonts", classification = "public" })
}

resource "aws_sqs_queue" "render" {
  name                    = "export-render"
  sqs_managed_sse_enabled = true
  tags                    = local.tags
}

resource "aws_sns_topic" "done" {
  name = "export-done" # Flaw: notices with names lie in it in the clear.
  tags = local.tags
}

resource "aws_sns_topic_subscription" "done" {
  topic_arn = aws_sns_topic.done.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.render.arn
}

resource "aws_secretsmanager_secret" "database" {
  name       = "export/database"
  kms_key_id = aws_kms_key.export.arn
  tags       = local.tags
  # Flaw: nothing rotates it.
}

resource "aws_backup_vault" "export" {
  name        = "export"
  kms_key_arn = aws_kms_key.export.arn
  tags        = local.tags
}

resource "aws_backup_plan" "export" {
  name = "export-daily"
  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.export.name
    schedule          = "cron(0 3 * * ? *)"
    lifecycle {
      delete_after = 35
    }
  }
  tags = local.tags
}

resource "aws_backup_selection" "export" {
  name         = "daily"
  plan_id      = aws_backup_plan.export.id
  iam_role_arn = "arn:aws:iam::${var.account}:role/service-role/AWSBackupDefaultServiceRole"
  selection_tag {
    type  = "STRINGEQUALS"
    key   = "backup"
    value = "daily"
  }
}

resource "aws_cloudwatch_log_group" "notify" {
  name = "/aws/lambda/export-notify" # Flaw: kept for ever.
  tags = local.tags
}

resource "aws_cloudwatch_metric_alarm" "stuck" {
  alarm_name          = "export-stuck"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 3
  metric_name         = "ApproximateAgeOfOldestMessage"
  namespace           = "AWS/SQS"
  period              = 300
  statistic           = "Maximum"
  threshold           = 3600
  alarm_actions       = [aws_sns_topic.done.arn]
  dimensions          = { QueueName = aws_sqs_queue.render.name }
}
