// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"log/slog"
	"strings"

	"demarc.dev/demarc/app"
	"demarc.dev/demarc/notify"
	"demarc.dev/demarc/operate"
	"demarc.dev/demarc/problem"
)

// tell gives what delivers notices. The password of the mail server is no flag:
// a flag can be read by every user of the machine.
func (e *env) tell(config *operate.Config, log *slog.Logger) app.Tell {
	allow := notify.Allow{Networks: config.AllowedNetworks(), Plain: config.Hook.AllowHTTP}
	mail := notify.MailConfig{Server: config.SMTP.Server, TLS: config.SMTP.TLS, User: config.SMTP.User, Password: string(config.SMTP.Password), From: config.SMTP.From}
	return func(ctx context.Context, n app.Notice) error {
		m := notify.Message{ID: n.Key, Org: n.Org, Kind: string(n.Kind), Subject: n.Subject, Text: n.Text, Link: strings.TrimSuffix(config.URL, "/") + n.Link, At: e.now().UTC(), Data: n.Data}
		var err error
		switch {
		case n.Hook != "":
			err = notify.Hook(ctx, notify.HookConfig{URL: n.Hook, Secret: n.Secret, Allow: allow, Agent: "Demarc/" + version}, m)
		case mail.Server == "":
			return problem.New(problem.Invalid, "this server sends no mail", "start it with --smtp and --mail-from")
		default:
			err = notify.Mail(ctx, mail, []string{n.Mail}, m)
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
