// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

// folder is the machine whose files lie below a folder: "/" is this machine
// itself. Nothing outside the folder is ever opened: an absolute link leads to
// the folder's own files, as it would on the machine.
type folder struct{ root *os.Root }

// maxLinks is how many links a path may go through, as in the kernel.
const maxLinks = 40

// resolve gives the path below the root, every link followed.
func (f *folder) resolve(name string, last bool) (string, error) {
	var done []string
	rest := strings.Split(strings.Trim(path.Clean("/"+name), "/"), "/")
	for links := 0; len(rest) > 0; {
		element := rest[0]
		rest = rest[1:]
		switch element {
		case "", ".":
			continue
		case "..":
			done = done[:max(0, len(done)-1)]
			continue
		}
		here := path.Join(append(slices.Clone(done), element)...)
		if len(rest) == 0 && !last {
			return here, nil
		}
		target, err := f.root.Readlink(here)
		if err != nil { // no link, or not there: opening it will tell
			done = append(done, element)
			continue
		}
		if links++; links > maxLinks {
			return "", syscall.ELOOP
		}
		if strings.HasPrefix(target, "/") {
			done = nil
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	if len(done) == 0 {
		return ".", nil
	}
	return path.Join(done...), nil
}

func (f *folder) open(name string) (*os.File, error) {
	at, err := f.resolve(name, true)
	if err != nil {
		return nil, err
	}
	// A pipe or a device must not hold the collector up.
	file, err := f.root.OpenFile(at, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	return file, plain(err)
}

// plain takes the path of this machine out of an error.
func plain(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	if errors.Is(err, syscall.ENOTDIR) {
		return fs.ErrNotExist
	}
	return err
}

func (f *folder) read(name string, limit int64) ([]byte, error) {
	file, err := f.open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if s, err := file.Stat(); err != nil {
		return nil, plain(err)
	} else if !s.Mode().IsRegular() {
		return nil, errors.New("it is no file")
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errLarge
	}
	return data, plain(err)
}

func (f *folder) list(dir string) ([]string, error) {
	file, err := f.open(dir)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	names, err := file.Readdirnames(maxEntries + 1)
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return nil, errNoFolder
	case err != nil && !errors.Is(err, io.EOF):
		return nil, plain(err)
	case len(names) > maxEntries:
		return nil, errLarge
	}
	slices.Sort(names)
	return names, nil
}

func (f *folder) stat(name string) (info, error) {
	at, err := f.resolve(name, true)
	if err != nil {
		return info{}, err
	}
	s, err := f.root.Lstat(at)
	if err != nil {
		return info{}, plain(err)
	}
	out := info{mode: s.Mode(), size: s.Size()}
	out.uid, out.gid = owner(s)
	return out, nil
}

func (f *folder) link(name string) (string, error) {
	at, err := f.resolve(name, false)
	if err != nil {
		return "", err
	}
	target, err := f.root.Readlink(at)
	return target, plain(err)
}

func (f *folder) sockets() (map[string]string, error) {
	out := map[string]string{}
	all, err := f.list("/proc")
	if err != nil {
		return nil, err
	}
	for _, pid := range all {
		if strings.Trim(pid, "0123456789") != "" {
			continue
		}
		fds, err := f.list("/proc/" + pid + "/fd")
		if err != nil {
			continue // it has ended, or belongs to somebody else
		}
		for _, fd := range fds {
			target, err := f.root.Readlink("proc/" + pid + "/fd/" + fd)
			if inode, ok := socketInode(target); err == nil && ok {
				out[inode] = pid
			}
		}
	}
	return out, nil
}

// socketInode gives the number in "socket:[123]".
func socketInode(target string) (string, bool) {
	number, ok := strings.CutPrefix(strings.TrimSpace(target), "socket:[")
	return strings.TrimSuffix(number, "]"), ok
}
