// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"strings"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/notify"
	"demarc.dev/demarc/problem"
)

// telling says how notices leave the server.
type telling struct {
	smtp, user, from, tls string
	base                  string // what stands before a page's path in a message
}

// tell gives what delivers notices. The password of the mail server comes from
// the environment only: a flag can be read by every user of the machine.
func (e *env) tell(t telling, log *slog.Logger) app.Tell {
	return func(ctx context.Context, n app.Notice) error {
		m := notify.Message{ID: n.Key, Org: n.Org, Kind: string(n.Kind), Subject: n.Subject, Text: n.Text, Link: strings.TrimSuffix(t.base, "/") + n.Link, At: e.now().UTC(), Data: n.Data}
		var err error
		switch {
		case n.Hook != "":
			err = notify.Hook(ctx, notify.HookConfig{URL: n.Hook, Secret: n.Secret, Agent: "Demarc/" + version}, m)
		case t.smtp == "":
			return problem.New(problem.Invalid, "this server sends no mail", "start it with --smtp and --mail-from")
		default:
			err = notify.Mail(ctx, notify.MailConfig{Server: t.smtp, TLS: t.tls, User: t.user, Password: e.get("DEMARC_SMTP_PASSWORD"), From: t.from}, []string{n.Mail}, m)
		}
		if err == nil {
			return nil
		}
		log.Warn("telling", "organisation", n.Org, "subscription", n.ID, "error", err)
		if again, _ := notify.Retry(err); !again {
			return problem.New(problem.Invalid, "the notice for "+n.ID+" was refused: "+err.Error(), "look at its address, and set it up again")
		}
		return err
	}
}
