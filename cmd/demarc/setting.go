// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/spf13/pflag"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/operate"
)

// settings gives the server a flag for each field of its configuration that has
// one. What they are set to is read by configuration, so that file, environment
// and flags go through one check.
func settings(f *pflag.FlagSet) {
	for _, s := range operate.Fields() {
		words := lowerFirst(strings.TrimSuffix(s.Doc, "."))
		if s.OneOf != nil {
			words += "; one of " + strings.Join(s.OneOf, ", ")
		}
		switch {
		case s.Flag == "":
		case s.Kind == "yes or no":
			f.Bool(s.Flag, s.Default == "true", words)
		case s.Kind == "list":
			f.StringSlice(s.Flag, nil, words)
		default:
			f.String(s.Flag, s.Default, words)
		}
	}
}

// lowerFirst writes a sentence as help does, unless it begins with a name.
func lowerFirst(words string) string {
	if len(words) > 1 && words[1] >= 'a' && words[1] <= 'z' && !strings.HasPrefix(words, "OpenID") {
		return strings.ToLower(words[:1]) + words[1:]
	}
	return words
}

// configuration reads the settings of the server: the file, over it the
// environment, over it the flags. It tells the store too where it lies.
func (e *env) configuration(f *pflag.FlagSet, file string) (*operate.Config, error) {
	given := map[string]string{}
	for _, s := range operate.Fields() {
		if s.Flag == "" || !f.Changed(s.Flag) {
			continue
		}
		given[s.Path] = f.Lookup(s.Flag).Value.String()
		if s.Kind == "list" {
			words, err := f.GetStringSlice(s.Flag)
			if err != nil {
				return nil, err
			}
			given[s.Path] = strings.Join(words, ",")
		}
	}
	for path, set := range map[string]string{"data": e.data, "database": e.database} {
		if f.Changed(path) {
			given[path] = set
		}
	}
	config, err := operate.Load(operate.Source{File: file, Env: e.vars, Flags: given, Other: others()})
	if err != nil {
		return nil, err
	}
	if config.Data != "" {
		e.data = config.Data
	}
	e.database, e.bucket = string(config.DSN), config.Blobs
	e.sessions = account.Limits{Whole: config.Session.Absolute.Value(), Idle: config.Session.Idle.Value()}
	return config, nil
}

// others are the variables of the environment that are no settings of the server.
func others() []string {
	return []string{"DEMARC_ORG", "DEMARC_ACTOR", "DEMARC_KEY", "DEMARC_AWS_ENDPOINT"}
}
