// SPDX-License-Identifier: Apache-2.0

package demarc_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "demarc.dev/demarc/"

// plan is the table of docs/house.md §3: which room may import which other
// rooms, and which outside libraries. A prefix that ends in "/" allows all
// below it. The imports are parsed here, in this process: a test that asked
// `go list` could pass from the test cache after a forbidden import was added.
var plan = map[string]struct{ rooms, libraries []string }{
	"problem":               {},
	"catalogue":             {nil, []string{"gopkg.in/yaml.v3"}},
	"cloud":                 {[]string{"internal/jsonscan"}, []string{"github.com/klauspost/compress/"}},
	"cloud/iampolicy":       {},
	"cloud/cloudtest":       {[]string{"cloud"}, []string{"github.com/klauspost/compress/"}},
	"cloud/aws":             {[]string{"cloud", "cloud/iampolicy"}, []string{"github.com/aws/", "golang.org/x/sync/", "golang.org/x/time/"}},
	"cloud/terraform":       {[]string{"cloud", "cloud/iampolicy", "internal/jsonscan"}, nil},
	"cloud/kube":            {[]string{"cloud"}, []string{"k8s.io/client-go/rest", "k8s.io/client-go/tools/clientcmd", "k8s.io/apimachinery/pkg/"}},
	"cloud/host":            {[]string{"cloud"}, []string{"golang.org/x/crypto/ssh", "golang.org/x/crypto/ssh/agent", "golang.org/x/crypto/ssh/knownhosts"}},
	"cloud/replay":          {[]string{"cloud"}, nil},
	"evidence":              {nil, []string{"golang.org/x/mod/sumdb/", "github.com/klauspost/compress/"}},
	"check":                 {[]string{"cloud", "catalogue", "problem"}, []string{"cel.dev/cel-go/", "gopkg.in/yaml.v3", "google.golang.org/protobuf/"}},
	"check/rule":            {[]string{"check", "problem"}, nil},
	"check/export":          {[]string{"check", "cloud"}, nil},
	"reach":                 {[]string{"cloud", "problem", "internal/strict"}, nil},
	"privilege":             {[]string{"cloud", "cloud/iampolicy"}, nil},
	"check/foreign":         {[]string{"check", "cloud", "problem", "internal/jsonscan", "internal/strict"}, nil},
	"scope":                 {[]string{"catalogue", "problem", "internal/strict"}, nil},
	"responsibility":        {[]string{"catalogue", "problem", "scope", "internal/strict"}, nil},
	"assess":                {[]string{"catalogue", "check", "responsibility", "scope", "problem", "cloud", "internal/strict"}, nil},
	"remediation":           {[]string{"catalogue", "assess", "check", "scope", "problem", "cloud"}, nil},
	"risk":                  {[]string{"catalogue", "assess", "check", "scope", "problem", "internal/day", "internal/strict"}, []string{"gopkg.in/yaml.v3"}},
	"audit":                 {[]string{"catalogue", "problem", "internal/day", "internal/strict"}, nil},
	"calendar":              {[]string{"catalogue", "problem", "internal/day", "internal/strict"}, nil},
	"applicability":         {[]string{"catalogue", "assess", "scope", "problem", "internal/strict"}, []string{"gopkg.in/yaml.v3"}},
	"policy":                {[]string{"catalogue", "scope", "problem", "internal/strict"}, nil},
	"document":              {[]string{"catalogue", "problem"}, []string{"codeberg.org/go-pdf/fpdf", "github.com/xuri/excelize/v2"}},
	"store":                 {[]string{"evidence", "problem"}, []string{"modernc.org/sqlite", "github.com/pressly/goose/v3", "github.com/jackc/pgx/v5/", "github.com/jackc/pgx/v5", "golang.org/x/mod/sumdb/", "modernc.org/sqlite/lib", "golang.org/x/crypto/argon2"}},
	"store/s3":              {[]string{"evidence", "problem"}, []string{"github.com/aws/"}},
	"account":               {[]string{"problem"}, []string{"golang.org/x/crypto/argon2", "golang.org/x/text/unicode/norm", "github.com/go-webauthn/webauthn/", "github.com/pquerna/otp/hotp", "rsc.io/qr"}},
	"account/oidc":          {[]string{"problem"}, []string{"github.com/coreos/go-oidc/v3/oidc", "golang.org/x/oauth2"}},
	"account/oidc/oidctest": {},
	"account/passkeytest":   {},
	"job":                   {[]string{"problem"}, []string{"github.com/riverqueue/river", "github.com/riverqueue/river/", "github.com/robfig/cron/v3", "github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/", "modernc.org/sqlite"}},
	"app": {[]string{"agreement", "agreement/text", "account", "job", "problem", "catalogue", "cloud", "cloud/replay", "check", "check/rule", "check/export", "check/foreign", "responsibility", "scope", "assess",
		"privilege", "reach", "remediation", "risk", "applicability", "audit", "calendar", "policy", "document", "evidence", "store", "app/report", "internal/day", "internal/jsonscan", "sla", "supplier"}, []string{"github.com/klauspost/compress/"}},
	"example":            {},
	"app/report":         {[]string{"agreement", "agreement/text", "applicability", "audit", "calendar", "policy", "risk", "problem", "catalogue", "cloud", "check", "responsibility", "scope", "assess", "remediation", "document"}, nil},
	"api":                {[]string{"agreement", "account", "app", "app/report", "job", "applicability", "audit", "calendar", "policy", "risk", "problem", "catalogue", "check", "cloud", "privilege", "reach", "responsibility", "scope", "assess", "remediation", "sla", "supplier"}, []string{"github.com/danielgtaylor/huma/v2", "github.com/danielgtaylor/huma/v2/"}},
	"web":                {[]string{"agreement", "agreement/text", "account", "account/oidc", "job", "app", "app/report", "applicability", "audit", "calendar", "policy", "risk", "problem", "catalogue", "cloud", "check", "check/foreign", "privilege", "reach", "responsibility", "scope", "assess", "remediation", "sla", "supplier"}, []string{"github.com/a-h/templ", "github.com/a-h/templ/runtime"}},
	"supplier":           {[]string{"problem", "scope", "internal/strict"}, []string{"gopkg.in/yaml.v3"}},
	"sla":                {[]string{"problem", "internal/strict"}, nil},
	"agreement":          {[]string{"problem", "internal/strict", "agreement/text", "sla"}, []string{"golang.org/x/text/"}},
	"agreement/text":     {[]string{"problem"}, []string{"github.com/klippa-app/go-pdfium", "github.com/klippa-app/go-pdfium/", "github.com/tetratelabs/wazero", "github.com/tetratelabs/wazero/", "github.com/yuin/goldmark", "github.com/yuin/goldmark/", "golang.org/x/net/html", "golang.org/x/net/html/"}},
	"agreement/evaluate": {[]string{"problem", "agreement", "agreement/text"}, nil},
	"cmd/demarc":         {[]string{"*"}, []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "gopkg.in/yaml.v3", "golang.org/x/sync/"}},

	"notify":  {},
	"operate": {[]string{"problem", "internal/strict"}, []string{"github.com/prometheus/client_golang/", "go.opentelemetry.io/otel/"}},

	"internal/deepcopy": {},
	"internal/day":      {},
	"internal/jsonscan": {},
	"internal/strict":   {[]string{"problem"}, []string{"gopkg.in/yaml.v3"}},

	// For tests and benches only.
	"internal/browser":     {},
	"internal/emulator":    {},
	"internal/postgres":    {},
	"internal/replayproxy": {},
}

