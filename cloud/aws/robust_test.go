// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"demarc.dev/demarc/cloud"
)

func TestScope_WhatWasNotAskedIsNotAbsent(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 1, 1)
	gap := func(s *cloud.Snapshot, service string) []cloud.Kind {
		i := slices.IndexFunc(s.Gaps, func(g cloud.ScopeGap) bool { return g.Service == service })
		if i < 0 {
			t.Fatalf("no gap of %s in %+v", service, s.Gaps)
		}
		if g := s.Gaps[i]; g.Reason != cloud.NotCollected || g.Account != motoAccount || g.Region != "" || g.Detail == "" {
			t.Errorf("gap %+v", g)
		}
		return s.Gaps[i].Kinds
	}
	s := collect(t, p.options(t, "secretsmanager", "guardduty"))
	if want := len(services()) - 6; len(s.Gaps) != want { // two were asked, four only tell of regions
		t.Errorf("%d gaps, want one for each of %d services", len(s.Gaps), want)
	}
	for service, want := range map[string][]cloud.Kind{"iam": {cloud.AccountKind, cloud.Credential, cloud.Group, cloud.Identity, cloud.Policy, cloud.ProviderPolicy, cloud.Role}, "kms": {cloud.Key}, "ssm": {cloud.Machine}} {
		if got := gap(s, service); !slices.Equal(got, want) {
			t.Errorf("without %s the snapshot lacks %v, want %v", service, got, want)
		}
	}
	expect(t, find(t, s, cloud.RegionKind, frankfurt), map[string]any{"posture_service": cloud.NotCollected})
	if got := gap(collect(t, p.options(t, "secretsmanager")), "guardduty"); !slices.Equal(got, []cloud.Kind{cloud.RegionKind}) {
		t.Errorf("where nobody tells of regions, guardduty's gap holds %v", got)
	}
}

func TestTogether_NamesAllCalls(t *testing.T) {
	t.Parallel()
	early, late := cloud.Seen{At: noon, Call: "s3:GetAccountPublicAccessBlock", Request: "1"}, cloud.Seen{At: noon.Add(time.Minute), Call: "iam:GetAccountSummary", Request: "2"}
	want := cloud.Seen{At: late.At, Call: "iam:GetAccountSummary, s3:GetAccountPublicAccessBlock"}
	for _, got := range []cloud.Seen{together(early, late), together(late, early), together(together(early, late), early)} {
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if got := together(early, early); got != early {
		t.Errorf("a call with itself is %+v", got)
	}
	many := cloud.Seen{}
	for i := range 100 {
		many = together(many, cloud.Seen{Call: fmt.Sprintf("s:%03d", i)})
	}
	if calls := strings.Split(many.Call, ", "); len(calls) != mostCalls || calls[0] != "s:000" || calls[mostCalls-1] != further {
		t.Errorf("a hundred calls are %q", many.Call)
	}
}

func TestEngine_NamesTheCallsThatToldOfAResource(t *testing.T) {
	t.Parallel()
	s := collect(t, newProvider(t, 1, 1).options(t, "secretsmanager"))
	if got := find(t, s, cloud.Secret, "s000000").Seen.Call; got != "secretsmanager:GetResourcePolicy, secretsmanager:ListSecrets" {
		t.Errorf("seen by %s", got)
	}
	p := newProvider(t, 1, 1)
	p.misbehave = withoutPolicies(func(w http.ResponseWriter) bool { return refuse(w, 400, "AccessDeniedException", "no") })
	s = collect(t, p.options(t, "secretsmanager"))
	if got := find(t, s, cloud.Secret, "s000000").Seen.Call; got != "secretsmanager:ListSecrets" {
		t.Errorf("seen by %s although the policy was refused", got)
	}
}

// withoutPolicies makes every request for a policy fail.
func withoutPolicies(fail func(w http.ResponseWriter) bool) func(http.ResponseWriter, string, string, int64) bool {
	return func(w http.ResponseWriter, operation, _ string, _ int64) bool {
		return operation == "GetResourcePolicy" && fail(w)
	}
}

// deaf gives an address at which nobody listens.
func deaf(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	return s.URL
}

func TestRefusal_NobodyAnswers(t *testing.T) {
	t.Parallel()
	o := newProvider(t, 1, 1).options(t, "logs")
	o.Endpoint, o.dead, o.backoff = deaf(t), 50*time.Millisecond, 10*time.Second
	if r := refusal(t, o); !strings.Contains(r.Sentence, "AWS cannot be reached at "+o.Endpoint) || r.Usage {
		t.Error(r.Sentence)
	}
	o.Endpoint, o.dead = "http://nowhere.invalid", time.Minute
	if r := refusal(t, o); !strings.Contains(r.Sentence, "AWS cannot be reached at http://nowhere.invalid") {
		t.Error(r.Sentence)
	}
}

func TestRefusal_TheNetworkEndsInTheMiddle(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 300, 1)
	o := p.options(t, "logs", "secretsmanager")
	o.dead, o.backoff, o.Concurrency = 50*time.Millisecond, 10*time.Second, 4
	cut := atomic.Bool{}
	p.misbehave = func(_ http.ResponseWriter, operation, _ string, n int64) bool {
		if n == 100 {
			cut.Store(true)
			p.Listener.Close()
			go p.CloseClientConnections()
		}
		return false
	}
	if r := refusal(t, o); !strings.Contains(r.Sentence, "AWS cannot be reached at "+o.Endpoint) || !strings.Contains(r.Hint, "spool") || !cut.Load() {
		t.Error(r.Sentence, r.Hint)
	}
	if left, err := filepath.Glob(filepath.Join(o.Spool, "*", "run.json")); err != nil || len(left) != 1 {
		t.Errorf("the spool holds %v (%v): the next run could not go on", left, err)
	}
}

