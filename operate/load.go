// SPDX-License-Identifier: Apache-2.0

package operate

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"demarc.dev/demarc/internal/strict"
	"demarc.dev/demarc/problem"
)

// Source is what a configuration is read from.
type Source struct {
	File  string            // path of the YAML file; empty: none
	Env   []string          // as os.Environ gives it
	Flags map[string]string // by path, such as smtp.server: the flags that were given
	// Other are variables that begin with DEMARC_ and belong to somebody else.
	Other []string
}

// origin is where a field's value was found.
type origin struct {
	file string
	line int
	name string // what to mend: the path, the variable or the flag
}

// loading is one Load.
type loading struct {
	config Config
	faults strict.Faults
	fields map[string]Field // by path, with values of config
	doc    *strict.Doc
	env    map[string]string
}

// Load reads the configuration: defaults, then the file, then the environment,
// then the flags. The error is a problem of kind Invalid that tells every
// fault with file, line and field, or names the variable or the flag.
func Load(s Source) (*Config, error) {
	l := &loading{fields: map[string]Field{}, env: map[string]string{}}
	l.config.origins = map[string]origin{}
	walk("", 0, reflect.ValueOf(&l.config).Elem(), func(f Field) { l.fields[f.Path] = f })
	for _, f := range l.fields {
		if f.Default != "" {
			if err := f.set(f.Default); err != nil {
				return nil, fmt.Errorf("setting the default of %s: %w", f.Path, err)
			}
		}
	}
	l.file(s.File)
	l.environment(s.Env, s.Other)
	l.flags(s.Flags)
	l.check()
	if len(l.faults) == 0 {
		return &l.config, nil
	}
	slices.SortStableFunc(l.faults, func(a, b strict.Fault) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	return nil, problem.New(problem.Invalid, l.faults.Error(), "mend what is told, then start again; demarc serve --sample prints every field with its words").Wrap(l.faults)
}

// file reads the YAML file over the defaults. A field that is written with no
// value keeps its default.
func (l *loading) file(path string) {
	if path == "" {
		return
	}
	data, err := os.ReadFile(path)
	if err != nil {
		l.faults = append(l.faults, strict.Fault{File: path, Says: cannotRead(err)})
		return
	}
	l.doc = strict.Read(path, data, &l.config)
	l.faults = append(l.faults, l.doc.Faults()...)
	for p := range l.fields {
		if l.doc.Has(p) {
			l.config.origins[p] = origin{path, l.doc.Line(p), p}
		}
	}
	if l.config.origins["database"].file == path && hasPassword(string(l.config.Database)) {
		l.fault("database", "a password stands in the file; put it into a file of its own and name that in database_password_file")
	}
}

func (l *loading) environment(environ, other []string) {
	byName := map[string]Field{}
	for _, f := range l.fields {
		if f.Env != "" {
			byName[f.Env] = f
		}
	}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if value == "" || !strings.HasPrefix(name, "DEMARC_") || slices.Contains(other, name) { // an empty variable is one that is not set
			continue
		}
		f, ok := byName[name]
		switch {
		case ok:
			l.override(f, "the environment", name, value)
		case slices.Contains(secretNames(), name):
			l.env[name] = value
		default:
			known := append(slices.Sorted(maps.Keys(byName)), secretNames()...)
			l.faults = append(l.faults, strict.Fault{File: "the environment", Field: name, Says: "no such setting" + strict.DidYouMean(name, known)})
		}
	}
}

// secretNames are the variables with a secret that no field has.
func secretNames() []string {
	return []string{databasePassword, smtpPassword, oidcSecret}
}

const (
	databasePassword = "DEMARC_DATABASE_PASSWORD"
	smtpPassword     = "DEMARC_SMTP_PASSWORD"
	oidcSecret       = "DEMARC_OIDC_SECRET"
)

func (l *loading) flags(flags map[string]string) {
	for _, path := range slices.Sorted(maps.Keys(flags)) {
		f, ok := l.fields[path]
		if !ok || f.Kind == "table" {
			l.faults = append(l.faults, strict.Fault{File: "the flags", Field: path, Says: "no such setting" + strict.DidYouMean(path, slices.Sorted(maps.Keys(l.fields)))})
			continue
		}
		l.override(f, "the flags", path, flags[path])
	}
}

// override sets the field, and forgets what was wrong with the value before.
func (l *loading) override(f Field, from, name, value string) {
	if err := f.set(value); err != nil {
		l.faults = append(l.faults, strict.Fault{File: from, Field: name, Says: err.Error()})
		return
	}
	l.config.origins[f.Path] = origin{file: from, name: name}
}

// fault notes that a field's value is wrong, at the place where it was set.
func (l *loading) fault(path, format string, args ...any) {
	o, ok := l.config.origins[path]
	switch {
	case ok:
	case l.doc != nil && l.doc.Line(path) > 0:
		o = origin{l.faultFile(), l.doc.Line(path), path}
	default:
		o = origin{file: "the configuration", name: path}
		if f, ok := l.fields[path]; ok && f.Env != "" {
			o.name += " (" + f.Env + ")"
		}
	}
	// What strict could not read is told already.
	if !slices.ContainsFunc(l.faults, func(f strict.Fault) bool { return f.File == o.file && f.Field == o.name }) {
		l.faults = append(l.faults, strict.Fault{File: o.file, Line: o.line, Field: o.name, Says: fmt.Sprintf(format, args...)})
	}
}

func (l *loading) faultFile() string {
	for _, o := range l.config.origins {
		if o.line > 0 {
			return o.file
		}
	}
	return "the configuration"
}

func cannotRead(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file; name one that exists, or leave the setting out"
	case errors.Is(err, fs.ErrPermission):
		return "this account may not read the file; let it, and nobody else"
	}
	return "the file cannot be read: " + err.Error()
}

// ranges checks what the tags say: numbers, words, durations.
func (l *loading) ranges() {
	for _, path := range slices.Sorted(maps.Keys(l.fields)) {
		f := l.fields[path]
		switch f.Kind {
		case "number":
			least, _ := strconv.Atoi(f.tag.Get("min"))
			most, _ := strconv.Atoi(f.tag.Get("max"))
			if n := int(f.value.Int()); n < least || n > most {
				l.fault(path, "%d is out of range; from %d to %d", n, least, most)
			}
		case "duration":
			if d := Duration(f.value.String()).Value(); d <= 0 {
				l.fault(path, "%q is no length of time above zero; write 90s, 15m or 8h", f.value.String())
			}
		}
		if words := f.value.String(); f.OneOf != nil && !slices.Contains(f.OneOf, words) {
			l.fault(path, "%q is none of %s%s", words, strings.Join(f.OneOf, ", "), strict.DidYouMean(words, f.OneOf))
		}
	}
}
