// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/app/report"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/policy"
)

// InPolicy names a policy.
type InPolicy struct {
	Place
	Policy string `path:"policy" maxLength:"60" doc:"id of a policy" example:"access"`
}

type (
	policyIn    struct{ InPolicy }
	setPolicyIn struct {
		InPolicy
		Body struct {
			Version  int      `json:"version" minimum:"0" doc:"that was seen; 0 for a new policy"`
			Title    string   `json:"title" minLength:"1" maxLength:"200"`
			Owner    string   `json:"owner,omitempty" maxLength:"64" doc:"id of a person of the scope"`
			Audience []string `json:"audience,omitempty" maxItems:"20" nullable:"false" doc:"roles of the members concerned; absent: everybody"`
			Every    int      `json:"every" minimum:"1" maximum:"36" doc:"months between reviews"`
			Quorum   int      `json:"quorum" minimum:"1" maximum:"9" doc:"how many people approve it"`
			Note     string   `json:"note,omitempty" maxLength:"2000" doc:"what changed, and why"`
			Text     string   `json:"text" minLength:"1" maxLength:"204800" doc:"Markdown; a block may end with a line Satisfies: and ids of duties"`
		}
	}
	seenPolicyIn struct {
		InPolicy
		Body struct {
			Version int `json:"version" minimum:"1" doc:"that was looked at"`
		}
	}
	digestPolicyIn struct {
		InPolicy
		Body struct {
			Digest string `json:"digest" minLength:"8" maxLength:"80" doc:"of what was looked at"`
		}
	}
	retirePolicyIn struct {
		InPolicy
		Body struct {
			Version int    `json:"version" minimum:"1" doc:"that was looked at"`
			Why     string `json:"why" minLength:"1" maxLength:"2000" doc:"why it holds no more"`
		}
	}
	importPolicyIn struct {
		InPolicy
		Version int `query:"version" minimum:"1" required:"true" doc:"that was looked at"`
		Upload
	}
	comparePolicyIn struct {
		InPolicy
		From int `query:"from" minimum:"0" doc:"number of a published version; 0: the text that is being worked on"`
		To   int `query:"to" minimum:"0" doc:"number of a published version; 0: the text that is being worked on"`
	}
	policyPaperIn struct {
		InPolicy
		Body struct {
			Version int    `json:"version,omitempty" minimum:"0" doc:"number of a published version; 0: the text that is being worked on"`
			Format  string `json:"format" enum:"docx,pdf,html,md,json"`
		}
	}
	draftPolicyIn struct {
		Place
		Body struct {
			Templates []string `json:"templates,omitempty" maxItems:"100" nullable:"false" doc:"ids of templates; absent: all of which there is no policy yet"`
			Owner     string   `json:"owner,omitempty" maxLength:"64" doc:"id of a person of the scope that owns them"`
		}
	}
	setPolicyFactIn struct {
		Place
		Body struct {
			Facts map[string]string `json:"facts" doc:"what is said, by the ids of getPolicyFacts; an empty word takes back what was said"`
		}
	}
	policyCoverageIn struct {
		Place
		Edition string `query:"edition" enum:"2015,2026" doc:"of ISO/IEC 27017; that of the newest assessment when it is not given"`
	}
)

func policyRef(ctx huma.Context) app.Ref { return app.PolicyRef(ctx.Param("policy")) }
func policyFactRef(huma.Context) app.Ref { return app.PolicyFactRef() }

// exampleDigest stands for a digest in the examples of the document.
const exampleDigest = "sha256:0000000000000000000000000000000000000000000000000000000000000000"

