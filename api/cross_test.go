// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/cloud"
	"demarc.dev/demarc/internal/postgres"
)

// crossRequests is how many requests are made on each engine. Most of them go to
// another organisation by its name, some to the asker's own with ids that only
// another has.
const crossRequests = 100_000

// crossAt is when the snapshots of this test were taken.
var crossAt = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

// TestCross makes requests of the document in the name of one organisation for
// what is another's, on both engines. None finds anything, none tells a word
// of another, and afterwards every organisation is what it was.
func TestCross(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		cross(t, openAs(t, app.Options{Dir: t.TempDir()}))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		server, err := postgres.Start()
		ok(t, err)
		t.Cleanup(server.Stop)
		cross(t, openAs(t, app.Options{Dir: t.TempDir(), Database: server.Address("postgres", "", "")}))
	})
}

// stranger is an organisation of this test. All that it holds bears its word.
type stranger struct {
	org, word, token string
	ids              map[string]string // by parameter of a path
	log              int64             // entries before anything was asked
}

// move moves into a house an organisation with a thing of each kind, all of
// whose ids are its own. Its log is longer than those before it.
func (h *house) move(t *testing.T, n int) *stranger {
	t.Helper()
	ctx := t.Context()
	s := &stranger{org: fmt.Sprint("stranger-", n), word: fmt.Sprintf("Quillwort-%d-7Q", n), ids: map[string]string{}}
	c := owner.In(s.org)
	own := fmt.Sprintf("own-%d", n)
	_, err := h.app.SetScope(ctx, c, "scope.yaml", fmt.Appendf(nil, "organisation: {id: %s, name: %s, role: customer}\nservices:\n  - {id: %s, name: %s, role: consumes, model: saas, provider: %s}\n", s.org, s.word, own, s.word, s.word))
	ok(t, err)
	snapshot := &cloud.Snapshot{Header: cloud.Header{Tool: "demarc test", Provider: "aws", Source: "live", Accounts: []cloud.Account{{ID: fmt.Sprintf("%012d", n), Name: s.word}}, Regions: []string{"eu-central-1"}, Started: crossAt, Ended: crossAt}}
	var file bytes.Buffer
	ok(t, snapshot.Encode(&file))
	for range n + 1 { // the n-th has n things of what is counted
		_, err = h.app.Ask(ctx, c, app.Request{Text: s.word})
		ok(t, err)
	}
	_, _, err = h.app.TakeSnapshot(ctx, c, s.word, &file)
	ok(t, err)
	ok(t, h.app.SetCollector(ctx, c, app.Collector{ID: own, Provider: "aws"}))
	_, err = h.app.Subscribe(ctx, c, app.Subscription{ID: own, Mail: s.word + "@stranger.example", Kinds: []app.NoticeKind{app.GapNew}})
	ok(t, err)
	_, err = h.app.SeedRisks(ctx, c, own)
	ok(t, err)
	a, err := h.app.PutAgreement(ctx, c, app.AgreementAsk{Name: s.word, Packs: []string{"gdpr28"}, Files: []app.Upload{{Name: s.word + ".md", Data: []byte("# Terms\n\nProvider shall notify Customer of any breach within 48 hours.\n")}}})
	ok(t, err)
	s.token = h.token(s.org, "olga@"+s.org+".example", account.Owner, account.Permissions()...)
	members, err := h.app.Members(ctx, c)
	ok(t, err)
	s.ids = map[string]string{"service": own, "collector": own, "subscription": own, "schedule": own, "agreement": a.ID, "account": members[0].Account, "request": fmt.Sprint("q", n+1), "snapshot": "s1", "index": fmt.Sprint(30 + n)}
	s.log, err = h.app.LogSize(ctx, c)
	ok(t, err)
	return s
}

func cross(t *testing.T, h *house) {
	const orgs, hands = 6, 4
	all := make([]*stranger, orgs)
	for n := range all {
		all[n] = h.move(t, n)
	}
	_, ops := h.every()
	var below []*operation
	for _, op := range ops {
		if strings.Contains(op.path, "{org}") {
			below = append(below, op)
		}
	}
	var group sync.WaitGroup
	for hand := range hands {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(hand), 27017))
			for range crossRequests / hands {
				me, op := r.IntN(orgs), below[r.IntN(len(below))]
				h.reach(t, r, all[me], all[(me+1+r.IntN(orgs-1))%orgs], op)
			}
		})
	}
	group.Wait()
	for _, s := range all {
		size, err := h.app.LogSize(t.Context(), owner.In(s.org))
		if err != nil || size != s.log {
			t.Errorf("the log of %s has %d entries, want %d: %v", s.org, size, s.log, err)
		}
		r := h.do(http.MethodGet, "/api/v1/organisations/"+s.org+"/agreement/"+s.ids["agreement"], s.token, "")
		if r.Code != http.StatusOK || !strings.Contains(r.Body.String(), s.word) {
			t.Errorf("%s does not find its own any more, so this test proves nothing: %d %.300s", s.org, r.Code, r.Body)
		}
	}
}

// reach makes one request of me for what is another's.
func (h *house) reach(t *testing.T, r *rand.Rand, me, other *stranger, op *operation) {
	words := map[string]string{}
	for k, v := range sample {
		words[k] = v
	}
	for k, v := range other.ids {
		words[k] = v
	}
	words["org"] = other.org
	named := r.IntN(8) > 0 || op.method != http.MethodGet || slow[op.ID] || strings.Count(op.path, "{") < 2
	if !named {
		words["org"] = me.org
	}
	q := httptest.NewRequest(op.method, op.address(words)+op.query(), strings.NewReader("{}"))
	q.Header.Set("Authorization", "Bearer "+me.token)
	w := httptest.NewRecorder()
	h.h.ServeHTTP(w, q)
	if named && w.Code != http.StatusNotFound {
		t.Errorf("%s of %s, asked by %s: %d %.300s", op.ID, other.org, me.org, w.Code, w.Body)
	}
	if strings.Contains(w.Body.String(), other.word) {
		t.Errorf("%s, asked by %s, tells of %s: %.300s", q.URL, me.org, other.org, w.Body)
	}
}
