// SPDX-License-Identifier: Apache-2.0

package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"demarc.dev/demarc/web"
)

// site is a running server, with an address of each page of the route table as
// somebody finds it who follows the links.
type site struct {
	at     string // http://127.0.0.1:PORT
	people []person
	client *http.Client
	pages  map[string][]string // by pattern: addresses that were found
	files  map[string]bool     // patterns whose answer is a file to keep
}

// answer is what came back, and how long it took to the last byte.
type reply struct {
	status int
	took   time.Duration
	sent   int64 // bytes over the wire, of the body
	file   bool
	kind   string
	body   []byte // unpacked, when it was kept
}

func openSite(at, dir string) (*site, error) {
	data, err := os.ReadFile(filepath.Join(dir, "people.json"))
	if err != nil {
		return nil, err
	}
	s := &site{at: at, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		pages: map[string][]string{}, files: map[string]bool{}}
	return s, json.Unmarshal(data, &s.people)
}

// get asks for a page as somebody's browser does.
func (s *site) get(ctx context.Context, who person, path string, keep bool) (r reply, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.at+path, nil)
	if err != nil {
		return r, err
	}
	q.Header.Set("Accept-Encoding", "gzip")
	if strings.HasPrefix(path, "/api/") {
		q.Header.Set("Authorization", "Bearer "+who.Token)
	} else {
		q.Header.Set("Cookie", "demarc_session="+who.Cookie)
	}
	begun := time.Now()
	res, err := s.client.Do(q)
	if err != nil {
		return r, err
	}
	defer res.Body.Close()
	r.status, r.file, r.kind = res.StatusCode, strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment"), res.Header.Get("Content-Type")
	if !keep {
		r.sent, err = io.Copy(io.Discard, res.Body)
		r.took = time.Since(begun)
		return r, err
	}
	data, err := io.ReadAll(res.Body)
	r.took, r.sent, r.body = time.Since(begun), int64(len(data)), data
	if err == nil && res.Header.Get("Content-Encoding") == "gzip" {
		z, zerr := gzip.NewReader(strings.NewReader(string(data)))
		if zerr != nil {
			return r, zerr
		}
		r.body, err = io.ReadAll(z)
	}
	return r, err
}

var linked = regexp.MustCompile(`(?:href|action)="([^"]+)"`)

// isFile tells of a pattern that gives the whole of a view as a file: it is
// streamed, and how long that takes is no question of a page.
var isFile = regexp.MustCompile(`\.[a-z]+$`)

// addressesMost is how many addresses of a page are kept; crawlMost how many
// pages are looked at to find them.
const (
	addressesMost = 4
	crawlMost     = 400
)

// find follows links as one person and keeps addresses of every page.
func (s *site) find(ctx context.Context, who person) error {
	w, err := web.New(web.Options{})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	patterns := w.Pages()
	for _, p := range patterns {
		mux.HandleFunc("GET "+p, func(http.ResponseWriter, *http.Request) {})
	}
	home := "/o/" + who.Org + "/"
	queue, seen := []string{home, "/", "/self"}, map[string]bool{}
	for _, p := range patterns {
		if path := strings.NewReplacer("{org}", who.Org, "{$}", "").Replace(p); !strings.Contains(path, "{") {
			queue = append(queue, path)
		}
	}
	for looked := 0; len(queue) > 0 && looked < crawlMost; {
		path := queue[0]
		queue = queue[1:]
		if seen[path] {
			continue
		}
		seen[path] = true
		q, err := http.NewRequest(http.MethodGet, s.at+path, nil)
		if err != nil {
			continue
		}
		_, pattern := mux.Handler(q)
		known := len(s.pages[pattern])
		if pattern == "" || known >= addressesMost || s.files[pattern] || isFile.MatchString(pattern) {
			continue
		}
		looked++
		r, err := s.get(ctx, who, path, true)
		if err != nil {
			return err
		}
		if r.took > time.Second {
			fmt.Fprintf(os.Stderr, "bench: %s took %s\n", path, seconds(r.took))
		}
		if r.status != http.StatusOK {
			continue
		}
		s.files[pattern] = r.file
		s.pages[pattern] = append(s.pages[pattern], path)
		for _, m := range linked.FindAllStringSubmatch(string(r.body), -1) {
			if next := clean(html.UnescapeString(m[1])); next != "" && !seen[next] && (!strings.HasPrefix(next, "/o/") || strings.HasPrefix(next, home)) {
				queue = append(queue, next)
			}
		}
	}
	var lost []string
	for _, p := range patterns {
		if s.pages["GET "+p] == nil && !isFile.MatchString(p) {
			lost = append(lost, p)
		}
	}
	if len(s.pages) < len(patterns)/2 {
		return errors.New("the pages were not found: " + strings.Join(lost, " "))
	}
	fmt.Fprintf(os.Stderr, "bench: no address was found of %s\n", strings.Join(lost, " "))
	return nil
}

// clean leaves of a link what is an address of the site.
func clean(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

// patterns gives those that are pages, in order.
func (s *site) patterns() (out []string) {
	for p := range s.pages {
		if !s.files[p] {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}
