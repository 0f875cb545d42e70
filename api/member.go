// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/assess"
	"demarc.dev/demarc/check"
	"demarc.dev/demarc/problem"
)

type (
	memberIn struct {
		Place
		Account string `path:"account" maxLength:"40" doc:"id of an account" example:"a-5m2k9x7q4w8r1t6z"`
	}
	// Let is what somebody is let in for.
	Let struct {
		Role     string     `json:"role" enum:"owner,admin,manager,contributor,controlowner,internalauditor,externalauditor,viewer"`
		Services []string   `json:"services,omitempty" maxItems:"1000" nullable:"false" doc:"ids of services; empty: all of the scope. Only a viewer or an external auditor can be bound to some."`
		Until    *time.Time `json:"until,omitempty" doc:"the access ends then; an external auditor's must, within a year"`
	}
	letInIn struct {
		Place
		Body struct {
			Login string `json:"login" minLength:"3" maxLength:"254" doc:"e-mail address" example:"ada@larkspur.example"`
			Name  string `json:"name,omitempty" maxLength:"200"`
			Let
		}
	}
	exceptionIn struct {
		Place
		Exception string `path:"exception" maxLength:"120" doc:"id of an exception" example:"office-jump"`
	}
	putExceptionIn struct {
		Place
		Exception string `path:"exception" maxLength:"120" doc:"id of the exception; small letters, digits, -" example:"office-jump"`
		Body      struct {
			Checks   []string `json:"checks" minItems:"1" maxItems:"200" nullable:"false" doc:"ids of checks"`
			Where    string   `json:"where,omitempty" maxLength:"4000" doc:"a condition over the resource r; empty: every resource of the checks"`
			Reason   string   `json:"reason" minLength:"1" maxLength:"4000" doc:"why it is accepted"`
			Owner    string   `json:"owner" minLength:"1" maxLength:"200" doc:"who answers for it"`
			Until    string   `json:"until" format:"date" doc:"last day on which it holds"`
			Evidence string   `json:"evidence,omitempty" maxLength:"2000" doc:"where it is recorded, such as a ticket"`
		}
	}
	setMemberIn struct {
		Place
		Account string `path:"account" maxLength:"40" doc:"id of an account" example:"a-5m2k9x7q4w8r1t6z"`
		Body    Let
	}
)

// exampleAttestation and exampleException are files that can be sent as they are.
const (
	exampleAttestation = `attestations:
  - duty: 5.1.1-C1
    service: "*"
    answer: yes
    statement: The cloud security policy, version 3, was approved on 2 March 2026 and is reviewed every year.
    by: Ruth Calder
    on: 2026-03-02
    expires: 2027-03-01
`
	exampleException = `exceptions:
  - id: office-jump
    checks: [firewall-admin-port]
    where: r.name == "jump"
    reason: The jump host is replaced in the first quarter; until then its log is read every day.
    owner: Ines Adler
    approved_by: Ruth Calder
    until: 2027-03-31
`
)

func (x Let) member() account.Member {
	return account.Member{Role: account.Role(x.Role), Services: x.Services, Until: x.Until}
}

func memberRef(ctx huma.Context) app.Ref  { return app.MemberRef(ctx.Param("account")) }
func attestationRef(huma.Context) app.Ref { return app.AttestationRef() }
func exceptionRef(huma.Context) app.Ref   { return app.ExceptionRef() }

