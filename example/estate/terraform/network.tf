# SPDX-License-Identifier: Apache-2.0

resource "aws_vpc" "export" {
  cidr_block           = "10.61.0.0/16"
  enable_dns_hostnames = true
  tags                 = merge(local.tags, { Name = "statements-export" })
  # Flaw: no flow log.
}

resource "aws_internet_gateway" "export" {
  vpc_id = aws_vpc.export.id
  tags   = local.tags
}

resource "aws_subnet" "public" {
  vpc_id                  = aws_vpc.export.id
  cidr_block              = "10.61.0.0/24"
  availability_zone       = "eu-central-1a"
  map_public_ip_on_launch = true # Flaw: machines get an address without asking.
  tags                    = merge(local.tags, { Name = "export-public", tier = "public" })
}

resource "aws_subnet" "private" {
  for_each          = { a = "10.61.10.0/24", b = "10.61.11.0/24" }
  vpc_id            = aws_vpc.export.id
  cidr_block        = each.value
  availability_zone = "eu-central-1${each.key}"
  tags              = merge(local.tags, { Name = "export-private-${each.key}", tier = "private" })
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.export.id
  tags   = local.tags
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.export.id
}

resource "aws_route_table_association" "public" {
  subnet_id      = aws_subnet.public.id
  route_table_id = aws_route_table.public.id
}

resource "aws_security_group" "worker" {
  name        = "export-worker"
  description = "workers that render statements"
  vpc_id      = aws_vpc.export.id
  tags        = merge(local.tags, { zone = "private" })
}

resource "aws_vpc_security_group_ingress_rule" "worker_https" {
  security_group_id = aws_security_group.worker.id
  cidr_ipv4         = "10.61.0.0/16"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "worker_ssh" {
  security_group_id = aws_security_group.worker.id
  description       = "until the VPN is there"
  cidr_ipv4         = "0.0.0.0/0" # Flaw: SSH from anywhere.
  ip_protocol       = "tcp"
  from_port         = 22
  to_port           = 22
}

resource "aws_security_group" "data" {
  name        = "export-data"
  description = "database of the export"
  vpc_id      = aws_vpc.export.id
  ingress {
    description = "PostgreSQL from the network"
    protocol    = "tcp"
    from_port   = 5432
    to_port     = 5432
    cidr_blocks = ["10.61.0.0/16"]
  }
  tags = merge(local.tags, { zone = "data" })
}

resource "aws_lb" "export" {
  name                       = "statements-export"
  internal                   = false
  subnets                    = concat([aws_subnet.public.id], [for s in aws_subnet.private : s.id])
  enable_deletion_protection = true
  access_logs {
    bucket  = module.store["logs"].bucket
    enabled = true
  }
  tags = local.tags
}

resource "aws_lb_listener" "plain" {
  load_balancer_arn = aws_lb.export.arn
  port              = 80
  protocol          = "HTTP"
  default_action { # Flaw: answers in the clear instead of a redirect.
    type = "fixed-response"
    fixed_response {
      content_type = "text/plain"
      message_body = "statements"
      status_code  = "200"
    }
  }
}