func (s *server) policyCalls() []call {
	a := s.o.App
	const tag = "policy"
	return append([]call{
		{id: "listPolicies", method: get, path: "/policy", tag: tag, need: account.ReadPolicy, says: "The policies, by id",
			more: "Each with its state, what its text leaves open, why it is to be looked at again, and how many of those concerned have acknowledged it.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.PolicyLine], error) {
				all, err := a.Policies(ctx, c)
				if err != nil {
					return Page[app.PolicyLine]{}, err
				}
				return paged(all.Rows, in.InPage, func(l app.PolicyLine) string { return l.ID })
			})},
		{id: "listPolicyTemplates", method: get, path: "/policy/template", tag: tag, need: account.ReadPolicy, says: "The templates of which there is no policy yet", more: "What each is for, the clauses and the lines of Annex A that it speaks to.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[policy.Template], error) {
				all, err := a.Policies(ctx, c)
				if err != nil {
					return Page[policy.Template]{}, err
				}
				return paged(all.Templates, in.InPage, func(t policy.Template) string { return t.ID })
			})},
		{id: "draftPolicies", method: post, path: "/policy/draft", tag: tag, need: account.EditPolicy, says: "Draft policies from templates", example: map[string]any{"templates": []string{"backup"}},
			more: "Filled with what the scope and the facts say; what is not known stands as an open question. What exists stays as it is.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *draftPolicyIn) (imported, error) {
				n, err := a.DraftPolicies(ctx, c, in.Body.Templates, in.Body.Owner)
				return imported{Added: n}, err
			})},
		{id: "fillPolicies", method: post, path: "/policy/fill", tag: tag, need: account.EditPolicy, says: "Take the facts of today into every text that is being written", more: "What was submitted, or is in force as it stands, waits for its own turn.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) (imported, error) {
				n, err := a.FillPolicies(ctx, c)
				return imported{Changed: n}, err
			})},
		{id: "getPolicyFacts", method: get, path: "/policy/fact", tag: tag, need: account.ReadPolicy, says: "The facts that policies are filled with", more: "What is known of each, and a usual value where there is one: it is offered, and never taken for the firm's own.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[app.PolicyFact], error) {
				all, err := a.PolicyFacts(ctx, c)
				if err != nil {
					return Page[app.PolicyFact]{}, err
				}
				return paged(all, in.InPage, func(f app.PolicyFact) string { return f.ID })
			})},
		{id: "setPolicyFacts", method: put, path: "/policy/fact", tag: tag, need: account.EditPolicy, ref: policyFactRef, says: "Say facts", example: map[string]any{"facts": map[string]string{"key.rotation": "6 months"}},
			more: "Those that are named; others stay. A policy in force that was filled with another word is to be looked at again.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *setPolicyFactIn) (policy.Known, error) {
				return a.SetPolicyFacts(ctx, c, in.Body.Facts)
			})},
		{id: "getPolicyCoverage", method: get, path: "/policy/coverage", tag: tag, need: account.ReadPolicy, says: "What speaks of each duty", more: "A policy, a check or somebody's answer. A duty that nothing speaks of, and one that only a policy speaks of, are counted.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *policyCoverageIn) (*app.PolicyCoverage, error) {
				return a.PolicyCoverage(ctx, c, catalogue.Edition(in.Edition))
			})},
	}, s.onePolicyCalls()...)
}