func (s *server) memberCalls() []call {
	a := s.o.App
	const tag = "member"
	return []call{
		{id: "listMembers", method: get, path: "/member", tag: tag, need: account.ReadMember, says: "Who may do what",
			more: "Everybody who is let in, by login, with role, bounds and end; also those whose time has ended.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *listIn) (Page[account.Member], error) {
				return listed(in, func(m account.Member) string { return m.Account })(a.Members(ctx, c))
			})},
		{id: "getMember", method: get, path: "/member/{account}", tag: tag, need: account.ReadMember, ref: memberRef, says: "One member", more: "What an account may do here.",
			register: handle(s, func(ctx context.Context, c app.Caller, in *memberIn) (account.Member, error) {
				return a.MemberOf(ctx, c, in.Account)
			})},
		{id: "letIn", method: post, path: "/member", tag: tag, need: account.ManageMember, status: 201, says: "Let a person in by the login",
			more:    "Makes an account when there is none; the answer is the same whether there was one. Who never signed in gets a link from the operator of the server, in the web application.",
			example: map[string]any{"login": "ada@larkspur.example", "name": "Ada Penrose", "role": "contributor"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *letInIn) (account.Member, error) {
				return a.LetIn(ctx, c, in.Body.Login, in.Body.Name, in.Body.member())
			})},
		{id: "setMember", method: put, path: "/member/{account}", tag: tag, need: account.ManageMember, ref: memberRef, says: "Change what a member may do",
			more:    "Only an owner makes an owner or takes that from one, and one owner always stays.",
			example: map[string]any{"role": "viewer"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *setMemberIn) (account.Member, error) {
				return a.ChangeMember(ctx, c, in.Account, in.Body.member())
			})},
		{id: "removeMember", method: del, path: "/member/{account}", tag: tag, need: account.ManageMember, ref: memberRef, says: "End somebody's access", more: "At once: sessions and tokens of the account open nothing here any more.",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *memberIn) error { return a.RemoveMember(ctx, c, in.Account) })},

		{id: "getAttestations", method: get, path: "/attestation", tag: "assess", need: account.ReadAttestation, ref: attestationRef, says: "What people answer that no check can",
			more: "Every answer with who gave it, until when it holds, and the digests of the files that support it.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) ([]assess.Attestation, error) {
				return whole(a.Attestations(ctx, c))
			})},
		{id: "setAttestations", method: put, path: "/attestation", tag: "assess", need: account.EditAttestation, ref: attestationRef, takes: []string{yaml}, example: exampleAttestation, says: "Take attestations in, in place of those before",
			more: "The file is that of docs/format.md. One that names files of evidence is taken in with them by demarc attest import. Every fault is told with its line and field.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *uploaded, data []byte) ([]assess.Attestation, error) {
				return a.SetAttestations(ctx, c, "attestations.yaml", data, nil)
			})},
		{id: "getExceptions", method: get, path: "/exception", tag: "assess", need: account.ReadFinding, ref: exceptionRef, says: "The failures that are accepted for a time",
			more: "Each with its reason, who owns and approved it, and until when it holds.",
			register: handle(s, func(ctx context.Context, c app.Caller, _ *placed) ([]check.Exception, error) {
				return whole(a.Exceptions(ctx, c))
			})},
		{id: "setExceptions", method: put, path: "/exception", tag: "assess", need: account.EditException, ref: exceptionRef, takes: []string{yaml}, example: exampleException, says: "Take exceptions in, in place of those before",
			more: "The file is that of docs/format.md. Every fault is told with its line and field.",
			register: handleText(s, func(ctx context.Context, c app.Caller, in *uploaded, data []byte) ([]check.Exception, error) {
				return a.SetExceptions(ctx, c, "exceptions.yaml", data)
			})},
		{id: "putException", method: put, path: "/exception/{exception}", tag: "assess", need: account.EditException, ref: exceptionRef, says: "Accept a failure for a time",
			more:    "In place of the exception with this id; the others stay. You are who approved it. It counts from the next assessment on.",
			example: map[string]any{"checks": []string{"firewall-admin-port"}, "where": `r.name == "jump"`, "reason": "The jump host is replaced in the first quarter.", "owner": "Ines Adler", "until": "2027-03-31"},
			register: handle(s, func(ctx context.Context, c app.Caller, in *putExceptionIn) (check.Exception, error) {
				until, err := time.Parse(time.DateOnly, in.Body.Until)
				if err != nil {
					return check.Exception{}, problem.New(problem.Invalid, "until is no day", "write it as 2027-03-31")
				}
				return a.PutException(ctx, c, check.Exception{ID: in.Exception, Checks: in.Body.Checks, Where: in.Body.Where, Reason: in.Body.Reason, Owner: in.Body.Owner, Until: until, Evidence: in.Body.Evidence})
			})},
		{id: "removeException", method: del, path: "/exception/{exception}", tag: "assess", need: account.EditException, ref: exceptionRef, says: "Accept a failure no longer", more: "What it covered fails again from the next assessment on.",
			register: handleNone(s, func(ctx context.Context, c app.Caller, in *exceptionIn) error {
				return a.RemoveException(ctx, c, in.Exception)
			})},
	}
}
