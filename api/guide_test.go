// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestGuide runs every command of docs/api.md: what it sends is answered with
// the status that stands behind it.
func TestGuide(t *testing.T) {
	h := open(t)
	page, err := os.ReadFile("../docs/api.md")
	ok(t, err)
	set := map[string]string{"TOKEN": h.everything(), "DEMARC": at}
	files := map[string]string{"larkspur.snapshot": string(read(t, "estate/larkspur.snapshot"))}
	n := 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
			if strings.HasPrefix(line, "export ") || strings.TrimSpace(line) == "" {
				continue
			}
			command, status, found := strings.Cut(line, " # ")
			want, err := strconv.Atoi(strings.TrimSpace(status))
			if !found || err != nil {
				t.Fatalf("%s says no status", line)
			}
			name, rest, assigns := strings.Cut(command, "=$(")
			if assigns {
				command, _, _ = strings.Cut(rest, " | ")
			}
			r := h.curl(command, set, files)
			if r.Code != want {
				t.Errorf("%s: %d %s", line, r.Code, r.Body)
			}
			if assigns {
				set[name] = r.Header().Get("ETag")
			}
			n++
		}
	}
	if n < 20 {
		t.Errorf("only %d commands", n)
	}
}

// word is one of a command: quoted once, quoted twice, or plain.
var word = regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`)

// curl does what the program of that name would.
func (h *house) curl(command string, set, files map[string]string) *httptest.ResponseRecorder {
	h.t.Helper()
	var words []string
	for _, m := range word.FindAllStringSubmatch(command, -1) {
		w := m[1]
		if w == "" {
			w = os.Expand(m[2]+m[3], func(name string) string { return set[name] })
		}
		words = append(words, w)
	}
	if words[0] != "curl" {
		h.t.Fatalf("%s is no request", command)
	}
	method, to, body := "GET", "", ""
	var head []string
	for i := 1; i < len(words); i++ {
		if !strings.HasPrefix(words[i], "-") || words[i] == "-" {
			to = words[i]
			continue
		}
		if words[i] == "-s" {
			continue
		}
		i++
		switch words[i-1] {
		case "-X":
			method = words[i]
		case "-H":
			name, value, _ := strings.Cut(words[i], ": ")
			head = append(head, name, value)
		case "-d":
			body = words[i]
		case "--data-binary":
			body = files[strings.TrimPrefix(words[i], "@")]
		case "-o", "-D":
		default:
			h.t.Fatalf("%s: this test does not know %s", command, words[i-1])
		}
	}
	return h.do(method, to, "", body, head...)
}
