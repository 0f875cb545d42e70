# SPDX-License-Identifier: Apache-2.0
#
# Ten of Demarc's checks in Rego, for the JSON of a Terraform plan that makes
# everything anew. OPA and Conftest read the same file. A bucket and its block on
# public access are known to belong together because they share a module; Demarc
# finds it out from the plan's configuration.
package main

# One list a type, walked once each: a set of whole resources would be slower.
planned(kind) := [r |
	some r in input.resource_changes
	r.type == kind
	r.change.after != null
]

block_of := {block.module_address: block.change.after |
	some block in planned("aws_s3_bucket_public_access_block")
}

blocks := ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"]

deny contains concat(" ", ["object-store-public-block", r.address]) if {
	some r in planned("aws_s3_bucket")
	block := block_of[r.module_address]
	some name in blocks
	not block[name]
}

deny contains concat(" ", ["key-rotation", r.address]) if {
	some r in planned("aws_kms_key")
	r.change.after.customer_master_key_spec == "SYMMETRIC_DEFAULT"
	r.change.after.is_enabled
	not r.change.after.enable_key_rotation
}

admin_ports := [22, 23, 1433, 1521, 3306, 3389, 5432, 5900, 6379, 9200, 11211, 27017]

anywhere := {"0.0.0.0/0", "::/0"}

deny contains concat(" ", ["firewall-admin-port", r.address]) if {
	some r in planned("aws_security_group")
	some rule in r.change.after.ingress
	some source in array.concat(rule.cidr_blocks, rule.ipv6_cidr_blocks)
	source in anywhere
	opens(rule)
}

opens(rule) if rule.protocol == "-1"

opens(rule) if {
	rule.protocol == "tcp"
	some port in admin_ports
	rule.from_port <= port
	rule.to_port >= port
}

deny contains concat(" ", ["machine-metadata-token", r.address]) if {
	some r in planned("aws_instance")
	some options in r.change.after.metadata_options
	options.http_endpoint != "disabled"
	options.http_tokens != "required"
}

production(r) if {
	some name, value in r.change.after.tags_all
	lower(name) in {"env", "environment", "stage"}
	lower(value) in {"prod", "production", "live"}
}

deny contains concat(" ", ["machine-delete-protected", r.address]) if {
	some r in planned("aws_instance")
	production(r)
	not r.change.after.disable_api_termination
}

deny contains concat(" ", ["disk-encrypted", r.address]) if {
	some r in planned("aws_ebs_volume")
	not r.change.after.encrypted
}

deny contains concat(" ", ["database-encrypted", r.address]) if {
	some r in planned("aws_db_instance")
	not r.change.after.storage_encrypted
}

deny contains concat(" ", ["database-public", r.address]) if {
	some r in planned("aws_db_instance")
	r.change.after.publicly_accessible
}

deny contains concat(" ", ["database-backup", r.address]) if {
	some r in planned("aws_db_instance")
	r.change.after.backup_retention_period < 7
}

deny contains concat(" ", ["queue-encrypted", r.address]) if {
	some r in planned("aws_sqs_queue")
	object.get(r.change.after, "kms_master_key_id", null) in {null, ""}
	not r.change.after.sqs_managed_sse_enabled
}
