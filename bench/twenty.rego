# SPDX-License-Identifier: Apache-2.0
#
# Twenty of Demarc's checks in Rego, with the same outcomes: a missing attribute
# is unknown unless the rest of the question settles the answer.
package twenty

attributes := input.attributes

now := 1790812800000000000

days(t) := floor((now - time.parse_rfc3339_ns(t)) / 86400000000000)

tagged(names, values) if {
	some name, value in input.tags
	lower(name) in names
	lower(value) in values
}

has_tag(wanted) if {
	some name, _ in input.tags
	lower(name) == wanted
}

production if tagged({"env", "environment", "stage"}, {"prod", "production", "live"})

classified if tagged({"classification", "data-classification"}, {"confidential", "restricted", "secret", "personal", "pii"})

disk_encrypted := "pass" if attributes.encrypted

else := "fail" if attributes.encrypted == false

else := "unknown"

disk_orphan := "notapplicable" if attributes.attached

else := "unknown" if not attributes.attached == false

else := "pass" if days(attributes.created) <= 30

else := "pass" if has_tag("keep-until")

else := "fail" if days(attributes.created) > 30

else := "unknown"

disk_snapshot_public := "fail" if attributes.public

else := "pass" if attributes.public == false

else := "unknown"

disk_snapshot_shared := "pass" if count(attributes.shared_with) == 0

else := "fail" if count(attributes.shared_with) > 0

else := "unknown"

machine_metadata_token := "pass" if attributes.metadata_token

else := "fail" if attributes.metadata_token == false

else := "unknown"

machine_public_address := "pass" if attributes.public_address == ""

else := "pass" if attributes.public_tier

else := "fail" if {
	attributes.public_address != ""
	attributes.public_tier == false
}

else := "unknown"

machine_patched := "notapplicable" if attributes.state != "running"

else := "unknown" if not attributes.state

else := "pass" if attributes.missing_patches == 0

else := "fail" if attributes.missing_patches != 0

else := "unknown"

machine_delete_protected := "notapplicable" if not production

else := "pass" if attributes.delete_protected

else := "fail" if attributes.delete_protected == false

else := "unknown"

lets_in(rule) if {
	rule.direction == "in"
	rule.allow
	rule.internet
}

admin_ports := [22, 23, 1433, 1521, 3306, 3389, 5432, 5900, 6379, 9200, 11211, 27017]

opens(rule) if {
	lets_in(rule)
	rule.protocol == "all"
}

opens(rule) if {
	lets_in(rule)
	rule.protocol == "tcp"
	some port in admin_ports
	rule.from_port <= port
	rule.to_port >= port
}

opens_all(rule) if {
	lets_in(rule)
	rule.protocol == "all"
}

opens_all(rule) if {
	lets_in(rule)
	rule.protocol == "tcp"
	rule.from_port <= 1
	rule.to_port >= 65535
}

firewall_admin_port := "notapplicable" if attributes.stateless

else := "unknown" if not attributes.stateless == false

else := "fail" if {
	some rule in attributes.rules
	opens(rule)
}

else := "pass" if attributes.rules

else := "unknown"

firewall_all_open := "notapplicable" if attributes.stateless

else := "unknown" if not attributes.stateless == false

else := "fail" if {
	some rule in attributes.rules
	opens_all(rule)
}

else := "pass" if attributes.rules

else := "unknown"

firewall_default_closed := "notapplicable" if attributes.default == false

else := "notapplicable" if attributes.stateless

else := "unknown" if not attributes.default

else := "unknown" if not attributes.stateless == false

else := "pass" if count(attributes.rules) == 0

else := "fail" if count(attributes.rules) > 0

else := "unknown"

object_store_public := "fail" if attributes.public

else := "pass" if attributes.public == false

else := "unknown"

object_store_tls := "pass" if attributes.tls_only

else := "fail" if attributes.tls_only == false

else := "unknown"

object_store_customer_key := "notapplicable" if not classified

else := "pass" if attributes.customer_key

else := "fail" if attributes.customer_key == false

else := "unknown"

# Whoever logs passes; a store of audit logs that does not log is left out.
object_store_access_log := "pass" if attributes.access_logging

else := "pass" if attributes.data_events

else := "unknown" if not attributes.access_logging == false

else := "unknown" if not attributes.data_events == false

else := "notapplicable" if attributes.holds_audit_logs

else := "fail" if attributes.holds_audit_logs == false

else := "unknown"

role_trust_public := "fail" if attributes.trust_public

else := "pass" if attributes.trust_public == false

else := "unknown"

role_unused := "notapplicable" if attributes.service_linked

else := "notapplicable" if days(attributes.created) <= 90

else := "unknown" if not attributes.service_linked == false

else := "unknown" if not attributes.created

else := "pass" if days(attributes.last_used) <= 90

else := "fail" if days(attributes.last_used) > 90

else := "unknown"

identity_mfa := "notapplicable" if attributes.console_access == false

else := "unknown" if not attributes.console_access

else := "pass" if attributes.mfa

else := "fail" if attributes.mfa == false

else := "unknown"

credential_age := "notapplicable" if attributes.type != "access-key"

else := "notapplicable" if attributes.active == false

else := "unknown" if not attributes.type

else := "unknown" if not attributes.active

else := "pass" if days(attributes.created) <= 90

else := "fail" if days(attributes.created) > 90

else := "unknown"

log_store_retention := "pass" if attributes.retention_days == 0

else := "pass" if attributes.retention_days >= 365

else := "fail" if attributes.retention_days < 365

else := "unknown"
