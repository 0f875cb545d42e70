# SPDX-License-Identifier: Apache-2.0
# Larkspur Ledger is a firm that does not exist. This is the plan of its next
# service in the ops account: statements leave the Ledger as files. It is well
# built in most places; a comment "Flaw" stands where it is not.

terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.80"
    }
  }
}

provider "aws" {
  region = "eu-central-1"
}

variable "account" {
  type    = string
  default = "109876543210"
}

variable "partner_account" {
  description = "account of the firm that prints statements"
  type        = string
  default     = "498765432109"
}

variable "database_password" {
  type      = string
  sensitive = true
  default   = "Larkspur-export-7qv"
}

locals {
  tags = {
    app            = "statements-export"
    owner          = "product"
    stage          = "prod"
    classification = "personal"
  }
}
