# SPDX-License-Identifier: Apache-2.0

resource "aws_instance" "renderer" {
  ami                    = "ami-0b7c1e5d2f9a41836"
  instance_type          = "t3.medium"
  subnet_id              = aws_subnet.public.id # Flaw: a worker stands in the public tier.
  vpc_security_group_ids = [aws_security_group.worker.id]
  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "optional" # Flaw: the metadata service asks for no token.
  }
  # Flaw: the start-up script holds the password.
  user_data = <<-EOT
    #!/bin/sh
    export LEDGER_DB_PASSWORD=${var.database_password}
    exec /opt/larkspur/render
  EOT
  tags      = merge(local.tags, { Name = "export-renderer" })
}

resource "aws_ebs_volume" "spool" {
  availability_zone = "eu-central-1a"
  size              = 200
  type              = "gp3"
  encrypted         = false # Flaw: statements lie on it in the clear.
  tags              = merge(local.tags, { Name = "export-spool" })
}

resource "aws_volume_attachment" "spool" {
  device_name = "/dev/sdf"
  volume_id   = aws_ebs_volume.spool.id
  instance_id = aws_instance.renderer.id
}

resource "aws_lambda_function" "notify" {
  function_name = "export-notify"
  role          = aws_iam_role.notify.arn
  handler       = "notify.main"
  runtime       = "python3.9" # Flaw: nobody mends this runtime any more.
  filename      = "notify.zip"
  environment {
    variables = {
      MAILER      = "https://api.postrider.example"
      TOPIC       = "statements"
      DB_PASSWORD = var.database_password # Flaw: a password in the environment.
    }
  }
  tags = local.tags
}

resource "aws_ecr_repository" "renderer" {
  name                 = "statements/renderer"
  image_tag_mutability = "MUTABLE" # Flaw: a tag can be moved to another image.
  image_scanning_configuration {
    scan_on_push = true
  }
  tags = local.tags
}
