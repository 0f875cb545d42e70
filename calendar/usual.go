// SPDX-License-Identifier: Apache-2.0

package calendar

// Usual gives the routines that most firms with cloud services keep, to begin
// with: nobody owns them yet, and none has a first day.
func Usual() []Routine {
	const monthly, quarterly, half, yearly = "FREQ=MONTHLY", "FREQ=MONTHLY;INTERVAL=3", "FREQ=MONTHLY;INTERVAL=6", "FREQ=YEARLY"
	return []Routine{
		{ID: "privileged-access-review", Title: "Review of privileged access", Rule: monthly, Grace: 10, Evidence: true, Controls: []string{"privileged-access", "administrator-logs"}, Does: "Go through everybody who may change the cloud accounts: is he still there, does he still need it, did he use it. Take away what is not needed."},
		{ID: "log-review", Title: "Review of logs and alarms", Rule: monthly, Grace: 10, Evidence: true, Controls: []string{"event-logging", "cloud-monitoring", "administrator-logs"}, Does: "See that every source still delivers, that alarms were looked at, and what stood out."},
		{ID: "vulnerability-review", Title: "Review of vulnerabilities and patches", Rule: monthly, Grace: 10, Controls: []string{"vulnerability", "machine-hardening"}, Does: "See what is open beyond its time, and who mends it by when."},
		{ID: "access-review", Title: "Access review", Rule: quarterly, Grace: 21, Evidence: true, Controls: []string{"access-provisioning", "user-registration", "access-restriction"}, Does: "Owners of services confirm who may use them; what nobody confirms is taken away."},
		{ID: "capacity-review", Title: "Review of capacity and quotas", Rule: quarterly, Grace: 21, Controls: []string{"capacity"}, Does: "Compare use with limits and with what was agreed."},
		{ID: "restore-test", Title: "Restore test", Rule: half, Grace: 21, Evidence: true, Controls: []string{"backup", "continuity-readiness"}, Does: "Restore one data set of each service to another place, compare it, and note how long it took."},
		{ID: "key-review", Title: "Review of keys", Rule: half, Grace: 21, Controls: []string{"key-management", "cryptography"}, Does: "Go through the keys: owner, age, rotation, who may use them."},
		{ID: "risk-review", Title: "Review of risks", Rule: half, Grace: 21, Clauses: []string{"8.2", "8.3"}, Does: "Go through the register: what changed, what is late, what was accepted until a day that has passed."},
		{ID: "incident-exercise", Title: "Exercise of an incident", Rule: yearly, Grace: 30, Evidence: true, Controls: []string{"incident-responsibility", "event-reporting", "evidence-collection"}, Does: "Play one through with the provider's part in it: who calls whom, in which time, and what evidence is kept."},
		{ID: "supplier-review", Title: "Review of providers and suppliers", Rule: yearly, Grace: 30, Evidence: true, Controls: []string{"supplier-policy", "supplier-agreement", "supply-chain"}, Does: "Reports and certificates of each provider, what changed in its terms, service levels, and what it did not keep."},
		{ID: "matrix-review", Title: "Review of the responsibility matrices", Rule: yearly, Grace: 30, Controls: []string{"shared-roles", "partner-agreement"}, Does: "Go through who answers for what with each provider and customer, and sign anew."},
		{ID: "policy-review", Title: "Review of policies", Rule: yearly, Grace: 30, Evidence: true, Controls: []string{"cloud-policy"}, Clauses: []string{"5.2", "7.5"}, Does: "Is each still true, known and followed? Approve it anew or change it."},
		{ID: "awareness-review", Title: "Awareness: who was trained", Rule: yearly, Grace: 30, Controls: []string{"awareness"}, Clauses: []string{"7.2", "7.3"}, Does: "See that everybody was trained for what he does, the new ones too."},
		{ID: "exit-test", Title: "Exercise of leaving a provider", Rule: yearly, Grace: 30, Controls: []string{"asset-removal"}, Does: "Take the data of one service back in a form that can be used, and see what deletion would be confirmed."},
		{ID: "internal-audit", Title: "Internal audit", Rule: yearly, Grace: 30, Controls: []string{"independent-review"}, Clauses: []string{"9.2"}, Does: "Hold the audit of the year."},
		{ID: "management-review", Title: "Management review", Rule: yearly, Grace: 30, Clauses: []string{"9.3"}, Does: "Hold the review with all its inputs, and write down what was decided."},
	}
}