func TestNoCredentials_TellsTheNetworkFromTheirLack(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for service, want := range map[string]string{"ec2imds": "no AWS credentials", "SSO": "cannot be reached", "STS": "cannot be reached"} {
		var r *Refusal
		if err := noCredentials("", &smithy.OperationError{ServiceID: service, OperationName: "Get", Err: refused}); !errors.As(err, &r) || !strings.Contains(r.Sentence, want) {
			t.Errorf("%s: %v, want %q", service, err, want)
		}
	}
}

func TestResume_AsksAgainForWhatWasLost(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 3, 3)
	var sick atomic.Bool
	sick.Store(true)
	three := make(chan struct{})
	p.misbehave = func(w http.ResponseWriter, operation, _ string, _ int64) bool {
		switch operation {
		case "GetResourcePolicy": // lost after all attempts
			return sick.Load() && refuse(w, 500, "InternalFailure", "oops")
		case "ListKeys":
			return refuse(w, 400, "AccessDeniedException", "no")
		case "ListQueues": // the first run ends after the three others
			if sick.Load() {
				<-three
				return refuse(w, 400, "ExpiredTokenException", "expired")
			}
		}
		return false
	}
	o := p.options(t, "secretsmanager", "logs", "kms", "sqs")
	o.timeout = time.Minute
	var last Progress
	o.Progress = func(p Progress) {
		if last = p; p.Done == 3 {
			close(three)
		}
	}
	refusal(t, o)
	if last.Done != 3 || last.Lost != 3 {
		t.Fatalf("the first run ended with %+v", last)
	}
	sick.Store(false)
	o.Progress = func(p Progress) { last = p }
	s := collect(t, o)
	if s.Header.Lost != 0 || last.Resumed != 2 {
		t.Errorf("%d lost answers and %d units were taken over; want none, and the two that lost nothing", s.Header.Lost, last.Resumed)
	}
	expect(t, find(t, s, cloud.Secret, "s000001"), map[string]any{"public": false})
	if g := gapsOf(s); len(g) != 1 || g[0].Reason != cloud.Denied {
		t.Errorf("gaps %+v", g)
	}
}

func TestSpool_HasOneHolder(t *testing.T) {
	t.Parallel()
	p := newProvider(t, 3, 1)
	asked, goOn := make(chan struct{}), make(chan struct{})
	var once atomic.Bool
	p.misbehave = func(_ http.ResponseWriter, operation, _ string, _ int64) bool {
		if operation == "ListSecrets" && once.CompareAndSwap(false, true) {
			close(asked)
			<-goOn
		}
		return false
	}
	o := p.options(t, "secretsmanager")
	o.timeout = time.Minute
	first := make(chan *cloud.Snapshot)
	go func() { defer close(first); first <- collect(t, o) }()
	<-asked
	if r := refusal(t, o); !strings.Contains(r.Sentence, fmt.Sprint("process ", os.Getpid())) || !strings.Contains(r.Hint, "wait") || r.Usage {
		t.Error(r.Sentence, r.Hint)
	}
	close(goOn)
	if s := <-first; len(s.Resources) != 3 {
		t.Errorf("%d resources: the second run disturbed the first", len(s.Resources))
	}
	if left, err := os.ReadDir(o.Spool); err != nil || len(left) > 0 {
		t.Errorf("the spool still holds %v (%v)", left, err)
	}
	if s := collect(t, o); len(s.Resources) != 3 {
		t.Errorf("%d resources after the lock was let go", len(s.Resources))
	}
}

func TestRefusal_Concurrency(t *testing.T) {
	t.Parallel()
	for _, n := range []int{-1, mostAtOnce + 1} {
		o := newProvider(t, 1, 1).options(t, "logs")
		o.Concurrency = n
		if r := refusal(t, o); !r.Usage || !strings.Contains(r.Sentence, fmt.Sprint(n)) {
			t.Errorf("%d: %q (usage %v)", n, r.Sentence, r.Usage)
		}
	}
}

func TestIAM_NamesAPolicyThatIsToldByItsARN(t *testing.T) {
	t.Parallel()
	u := &unit{s: &session{o: &Options{part: 10}, partition: "aws"}, account: motoAccount, region: everywhere, told: map[string]bool{}}
	r := &iamReader{unit: u}
	r.policy("arn:aws:iam::123456789012:policy/team/deploy-everything", "", `{"Statement":[]}`, nil, 1, "", nil, cloud.Seen{})
	if len(u.pending) != 1 || u.pending[0].Name != "deploy-everything" {
		t.Errorf("named %q", u.pending[0].Name)
	}
}
