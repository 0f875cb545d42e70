// SPDX-License-Identifier: Apache-2.0

package catalogue

// Part of the work that a party has in a duty. The words are those that a
// responsibility matrix uses.
const (
	DoesNothing = "none"
	Performs    = "performs"
	Accounts    = "accountable"
	DoesBoth    = "both" // performs the duty and answers for it
)

// Division is who usually does what for a duty.
type Division struct {
	Customer string // none, performs, accountable or both
	Provider string
	Why      string // one sentence
}

// Default gives who usually performs a duty and who answers for it under a
// service model; false when the duty or the model is unknown.
//
// The party to which the standard speaks answers always. It also performs the
// duty, unless the duty is operational (done by working the settings or systems
// of a layer) and under this model the other party operates the control: then
// the other one performs. An agreement may divide it otherwise; this is where a
// matrix starts.
func (c *Catalogue) Default(model ServiceModel, dutyID string) (Division, bool) {
	p, ok := c.byDuty[dutyID]
	if !ok {
		return Division{}, false
	}
	control := c.book.Controls[p.control]
	duty := control.Duties[p.duty]
	operator, ok := control.Operates[model]
	if !ok {
		return Division{}, false
	}
	own, other := DoesBoth, DoesNothing
	why := "The duty is the " + string(duty.Party) + "'s own under every service model."
	switch {
	case !duty.Operational:
	case operator == Shared || string(operator) == string(duty.Party):
		why = "The " + string(duty.Party) + " operates its part of the control under " + model.Name() + "."
	default:
		own, other = Accounts, Performs
		why = "Under " + model.Name() + " the " + string(operator) + " operates the control, so it does the work; the " + string(duty.Party) + " makes sure of it."
	}
	if duty.Party == Provider {
		return Division{Customer: other, Provider: own, Why: why}, true
	}
	return Division{Customer: own, Provider: other, Why: why}, true
}

// Name gives the model as people write it: IaaS, PaaS, SaaS.
func (m ServiceModel) Name() string {
	switch m {
	case IaaS:
		return "IaaS"
	case PaaS:
		return "PaaS"
	case SaaS:
		return "SaaS"
	}
	return string(m)
}
