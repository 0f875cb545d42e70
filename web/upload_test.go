// SPDX-License-Identifier: Apache-2.0

package web_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"

	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/app"
	"demarc.dev/demarc/catalogue"
	"demarc.dev/demarc/example"
	"demarc.dev/demarc/responsibility"
)

// sent is a form with a file, as a browser sends it.
type sent struct {
	name   string // of the file
	file   io.Reader
	fields []string
	cut    int   // bytes that do not come any more
	says   int64 // that the request says it has, when it is another number
	kind   string
}

// send posts a form with a file.
func (h *house) send(path string, s sent) *httptest.ResponseRecorder {
	h.t.Helper()
	var head, tail bytes.Buffer
	w := multipart.NewWriter(&head)
	for i := 0; i+1 < len(s.fields); i += 2 {
		if err := w.WriteField(s.fields[i], s.fields[i+1]); err != nil {
			h.t.Fatal(err)
		}
	}
	if s.file != nil {
		if _, err := w.CreateFormFile("file", s.name); err != nil {
			h.t.Fatal(err)
		}
	}
	fmt.Fprintf(&tail, "\r\n--%s--\r\n", w.Boundary())
	if s.file == nil {
		s.file = strings.NewReader("")
	}
	body := io.MultiReader(&head, s.file, &tail)
	if s.cut > 0 {
		data, err := io.ReadAll(body)
		if err != nil {
			h.t.Fatal(err)
		}
		body = bytes.NewReader(data[:len(data)-s.cut])
	}
	return h.do(http.MethodPost, path, "", func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(body), -1
		if s.says > 0 {
			r.ContentLength = s.says
		}
		if r.Header.Set("Content-Type", w.FormDataContentType()); s.kind != "" {
			r.Header.Set("Content-Type", s.kind)
		}
	})
}

// endless gives zeros for ever, after some first bytes, and counts them.
type endless struct {
	first string
	given int64
}

func (e *endless) Read(p []byte) (int, error) {
	clear(p)
	if e.given == 0 {
		copy(p, e.first)
	}
	e.given += int64(len(p))
	return len(p), nil
}

