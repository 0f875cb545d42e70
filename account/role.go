// SPDX-License-Identifier: Apache-2.0

package account

import "slices"

// Role is what somebody is in one organisation.
type Role string

// The roles of an organisation. Who may sign a matrix off is a manager or the
// owner: an admin looks after accounts and machines and decides nothing.
const (
	Owner           Role = "owner"
	Admin           Role = "admin"
	Manager         Role = "manager"
	Contributor     Role = "contributor"
	ControlOwner    Role = "controlowner"
	InternalAuditor Role = "internalauditor"
	ExternalAuditor Role = "externalauditor" // time-boxed, and bound to services when it names some
	Viewer          Role = "viewer"
)

// Roles gives the roles, the mightiest first.
func Roles() []Role {
	return []Role{Owner, Admin, Manager, Contributor, ControlOwner, InternalAuditor, ExternalAuditor, Viewer}
}

// Known tells whether the word is a role.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// Title is how people call the role.
func (r Role) Title() string {
	switch r {
	case Owner:
		return "Owner"
	case Admin:
		return "Administrator"
	case Manager:
		return "Manager"
	case Contributor:
		return "Contributor"
	case ControlOwner:
		return "Control owner"
	case InternalAuditor:
		return "Internal auditor"
	case ExternalAuditor:
		return "External auditor"
	case Viewer:
		return "Viewer"
	}
	return string(r)
}

// Does says in a sentence what the role is for.
func (r Role) Does() string {
	switch r {
	case Owner:
		return "Does everything, and alone takes the organisation elsewhere or names another owner."
	case Admin:
		return "Looks after people, collectors and schedules; signs nothing off."
	case Manager:
		return "Runs the programme: scope, matrix and its sign-off, exceptions, papers, evidence for auditors."
	case Contributor:
		return "Edits matrices and answers duties, collects and assesses; signs nothing off."
	case ControlOwner:
		return "Reads, and answers the duties that no interface can tell."
	case InternalAuditor:
		return "Reads everything, with the whole log; audits, raises, and says whether what was mended works; changes nothing else."
	case ExternalAuditor:
		return "Reads matrices, duties and findings until a day and asks for evidence; sees nothing else."
	case Viewer:
		return "Reads how it stands; sees no raw documents and no log."
	}
	return ""
}
