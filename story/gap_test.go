// SPDX-License-Identifier: Apache-2.0

//go:build unix

package story

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"demarc.dev/demarc/internal/browser"
	"demarc.dev/demarc/internal/emulator"
	"demarc.dev/demarc/notify"
)

// delivery is what came to the webhook.
type delivery struct {
	header http.Header
	body   []byte
}

// receiver is a webhook of the firm: TLS, with a certificate of its own making
// that the server is told to trust. It gives the settings for that.
func receiver(t *testing.T) (address string, came chan delivery, env []string) {
	t.Helper()
	came = make(chan delivery, 16)
	hook := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		came <- delivery{r.Header, body}
	}))
	t.Cleanup(hook.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: hook.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return hook.URL + "/demarc", came, []string{"SSL_CERT_FILE=" + roots, "DEMARC_HOOK_ALLOW_NETWORKS=127.0.0.0/8"}
}

// next waits for a message to the webhook and checks who signed it.
func next(t *testing.T, came chan delivery, secret []byte) (m struct{ Organisation, Kind, Subject, Link string }) {
	t.Helper()
	select {
	case d := <-came:
		if err := notify.VerifyHook(secret, d.header.Get(notify.SignatureHeader), d.body, time.Now(), time.Minute); err != nil {
			t.Fatalf("the message is not signed: %v", err)
		}
		if err := json.Unmarshal(d.body, &m); err != nil {
			t.Fatal(err)
		}
	case <-time.After(browser.Patience):
		t.Fatal("no message came to the webhook")
	}
	return m
}

// cloud is the account that the collector reads, in the emulator.
func cloud(t *testing.T) (*ec2.Client, []string) {
	t.Helper()
	moto, err := emulator.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(moto.Stop)
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "story", SecretAccessKey: "story"}, nil
	})
	return ec2.New(ec2.Options{Region: "eu-central-1", BaseEndpoint: aws.String(moto.URL), Credentials: keys}),
		[]string{"DEMARC_AWS_ENDPOINT=" + moto.URL, "AWS_ACCESS_KEY_ID=collect", "AWS_SECRET_ACCESS_KEY=collect", "AWS_REGION=eu-central-1", "AWS_EC2_METADATA_DISABLED=true"}
}

// TestGap: a collector looks at the account every day; somebody opens a port to
// the world; the team is told, finds what to do, closes it, and is told that it
// is mended.
func TestGap(t *testing.T) {
	const title = "No firewall opens administration or database ports to the internet"
	account, env := cloud(t)
	address, came, more := receiver(t)
	s := serve(t, append(env, more...), func(s *server) {
		empty(s)
		file := filepath.Join(t.TempDir(), "scope.yaml")
		if err := os.WriteFile(file, []byte(north), 0o600); err != nil {
			t.Fatal(err)
		}
		s.demarc("scope", "import", file)
	})
	made, err := account.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{GroupName: aws.String("mill"), Description: aws.String("machines of the mill")})
	if err != nil {
		t.Fatal(err)
	}
	ruth := s.person("ruth")
	ruth.signsInByLink()
	ruth.follows("Collectors", "")
	ruth.must(ruth.page.Fill(ruth.ctx, browser.Thing{Role: "input[name=id]", Within: "Role to assume"}, "prod"))
	ruth.fills("Regions (empty: all)", "eu-central-1")
	ruth.presses("Set it up", "")
	ruth.must(ruth.page.Fill(ruth.ctx, browser.Thing{Role: "input[name=id]", Within: "How often"}, "daily"))
	ruth.fills("What", "prod and the assessment")
	ruth.presses("Schedule it", "")
	ruth.sees("daily: every day")
	ruth.must(ruth.page.Fill(ruth.ctx, browser.Thing{Role: "input[name=id]", Within: "or webhook"}, "team"))
	ruth.fills("or webhook", address)
	ruth.presses("Tell", "")
	shown, err := ruth.page.Value(ruth.ctx, browser.Thing{Role: ".note .breakable"}, "textContent")
	ruth.must(err)
	secret, err := hex.DecodeString(strings.TrimSpace(shown))
	if err != nil {
		t.Fatal(err)
	}

	ruth.collects(1) // what there is to begin with
	open := []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}
	if _, err := account.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{GroupId: made.GroupId, IpPermissions: open}); err != nil {
		t.Fatal(err)
	}
	ruth.collects(2)
	m := next(t, came, secret)
	if m.Organisation != "north" || m.Kind != "gap.new" || !strings.Contains(m.Subject, "fail that did not before") {
		t.Errorf("the message says %+v", m)
	}
	ruth.visit(m.Link)
	ruth.sees(title)
	ruth.follows("Gaps and plan", "")
	ruth.sees(title)
	ruth.visit("/o/north/finding?outcome=fail&check=firewall-admin-port")
	ruth.follows(title, "")
	ruth.sees("mill", "22")

	if _, err := account.RevokeSecurityGroupIngress(t.Context(), &ec2.RevokeSecurityGroupIngressInput{GroupId: made.GroupId, IpPermissions: open}); err != nil {
		t.Fatal(err)
	}
	ruth.collects(3)
	if m = next(t, came, secret); m.Kind != "gap.fixed" {
		t.Errorf("the message says %+v", m)
	}
	ruth.visit(m.Link)
	ruth.sees(title)
	ruth.visit("/o/north/finding?outcome=fail&check=firewall-admin-port")
	if ok, err := ruth.page.Has(ruth.ctx, browser.Thing{Role: "link", Name: title}); ok || err != nil {
		t.Errorf("the gap is still there: %v, %v", ok, err)
	}
}

// collects has the collector look now, and waits until so many runs are done.
func (p *person) collects(runs int) {
	p.t.Helper()
	p.visit("/o/north/job")
	p.presses("Collect and assess now", "")
	p.must(p.page.Await(p.ctx, fmt.Sprintf("%d runs that are done", runs),
		fmt.Sprintf(`[...document.querySelectorAll("tr")].filter(e => e.textContent.includes("by hand") && e.textContent.includes("done")).length === %d`, runs), 4*browser.Patience))
}
