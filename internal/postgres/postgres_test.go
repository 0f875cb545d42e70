// SPDX-License-Identifier: Apache-2.0

//go:build unix

package postgres

import (
	"errors"
	"io/fs"
	"os"
	"testing"
)

func TestServer_LeavesNothingBehind(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if err := s.run("psql", "-c", "CREATE TABLE kept (n int)", s.Address("postgres", "", "")); err != nil {
		t.Fatal(err)
	}
	if err := s.Restart("immediate"); err != nil {
		t.Fatal(err)
	}
	if err := s.run("psql", "-c", "SELECT n FROM kept", s.Address("postgres", "", "")); err != nil {
		t.Errorf("after the crash: %v", err)
	}
	if err := s.run("psql", "-c", "SELECT 1", s.Address("postgres", "postgres", "wrong")); err == nil {
		t.Error("the server lets in whoever gives a wrong password")
	}
	s.Stop()
	if _, err := os.Stat(s.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is left: %v", err)
	}
	s.Stop()
}