func (s *server) onePolicyCalls() []call {
	a := s.o.App
	const tag = "policy"
	signed := func(id, verb, says, more string, need account.Permission, do func(context.Context, app.Caller, string, string) (policy.Policy, error)) call {
		return call{id: id, method: post, path: "/policy/{policy}/" + verb, tag: tag, need: need, ref: policyRef, says: says, more: more, example: map[string]any{"digest": exampleDigest},
			register: handle(s, func(ctx context.Context, c app.Caller, in *digestPolicyIn) (policy.Policy, error) {
				return do(ctx, c, in.Policy, in.Body.Digest)
			})}
	}
	seen := func(id, verb, says, more string, do func(context.Context, app.Caller, string, int) (policy.Policy, error)) call {
		return call{id: id, method: post, path: "/policy/{policy}/" + verb, tag: tag, need: account.EditPolicy, ref: policyRef, says: says, more: more, example: map[string]any{"version": 1},
			register: handle(s, func(ctx context.Context, c app.Caller, in *seenPolicyIn) (policy.Policy, error) {
				return do(ctx, c, in.Policy, in.Body.Version)
			})}
	}
	return []call{
		{id: "getPolicy", method: get, path: "/policy/{policy}", tag: tag, need: account.ReadPolicy, says: "One policy", more: "With the text that is being worked on and the one that is in force, its versions, its approvals, and who acknowledged it.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *policyIn) (*app.PolicyView, error) {
				return a.Policy(ctx, c, in.Policy)
			})},
		{id: "setPolicy", method: put, path: "/policy/{policy}", tag: tag, need: account.EditPolicy, ref: policyRef, says: "Write a policy, or change it",
			more:    "Version is the one that was seen; when it is another meanwhile, nothing is changed. A changed text is a draft again; what is in force stays in force.",
			example: map[string]any{"version": 0, "title": "Remote work", "every": 12, "quorum": 1, "text": "## Purpose\n\nWe work from anywhere, and safely."},
			register: handle(s, func(ctx context.Context, c app.Caller, in *setPolicyIn) (policy.Policy, error) {
				b := in.Body
				return a.SetPolicy(ctx, c, policy.Policy{ID: in.Policy, Title: b.Title, Owner: b.Owner, Audience: b.Audience, Every: b.Every, Quorum: b.Quorum, Note: b.Note, Text: b.Text}, b.Version)
			})},
		{id: "importPolicy", method: post, path: "/policy/{policy}/import", tag: tag, need: account.EditPolicy, ref: policyRef, takes: []string{octets}, most: app.PolicyFile, says: "Take the text from an edited file",
			more: "Markdown, or the paper in DOCX as it was written here; what was added to the paper is left out.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *importPolicyIn, data []byte) (policy.Policy, error) {
				return a.ImportPolicy(ctx, c, in.Policy, in.Version, "policy", data)
			})},
		{id: "comparePolicy", method: get, path: "/policy/{policy}/compare", tag: tag, need: account.ReadPolicy, says: "Compare two versions", more: "Block by block, in reading order.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *comparePolicyIn) ([]policy.Piece, error) {
				return a.PolicyDiff(ctx, c, in.Policy, in.From, in.To)
			})},
		seen("fillPolicy", "fill", "Take the facts of today into the text", "Questions are answered, and what changed is followed where the text stands as the template made it.", a.FillPolicy),
		seen("submitPolicy", "submit", "Hand a text in for approval", "It must leave nothing open and have an owner.", a.SubmitPolicy),
		signed("approvePolicy", "approve", "Approve a policy as it was looked at", "When as many have as must, it can be published.", account.ApprovePolicy, a.ApprovePolicy),
		signed("publishPolicy", "publish", "Put an approved policy in force", "Its text is kept as a version, and everybody concerned is to acknowledge it.", account.ApprovePolicy, a.PublishPolicy),
		{id: "acknowledgePolicy", method: post, path: "/policy/{policy}/acknowledge", tag: tag, need: account.AcknowledgePolicy, says: "Acknowledge what is in force", more: "By the account of the token, once a version: digest is that of what was read.", example: map[string]any{"digest": exampleDigest},
			register: handle(s, func(ctx context.Context, c app.Caller, in *digestPolicyIn) (app.Acknowledgement, error) {
				return a.AcknowledgePolicy(ctx, c, in.Policy, in.Body.Digest)
			})},
		{id: "retirePolicy", method: post, path: "/policy/{policy}/retire", tag: tag, need: account.ApprovePolicy, ref: policyRef, says: "End a policy", more: "It holds no more, and stays to be read.", example: map[string]any{"version": 1, "why": "Its rules moved to another policy."},
			register: handle(s, func(ctx context.Context, c app.Caller, in *retirePolicyIn) (policy.Policy, error) {
				return a.RetirePolicy(ctx, c, in.Policy, in.Body.Version, in.Body.Why)
			})},
		{id: "writePolicyPaper", method: post, path: "/policy/{policy}/paper", tag: tag, need: account.IssueReport, says: "A policy as a paper", gives: []string{octets}, example: map[string]any{"format": "docx"},
			more: "What is issued leaves an entry with its SHA-256 in the log; md and json are the policy itself and leave none.",
			register: handleFile(s, func(ctx context.Context, c app.Caller, in *policyPaperIn) (file, error) {
				if _, err := a.Policy(ctx, c, in.Policy); err != nil {
					return file{}, err // the name of the file holds it
				}
				return s.spool(c.Org+"-policy-"+in.Policy+"."+in.Body.Format, octets, func(w io.Writer) error {
					return a.PolicyPaper(ctx, c, in.Policy, in.Body.Version, in.Body.Format, report.Paper{}, w)
				})
			})},
	}
}
