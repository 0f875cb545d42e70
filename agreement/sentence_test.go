// SPDX-License-Identifier: Apache-2.0

package agreement_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/agreement/text"
)

// sentences are of no agreement: written for this test, one way each of saying
// what agreements say. The number is that of the topic, empty when there is none.
var sentences = []struct {
	topic, state, number, words string
}{
	{"incident-notice", "met", "48 h", "Vendor will inform Customer of a Security Incident within forty-eight (48) hours of discovering it."},
	{"incident-notice", "met", "24 h", "In the event of a personal data breach the Processor shall, not later than 24 (twenty-four) hours after having become aware of it, report the breach to the Controller."},
	{"incident-notice", "weak", "5 d", "We will tell you about unauthorised access to your data within five calendar days."},
	{"incident-notice", "weak", "", "Supplier shall without undue delay notify the Client of any breach of security affecting Client Data."},
	{"incident-notice", "missing", "30 d", "Either party may terminate this Agreement if the other party fails to cure a material breach within 30 days of notice."},
	{"incident-notice", "missing", "", "Customer must notify Provider promptly of any security breach involving its credentials."},
	{"incident-notice", "missing", "72 h", "The Client, as controller, notifies the supervisory authority of the personal data breach no later than 72 hours after it becomes aware."},
	{"incident-notice", "adverse", "", "Provider is not required to notify Customer of unsuccessful security incidents or breaches that do not touch it."},
	{"deletion", "met", "30 d", "All customer content is irreversibly erased from production systems thirty days after the subscription ends and from backups."},
	{"deletion", "met", "60 d", "Following expiry of the Contract the Supplier shall, within a period of sixty (60) days, destroy all copies of the Customer Data in its possession."},
	{"deletion", "weak", "180 d", "Provider deletes Customer Data at the latest 180 days following cancellation of the account."},
	{"deletion", "weak", "", "On termination the Processor shall, at the choice of the Controller, delete or return all personal data."},
	{"deletion", "adverse", "", "Upon closure of the account we have no obligation to retain your content."},
	{"deletion", "missing", "", "Upon termination Customer shall delete all copies of the Software and the Documentation."},
	{"retrieval", "met", "30 d", "For thirty (30) days after the effective date of termination, Customer may export Customer Data through the console."},
	{"retrieval", "weak", "14 d", "Users can download their files up to 14 days after cancellation."},
	{"retrieval", "adverse", "", "After termination you will not be able to recover your content."},
	{"subprocessor", "met", "30 d", "Provider shall give Customer at least 30 days' prior notice of the appointment of any new Subprocessor, and Customer may object within ten days."},
	{"subprocessor", "weak", "14 d", "We update the list of sub-processors and email subscribers 14 days before a new sub-processor begins."},
	{"subprocessor", "weak", "", "The Customer consents to the use of the Subprocessors listed in Annex III."},
	{"subprocessor", "adverse", "", "The Supplier may freely subcontract all or part of the services."},
	{"availability", "met", "99.95 %", "Vendor guarantees a monthly uptime percentage of at least 99.95 per cent."},
	{"availability", "weak", "99.5 %", "The Platform shall be available 99.5% of the time in each calendar month, excluding planned maintenance."},
	{"availability", "weak", "", "We use commercially reasonable efforts to make the Service available 24 hours a day, 7 days a week."},
	{"availability", "adverse", "", "The service is provided as is and as available."},
	{"service-credit", "met", "25 %", "If the monthly uptime falls below 99.0%, Customer receives a service credit of 25% of the monthly fee."},
	{"service-credit", "weak", "5 %", "For each full hour of downtime the customer is entitled to a credit of five percent (5%) of the monthly charges."},
	{"audit", "met", "1 /y", "The Controller may, no more than once in any twelve-month period, audit the Processor's compliance with this DPA."},
	{"audit", "met", "1 /y", "Provider shall permit one audit per year by the Customer or a mandated auditor."},
	{"audit", "met", "1 /y", "Inspections by the Customer take place upon reasonable notice and not more often than every 12 months."},
	{"audit", "missing", "", "Licensor may audit Customer's use of the Software to verify compliance with the licence metrics."},
	{"certification", "met", "", "Provider maintains certification to ISO/IEC 27001 and makes its SOC 2 Type II report available."},
	{"certification", "missing", "", "At the Customer's request the Provider certifies that the data have been destroyed."},
	{"encryption", "met", "", "Customer Data are encrypted in transit with TLS 1.2 or higher and at rest with AES-256."},
	{"encryption", "missing", "", "Customer is responsible for encrypting its own data before upload."},
	{"backup", "met", "", "Databases are backed up every night and backups are kept at a second site."},
	{"backup", "adverse", "", "You are solely responsible for maintaining backups of your content."},
	{"logging", "met", "12 mo", "Access by Provider's personnel is logged, and the logs are retained for twelve months."},
	{"logging", "weak", "90 d", "Audit logs are available to the Customer for 90 days."},
	{"logging", "missing", "", "Users must log in with two factors."},
	{"vulnerability", "met", "", "The Supplier scans its systems for vulnerabilities weekly and patches critical ones without delay."},
	{"vulnerability", "missing", "", "Customer shall not probe, scan or test the vulnerability of the Service."},
	{"segregation", "met", "", "The data of each customer are logically separated from those of other customers."},
	{"segregation", "missing", "", "Professional services are provided under a separate agreement."},
	{"location", "met", "", "Customer Data are stored exclusively in data centres in Germany and Ireland."},
	{"location", "met", "", "Customer chooses the region in which its content is stored, and Provider does not move it from that region."},
	{"location", "adverse", "", "You agree that we may process and store your data in any country in which we or our affiliates operate."},
	{"location", "missing", "", "You grant us a worldwide licence to store and display your content."},
	{"legal-request", "met", "", "If a court or authority orders the disclosure of Customer Data, Provider shall notify Customer before disclosing anything unless the law forbids it."},
	{"legal-request", "weak", "", "We may disclose your information to law enforcement where we are legally required to do so."},
	{"change-notice", "met", "30 d", "Provider will give at least 30 days' notice before it makes a change that materially reduces the functionality of the Service."},
	{"change-notice", "weak", "7 d", "Changes to the platform are announced seven days in advance."},
	{"change-notice", "adverse", "", "We may change or discontinue any feature of the service at any time without notice."},
	{"change-notice", "missing", "30 d", "Prices may change on 30 days' notice."},
	{"change-notice", "missing", "30 d", "We may update these Terms by giving you thirty days' notice."},
	{"governing-law", "met", "", "This Agreement is governed by the laws of Ireland, and the courts of Dublin have exclusive jurisdiction."},
	{"governing-law", "missing", "", "Each party shall comply with the laws that apply to it."},
	{"ownership", "met", "", "As between the parties, Customer retains all right, title and interest in Customer Data."},
	{"ownership", "missing", "", "Provider retains all right, title and interest in the Service and the Software."},
	{"ownership", "adverse", "", "You grant us a perpetual, irrevocable licence to use your content for any purpose."},
	{"roles", "met", "", "Customer is responsible for the security of its passwords and for the configuration of its environment."},
	{"roles", "missing", "", "Customer is responsible for payment of all fees and taxes."},
	{"evidence", "met", "", "Provider preserves evidence of each security incident and cooperates with the Customer's investigation of it."},
}

// around stands beside each sentence, so that the parties are known.
const around = "# Agreement\n\n1. Parties. Provider means Postrider Mail Ltd. Customer means the firm that orders the service.\n\n2. "

func TestSentences(t *testing.T) {
	l, err := agreement.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	pack, _ := l.Pack("iso27017")
	for _, s := range sentences {
		doc := read(t, "a.md", around+s.words+"\n")
		for _, f := range agreement.Judge([]*text.Document{doc}, []*agreement.Pack{pack}).Findings {
			if f.Topic != s.topic {
				continue
			}
			if string(f.State) != s.state {
				t.Errorf("%s is %s, want %s: %q: %v", s.topic, f.State, s.state, s.words, f.Why)
			}
			number := ""
			for _, q := range f.Numbers {
				number = strings.TrimSpace(fmt.Sprint(strconv.FormatFloat(q.Value, 'f', -1, 64), " ", q.Unit))
			}
			if s.state != "missing" && number != s.number {
				t.Errorf("%s: the number is %q, want %q: %q", s.topic, number, s.number, s.words)
			}
		}
	}
}