func packed(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := must(zstd.NewWriter(&b))
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zipped makes a ZIP archive of one file.
func zipped(t *testing.T, name string, data io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := io.Copy(must(z.Create(name)), data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// shipped reads a file of the example.
func shipped(t *testing.T, name string) []byte {
	t.Helper()
	return must(fs.ReadFile(example.Files(), name))
}

// lies lists the files below a folder with their sizes, but for the database,
// which writes as it pleases.
func lies(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(d.Name(), ".db") {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintln(&out, p, info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const script = `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`

// TestUpload_States takes snapshots and plans in by what they are, and refuses
// everything else with its reason, whole: nothing is left of it anywhere.
func TestUpload_States(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	h := open(t, trap)
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	good, plan := shipped(t, "estate/larkspur.snapshot"), shipped(t, "estate/plan.json")
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	tooMuch := &endless{first: "\x28\xb5\x2f\xfd"}
	header := `{"header":{"format":1,"tool":"x","provider":"aws","source":"live"}}` + "\n"
	before, size := lies(t, h.dir), must(h.app.LogSize(t.Context(), h.caller))
	for name, c := range map[string]struct {
		sent
		status int
		says   string
	}{
		"nothing":              {sent{name: "x.snapshot", file: strings.NewReader("")}, 422, "is empty"},
		"no file":              {sent{fields: []string{"name", "x"}}, 400, "No file was sent"},
		"no form":              {sent{kind: "application/json"}, 400, "No file was sent"},
		"SVG with a script":    {sent{name: "x.snapshot", file: strings.NewReader(script)}, 422, "HTML, XML or SVG"},
		"a picture":            {sent{name: "plan.json", file: strings.NewReader("\x89PNG\r\n\x1a\n")}, 422, "it is a picture"},
		"a program":            {sent{name: "x.snapshot", file: strings.NewReader("\x7fELF")}, 422, "it is a program"},
		"a ZIP":                {sent{name: "x.snapshot", file: bytes.NewReader(zipped(t, "x", strings.NewReader("x")))}, 422, "ZIP"},
		"text":                 {sent{name: "x.snapshot", file: strings.NewReader("hello")}, 422, "text of another kind"},
		"zstd of nothing":      {sent{name: "x.snapshot", file: bytes.NewReader(packed(t, nil))}, 422, "not a snapshot"},
		"zstd of a script":     {sent{name: "x.snapshot", file: bytes.NewReader(packed(t, []byte(script)))}, 422, ""},
		"a bomb of one line":   {sent{name: "x.snapshot", file: bytes.NewReader(packed(t, append([]byte(header), bytes.Repeat([]byte("a"), 32<<20)...)))}, 422, "longer than"},
		"a bomb of lines":      {sent{name: "x.snapshot", file: bytes.NewReader(packed(t, append([]byte(header), bytes.Repeat([]byte("{}\n"), 8<<20)...)))}, 422, ""},
		"truncated":            {sent{name: "x.snapshot", file: bytes.NewReader(good[:len(good)/2])}, 422, ""},
		"a bit flipped":        {sent{name: "x.snapshot", file: bytes.NewReader(flipped)}, 422, ""},
		"two in one":           {sent{name: "x.snapshot", file: bytes.NewReader(append(bytes.Clone(good), good...))}, 422, ""},
		"not come whole":       {sent{name: "x.snapshot", file: bytes.NewReader(good), cut: 200}, 400, "did not come whole"},
		"JSON of another kind": {sent{name: "x.snapshot", file: strings.NewReader(`{"a":1}`)}, 422, "Terraform"},
		"half a plan":          {sent{name: "plan.json", file: bytes.NewReader(plan[:len(plan)/2])}, 422, "truncated"},
		"a deep plan":          {sent{name: "plan.json", file: strings.NewReader(`{"format_version":"1.2","values":` + strings.Repeat(`{"a":[`, 200_000))}, 422, ""},
		"2 GB, as it says":     {sent{name: "x.snapshot", file: strings.NewReader("\x28\xb5\x2f\xfd"), says: 2 << 30}, 422, "the most is 2 MiB"},
		"2 GB, as it comes":    {sent{name: "x.snapshot", file: tooMuch}, 422, "the most is 2 MiB"},
		"a field of 1 MB":      {sent{fields: []string{"name", strings.Repeat("x", 1<<20)}, name: "x.snapshot", file: bytes.NewReader(good)}, 400, "too long"},
	} {
		r := h.send("/collect", c.sent)
		page := text(r)
		if r.Code != c.status || !strings.Contains(page, c.says) {
			t.Errorf("%s: %d, and the page says %q", name, r.Code, regexp.MustCompile(`(?s)<h1>.*?</h1>`).FindString(page))
		}
		if d := parse(page); len(d.faults) > 0 {
			t.Errorf("%s: %v", name, d.faults)
		}
	}
	if tooMuch.given > 2*largest {
		t.Errorf("of what is too large %d bytes were read", tooMuch.given)
	}
	if now := must(h.app.LogSize(t.Context(), h.caller)); now != size {
		t.Errorf("what was refused wrote %d entries", now-size)
	}
	if now := lies(t, h.dir); now != before {
		t.Errorf("what was refused left something in the store:\n%s\nbefore:\n%s", now, before)
	}
	if left := lies(t, temporary); strings.Contains(left, "demarc-upload") {
		t.Errorf("what was refused left %s", left)
	}

	if r := vic.send("/collect", sent{name: "x.snapshot", file: bytes.NewReader(good)}); r.Code != http.StatusForbidden {
		t.Errorf("a viewer: %d", r.Code)
	}
	// The name says nothing, and leads nowhere.
	r := h.send("/collect", sent{name: `C:\own\..\` + hostile + `.png`, file: bytes.NewReader(good)})
	at := inPlace.ReplaceAllString(r.Header().Get("Location"), "/")
	if r.Code != http.StatusSeeOther || at != "/collect/s2" {
		t.Fatalf("the example's snapshot: %d to %q %s", r.Code, at, text(r))
	}
	if page := text(h.do(http.MethodGet, at, "")); strings.Contains(page, "<script>alert") || strings.Contains(page, `C:\`) || !strings.Contains(page, "resources that were seen") {
		t.Error("the page of the snapshot is not as it should be")
	}
	if r := h.send("/collect", sent{name: "again", file: bytes.NewReader(good)}); inPlace.ReplaceAllString(r.Header().Get("Location"), "/") != "/collect/s2" {
		t.Errorf("the same again leads to %q", r.Header().Get("Location"))
	}
	r = h.send("/collect", sent{name: "state", file: bytes.NewReader(plan), fields: []string{"account", "333333333333", "name", "network"}})
	if got := must(h.app.Snapshots(t.Context(), h.caller)); r.Code != http.StatusSeeOther || len(got) != 3 || got[2].Name != "network" || got[2].File != "state" {
		t.Errorf("the plan: %d, %+v", r.Code, got)
	}
}

// matrixYAML writes the stored matrix of a service, as a person exports it.
func matrixYAML(t *testing.T, h *house, id string) string {
	t.Helper()
	return string(must(h.app.EncodeMatrix(must(h.app.Matrices(t.Context(), h.caller, catalogue.Edition2026)).Stored[id])))
}

// hidden gives the fields of the form with which a preview is taken over.
func hidden(t *testing.T, page string) []string {
	t.Helper()
	at := strings.Index(page, `/responsibility/import/take"`)
	if at < 0 {
		t.Fatal("the page offers nothing to take over")
	}
	var out []string
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)"`).FindAllStringSubmatch(page[at:at+strings.Index(page[at:], "</form>")], -1) {
		out = append(out, m[1], m[2])
	}
	return out
}

// TestUpload_Papers shows what a matrix or a statement would change before it is
// taken over, takes over what was shown, and refuses everything else with its
// reason: nothing is stored of it.
func TestUpload_Papers(t *testing.T) {
	h := open(t, larkspur)
	carl := h.person(h.caller.Org, "carl@larkspur.example", account.Member{Role: account.Contributor})
	vic := h.person(h.caller.Org, "vic@larkspur.example", account.Member{Role: account.Viewer})
	yaml := matrixYAML(t, h, "aws")
	stored := func() *responsibility.Matrix {
		return must(h.app.Matrices(t.Context(), h.caller, catalogue.Edition2026)).Stored["aws"]
	}
	var book bytes.Buffer
	run := must(h.app.Run(t.Context(), h.caller, ""))
	if err := h.app.Report(t.Context(), h.caller, run, app.Paper{Kind: app.MatrixPaper, Format: "xlsx"}, &book); err != nil {
		t.Fatal(err)
	}
	matrix, statement := []string{"what", "matrix"}, []string{"what", "statement", "service", "mailer"}
	size := must(h.app.LogSize(t.Context(), h.caller))
	for name, c := range map[string]struct {
		sent
		status int
		says   string
	}{
		"nothing":             {sent{name: "m.yaml", file: strings.NewReader(""), fields: matrix}, 422, "is empty"},
		"SVG with a script":   {sent{name: "m.yaml", file: strings.NewReader(script), fields: matrix}, 422, "HTML, XML or SVG"},
		"a PDF":               {sent{name: "m.xlsx", file: strings.NewReader("%PDF-1.7"), fields: matrix}, 422, "a PDF"},
		"a snapshot":          {sent{name: "m.yaml", file: bytes.NewReader(packed(t, nil)), fields: matrix}, 422, "zstd"},
		"UTF-16":              {sent{name: "m.yaml", file: strings.NewReader("\xff\xfes\x00e\x00"), fields: matrix}, 422, "no text"},
		"Latin-1":             {sent{name: "m.yaml", file: strings.NewReader("customer: M\xfcller"), fields: matrix}, 422, "UTF-8"},
		"5 MB":                {sent{name: "m.yaml", file: strings.NewReader(strings.Repeat("a: b\n", 1<<20)), fields: matrix}, 422, "the most is 4 MiB"},
		"aliases":             {sent{name: "m.yaml", file: strings.NewReader("a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n"), fields: matrix}, 422, "has no field"},
		"a ZIP of zeros":      {sent{name: "m.xlsx", file: bytes.NewReader(zipped(t, "xl/worksheets/sheet1.xml", io.LimitReader(&endless{}, 200<<20))), fields: matrix}, 422, "unpacked"},
		"another ZIP":         {sent{name: "m.xlsx", file: bytes.NewReader(zipped(t, "x", strings.NewReader("x"))), fields: matrix}, 422, "no XLSX workbook"},
		"half a workbook":     {sent{name: "m.xlsx", file: bytes.NewReader(book.Bytes()[:book.Len()/2]), fields: matrix}, 422, "no XLSX workbook"},
		"half a matrix":       {sent{name: "m.yaml", file: strings.NewReader(yaml[:strings.LastIndex(yaml, "duty:")+5]), fields: matrix}, 422, "duty"},
		"faults":              {sent{name: "m.yaml", file: strings.NewReader(strings.Replace(strings.Replace(yaml, "customer: both", "customer: all", 1), "service: aws", "service: aww", 1)), fields: matrix}, 422, "did you mean &#34;aws&#34;"},
		"a script as a name":  {sent{name: "m.yaml", file: strings.NewReader("service: '" + strings.ReplaceAll(hostile, "'", "''") + "'\n"), fields: matrix}, 422, "the scope has no service"},
		"no statement":        {sent{name: "s.csv", file: strings.NewReader("a,b\n1,2\n"), fields: statement}, 422, "column"},
		"a workbook of one":   {sent{name: "s.csv", file: bytes.NewReader(book.Bytes()), fields: statement}, 422, "This is a workbook"},
		"not come whole":      {sent{name: "m.yaml", file: strings.NewReader(yaml), fields: matrix, cut: 200}, 400, "did not come whole"},
		"of no service":       {sent{name: "s.csv", file: strings.NewReader("id,who\nbackup,customer\n"), fields: []string{"what", "statement"}}, 422, "service"},
		"of an older version": {sent{name: "m.yaml", file: strings.NewReader(strings.Replace(yaml, fmt.Sprintf("version: %d\n", stored().Version), "version: 1\n", 1)), fields: matrix}, 200, ""},
	} {
		r := carl.send("/responsibility/import", c.sent)
		page := text(r)
		if r.Code != c.status || !strings.Contains(page, c.says) || strings.Contains(page, "<script>alert") {
			t.Errorf("%s: %d, and the page says %q", name, r.Code, regexp.MustCompile(`(?s)<pre.*?</pre>`).FindString(page))
		}
		if d := parse(page); len(d.faults) > 0 || len(d.first) != 3 {
			t.Errorf("%s: %v %q", name, d.faults, d.first)
		}
	}
	if r := vic.send("/responsibility/import", sent{name: "m.yaml", file: strings.NewReader(yaml), fields: matrix}); r.Code != http.StatusForbidden {
		t.Errorf("a viewer: %d", r.Code)
	}
	if page := text(carl.send("/responsibility/import", sent{name: "m.yaml", file: strings.NewReader(yaml), fields: matrix})); strings.Contains(page, "Take it over") {
		t.Error("a file that changes nothing is offered")
	}
	if page := text(carl.send("/responsibility/import", sent{name: "book.bin", file: bytes.NewReader(book.Bytes()), fields: matrix})); strings.Count(page, "0 fields differ") != 3 {
		t.Error("the workbook as it was made differs from what stands")
	}

	was := stored()
	edited := strings.Replace(yaml, "\ncontrols:", "\ncontrols:", 1)
	edited = strings.Replace(edited, "agreement: ", "agreement: new ", 1)
	page := text(carl.send("/responsibility/import", sent{name: "m.png", file: strings.NewReader(edited), fields: matrix}))
	for _, says := range []string{"1 field differs", "agreement", "Take it over"} {
		if !strings.Contains(page, says) {
			t.Errorf("the preview does not say %q", says)
		}
	}
	if now := must(h.app.LogSize(t.Context(), h.caller)); now != size {
		t.Errorf("looking wrote %d entries", now-size)
	}
	form1 := form(hidden(t, page)...)
	if r := vic.do(http.MethodPost, "/responsibility/import/take", form1); r.Code != http.StatusForbidden {
		t.Errorf("a viewer takes it over: %d", r.Code)
	}
	r := carl.do(http.MethodPost, "/responsibility/import/take", form1)
	if now := stored(); r.Code != http.StatusSeeOther || now.Version != was.Version+1 || now.Agreement != "new "+was.Agreement {
		t.Errorf("taking it over: %d, version %d, %q", r.Code, now.Version, now.Agreement)
	}
	if r := carl.do(http.MethodPost, "/responsibility/import/take", form1); r.Code != http.StatusConflict || !strings.Contains(text(r), "changed meanwhile") {
		t.Errorf("taking it over twice: %d", r.Code)
	}
	if page := text(carl.send("/responsibility/import", sent{name: "b.xlsx", file: bytes.NewReader(book.Bytes()), fields: matrix})); !strings.Contains(page, "changed meanwhile") || strings.Contains(page, "Take it over") {
		t.Error("a workbook of before is offered")
	}

	said := strings.Replace(string(shipped(t, "statement/postrider.yaml")), "title: ", "title: Newer ", 1)
	page = text(carl.send("/responsibility/import", sent{name: "said.csv", file: strings.NewReader(said), fields: []string{"what", "statement"}}))
	if !strings.Contains(page, "takes the place of") || !strings.Contains(page, "Newer ") || !strings.Contains(page, "Beside our matrix of 2026") {
		t.Error("the preview of a statement does not say what it says")
	}
	r = carl.do(http.MethodPost, "/responsibility/import/take", form(hidden(t, page)...))
	if all := must(h.app.Matrices(t.Context(), h.caller, catalogue.Edition2026)).Statements; r.Code != http.StatusSeeOther || len(all) != 1 || !strings.HasPrefix(all[0].Title, "Newer ") {
		t.Errorf("the statement: %d %+v", r.Code, all)
	}
	for name, bad := range map[string]string{
		"no file": form("what", "matrix", "name", "x"), "no base64": form("what", "matrix", "name", "x", "data", "%%%"),
		"another": form("what", "matrix", "name", "x", "data", base64.RawURLEncoding.EncodeToString([]byte(script))), "too long": "data=" + strings.Repeat("A", 6<<20),
	} {
		if r := carl.do(http.MethodPost, "/responsibility/import/take", bad); r.Code < 400 || r.Code >= 500 {
			t.Errorf("taking over %s: %d", name, r.Code)
		}
	}
}