// never names what a room must not import even of the standard library.
var never = map[string][]string{
	"catalogue":       {"net", "net/http", "os/exec", "math/rand", "math/rand/v2"},
	"cloud":           {"net", "net/http", "os/exec"},
	"check":           {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"reach":           {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2", "time"},
	"privilege":       {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"check/foreign":   {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"responsibility":  {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"scope":           {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"assess":          {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"audit":           {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"calendar":        {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"applicability":   {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"policy":          {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"risk":            {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"remediation":     {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"agreement":       {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2", "time"},
	"supplier":        {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"sla":             {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"agreement/text":  {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2", "time"},
	"document":        {"net", "net/http", "os", "os/exec", "math/rand", "math/rand/v2"},
	"evidence":        {"net", "net/http", "os/exec"},
	"app":             {"net/http", "flag"},
	"app/report":      {"net/http", "flag", "os"},
	"cloud/terraform": {"net", "net/http", "os/exec"},
	"cloud/host":      {"net/http", "os/exec"},
}

func TestHouse(t *testing.T) {
	imports := importsByRoom(t)
	for room, files := range imports {
		planned, ok := plan[room]
		if !ok {
			t.Errorf("%s: an unplanned room; put it into the plan of house_test.go and docs/house.md, in a commit that says why", room)
			continue
		}
		for file, paths := range files {
			for _, path := range paths {
				if why := forbidden(room, path, planned.rooms, planned.libraries); why != "" {
					t.Errorf("%s: imports %s: %s", file, path, why)
				}
			}
		}
	}
}

func forbidden(room, path string, rooms, libraries []string) string {
	switch {
	case strings.HasPrefix(path, module):
		if other := strings.TrimPrefix(path, module); !slices.Contains(rooms, other) && !slices.Contains(rooms, "*") {
			return "room " + room + " may not import room " + other
		}
	case !strings.Contains(strings.Split(path, "/")[0], "."):
		if slices.Contains(never[room], path) {
			return "room " + room + " must never import it"
		}
	case !slices.ContainsFunc(libraries, func(l string) bool {
		return path == l || strings.HasSuffix(l, "/") && strings.HasPrefix(path, l)
	}):
		return "library not planned for room " + room
	}
	return ""
}

// importsByRoom parses every file that is no test: room → file → imports.
func importsByRoom(t *testing.T) map[string]map[string][]string {
	t.Helper()
	out := map[string]map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || path == "bench") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		room := filepath.ToSlash(filepath.Dir(path))
		if out[room] == nil {
			out[room] = map[string][]string{}
		}
		out[room][path] = nil
		for _, spec := range file.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			out[room][path] = append(out[room][path], p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 4 {
		t.Fatalf("found only %d rooms: the test does not see the house", len(out))
	}
	return out
}

func TestHouse_NoInitAndSPDX(t *testing.T) {
	for room, files := range importsByRoom(t) {
		for file := range files {
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			// A generator writes its own first line; the licence follows at once.
			first := parsed.Comments[:min(1, len(parsed.Comments))]
			if ast.IsGenerated(parsed) {
				first = parsed.Comments
			}
			if !slices.ContainsFunc(first, func(c *ast.CommentGroup) bool {
				return strings.Contains(c.List[0].Text+c.List[len(c.List)-1].Text, "SPDX-License-Identifier")
			}) {
				t.Errorf("%s: the first line names no licence; begin with // SPDX-License-Identifier: Apache-2.0", file)
			}
			if parsed.Scope != nil && parsed.Scope.Lookup("init") != nil {
				t.Errorf("%s: has an init(); nothing is registered behind the reader's back", file)
			}
		}
		_ = room
	}
}
