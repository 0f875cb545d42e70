// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"demarc.dev/demarc/cloud"
)

// Limits of what is read of one machine.
const (
	maxText    = 1 << 20   // a file of settings
	maxStatus  = 256 << 20 // a database of packages
	maxEntries = 4096      // names of a folder
	maxFiles   = 512       // files that one question brings in
)

// info is what a machine tells of a file without opening it.
type info struct {
	mode     fs.FileMode // permission bits and type
	uid, gid int
	size     int64
}

// source gives the files of one machine. Paths are absolute on that machine, and
// symbolic links lead where they lead there. A missing file is fs.ErrNotExist,
// one that may not be read fs.ErrPermission.
type source interface {
	// read gives a file, and errLarge when it holds more than limit.
	read(path string, limit int64) ([]byte, error)
	// list gives the names in a folder, sorted.
	list(dir string) ([]string, error)
	// stat follows links.
	stat(path string) (info, error)
	// link gives where a symbolic link leads, as it is written.
	link(path string) (string, error)
	// sockets gives the inode of each open socket with the id of a process that
	// holds it. Processes that may not be looked into are left out.
	sockets() (map[string]string, error)
}

var errLarge = errors.New("it is larger than is read")

// reader asks a source, and counts.
type reader struct {
	source
	calls int64
}

// text gives a file of settings as text, whatever its encoding claims.
func (r *reader) text(name string) (string, error) {
	r.calls++
	data, err := r.read(name, maxText)
	if err != nil {
		return "", &pathError{name, err}
	}
	return string(data), nil
}

// optional gives a file of settings, empty when there is none.
func (r *reader) optional(name string) (string, error) {
	text, err := r.text(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return text, err
}

// word gives a file of one value.
func (r *reader) word(name string) (string, error) {
	text, err := r.text(name)
	return strings.TrimSpace(text), err
}

func (r *reader) exists(name string) (bool, error) {
	r.calls++
	_, err := r.stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, &pathError{name, err}
	}
	return true, nil
}

// any tells whether one of the files is there.
func (r *reader) any(names ...string) (bool, error) {
	var unread error
	for _, name := range names {
		switch is, err := r.exists(name); {
		case is:
			return true, nil
		case err != nil && unread == nil:
			unread = err
		}
	}
	return false, unread
}

// names lists a folder, which is empty when there is none.
func (r *reader) names(dir string) ([]string, error) {
	r.calls++
	names, err := r.list(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &pathError{dir, err}
	}
	return names, nil
}

// glob gives the files whose last or middle elements match, sorted as shells do.
// A folder that is not there matches nothing.
func (r *reader) glob(pattern string) ([]string, error) {
	found := []string{"/"}
	for _, element := range strings.Split(strings.Trim(path.Clean(pattern), "/"), "/") {
		var next []string
		for _, dir := range found {
			if !strings.ContainsAny(element, `*?[\`) {
				next = append(next, path.Join(dir, element))
				continue
			}
			names, err := r.names(dir)
			if err != nil && !errors.Is(err, errNoFolder) {
				return nil, err
			}
			for _, name := range names {
				if ok, err := path.Match(element, name); err != nil {
					return nil, fmt.Errorf("%s: %w", pattern, err)
				} else if ok && (strings.HasPrefix(element, ".") || !strings.HasPrefix(name, ".")) {
					next = append(next, path.Join(dir, name))
				}
			}
		}
		if found = next; len(found) > maxFiles {
			return nil, &pathError{pattern, errLarge}
		}
	}
	slices.Sort(found)
	return found, nil
}

// snippets gives the files of folders such as sysctl.d: of files of one name the
// folder that is named first wins, and they are read in the order of their names.
func (r *reader) snippets(suffix string, dirs ...string) ([]string, error) {
	byName := map[string]string{}
	for _, dir := range dirs {
		names, err := r.names(dir)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if _, taken := byName[name]; !taken && strings.HasSuffix(name, suffix) {
				byName[name] = path.Join(dir, name)
			}
		}
	}
	if len(byName) > maxFiles {
		return nil, &pathError{dirs[0], errLarge}
	}
	out := make([]string, 0, len(byName))
	for _, name := range sortedKeys(byName) {
		out = append(out, byName[name])
	}
	return out, nil
}

var errNoFolder = errors.New("it is no folder")

// pathError names the file that an error is about.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string { return e.path + ": " + e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }

// gapOf says why something could not be read.
func gapOf(err error) cloud.Gap {
	g := cloud.Gap{Reason: cloud.Unreadable, Detail: err.Error()}
	var at *pathError
	if errors.As(err, &at) {
		g.Call = "read " + at.path
		g.Detail = at.err.Error()
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		g.Reason, g.Detail = cloud.Denied, "the user that reads may not open it"
	case errors.Is(err, fs.ErrNotExist):
		g.Reason, g.Detail = cloud.NotInSource, "there is no such file"
	case errors.Is(err, errLarge):
		g.Reason = cloud.NotCollected
	case errors.Is(err, errLost):
		g.Reason = cloud.Unavailable
	case errors.Is(err, errAsleep):
		g.Reason = cloud.NotInSource
	case errors.Is(err, errNotAsked):
		g.Reason = cloud.NotCollected
	}
	return g
}

var (
	errLost     = errors.New("the machine answers no more")
	errAsleep   = errors.New("only a running machine tells it")
	errNotAsked = errors.New("it was not asked for")
)
