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

// asset is a file that every page asks for. Its path holds its digest, so that
// a browser may keep it for good.
type asset struct {
	path string
	data []byte
}

// loadStyles joins the layers of the style sheet, in the order of their names.
func loadStyles() (asset, error) {
	var all []byte
	names, err := fs.Glob(styleFiles, "style/*.css")
	if err != nil {
		return asset{}, fmt.Errorf("reading the styles: %w", err)
	}
	for _, name := range names {
		data, err := styleFiles.ReadFile(name)
		if err != nil {
			return asset{}, fmt.Errorf("reading the styles: %w", err)
		}
		all = append(all, data...)
	}
	sum := sha256.Sum256(all)
	return asset{path: "/style/" + hex.EncodeToString(sum[:6]) + ".css", data: all}, nil
}

func (s *Server) style(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/style/icon.svg" {
		http.ServeFileFS(w, r, styleFiles, "style/icon.svg")
		return
	}
	if r.URL.Path != s.styles.path {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	if _, err := w.Write(s.styles.data); err != nil {
		s.o.Log.Info("writing the styles", "error", err)
	}
}
