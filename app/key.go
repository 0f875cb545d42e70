// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"demarc.dev/demarc/account"
	"demarc.dev/demarc/problem"
)

// installationKey reads the key that seals the secrets of accounts, and makes
// it the first time. It lies beside the keys of the logs, and a backup holds it.
func installationKey(dir string) (account.Key, error) {
	path := filepath.Join(dir, "keys", "installation.secret")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(path)
	}
	if err != nil {
		return account.Key{}, problem.New(problem.Unavailable, "the key of the installation cannot be read", "see who may read "+path).Wrap(err)
	}
	k, err := account.ParseKey(data)
	if err != nil {
		return k, problem.New(problem.Integrity, "the key of the installation is damaged", "put "+path+" back from a backup").Wrap(err)
	}
	return k, nil
}

// makeKey writes a new key whole or not at all; of several processes that begin
// at once, one wins and the others read what it wrote.
func makeKey(path string) (account.Key, error) {
	k := account.NewKey()
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return k, fmt.Errorf("making the key of the installation: %w", err)
	}
	f, err := os.CreateTemp(dir, ".installation-*")
	if err != nil {
		return k, fmt.Errorf("making the key of the installation: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(k.Encode())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return k, fmt.Errorf("making the key of the installation: %w", err)
	}
	if err := os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
		data, err := os.ReadFile(path)
		if err != nil {
			return k, fmt.Errorf("reading the key of the installation: %w", err)
		}
		return account.ParseKey(data)
	} else if err != nil {
		return k, fmt.Errorf("making the key of the installation: %w", err)
	}
	return k, nil
}
