// SPDX-License-Identifier: Apache-2.0

package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
)

//go:embed style/*
var styleFiles embed.FS

// What the keyboard adds stands in script/, one file a matter. The pages are
// whole without it.
//
//go:embed script/*.js
var scriptFiles embed.FS

// asset is a file that every page asks for. Its path holds its digest, so that
// a browser may keep it for good.
type asset struct {
	path, kind string
	data       []byte
}

// loadStyles joins the layers of the style sheet, in the order of their names.
func loadStyles() (asset, error) {
	return join(styleFiles, "style", ".css", "text/css; charset=utf-8")
}

// loadScript joins the scripts, in the order of their names.
func loadScript() (asset, error) {
	return join(scriptFiles, "script", ".js", "text/javascript; charset=utf-8")
}

func join(files fs.FS, folder, ending, kind string) (asset, error) {
	var all []byte
	names, err := fs.Glob(files, folder+"/*"+ending)
	if err != nil {
		return asset{}, fmt.Errorf("reading the folder %s: %w", folder, err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return asset{}, fmt.Errorf("reading %s: %w", name, err)
		}
		all = append(all, data...)
	}
	sum := sha256.Sum256(all)
	return asset{path: "/" + folder + "/" + hex.EncodeToString(sum[:6]) + ending, kind: kind, data: all}, nil
}

func (s *Server) style(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/style/icon.svg" {
		http.ServeFileFS(w, r, styleFiles, "style/icon.svg")
		return
	}
	s.asset(w, r, s.styles)
}

func (s *Server) script(w http.ResponseWriter, r *http.Request) { s.asset(w, r, s.scripts) }

func (s *Server) asset(w http.ResponseWriter, r *http.Request, a asset) {
	if r.URL.Path != a.path {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	if _, err := w.Write(a.data); err != nil {
		s.o.Log.Info("writing a file of the pages", "path", a.path, "error", err)
	}
}
