# SPDX-License-Identifier: Apache-2.0

resource "aws_iam_role" "notify" {
  name = "export-notify"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }]
  })
  tags = local.tags
}

resource "aws_iam_policy" "notify" {
  name = "export-notify"
  policy = jsonencode({ # Flaw: everything, because nobody wrote down what it needs.
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
  tags = local.tags
}

resource "aws_iam_role_policy_attachment" "notify" {
  role       = aws_iam_role.notify.name
  policy_arn = aws_iam_policy.notify.arn
}

resource "aws_iam_role" "printer" {
  name = "statements-printer"
  assume_role_policy = jsonencode({ # Flaw: another firm's account, without an external id.
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::${var.partner_account}:root" } }]
  })
  tags = local.tags
}

resource "aws_iam_role_policy" "printer" {
  name = "read-drop"
  role = aws_iam_role.printer.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:ListBucket"], Resource = ["arn:aws:s3:::larkspur-statements-drop", "arn:aws:s3:::larkspur-statements-drop/*"] }]
  })
}
