// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"io"
	"net/url"
	"os"
	"strings"

	"demarc.dev/demarc/problem"
)

// PlanReader makes a snapshot of what a Terraform plan or state says, for the
// account and region where it does not say so itself. An error is a problem that
// names file.
type PlanReader func(file string, in io.Reader, account, region string, out io.Writer) error

// stateKind tells what an uploaded state of a cloud is, by its first bytes.
func stateKind(head []byte) (plan bool, err error) {
	text := bytes.TrimLeft(head, " \t\r\n")
	switch kind := kindOf(head); {
	case bytes.HasPrefix(head, []byte("\x28\xb5\x2f\xfd")):
		return false, nil
	case bytes.HasPrefix(text, []byte("{")):
		return true, nil
	case kind != "":
		return false, notState("it is " + kind)
	}
	return false, notState("it is text of another kind")
}

func notState(why string) error {
	return problem.New(problem.Invalid, "This is neither a snapshot nor the JSON of a Terraform plan or state: "+why, "A snapshot is made by demarc collect … --out FILE; a plan by terraform show -json PLAN > plan.json.")
}

// takeState takes an uploaded snapshot, plan or state in, whole or not at all.
// What it is its content says.
func (s *Server) takeState(v *visit) error {
	u, err := v.receive(s.o.Largest, func(head []byte) error { _, err := stateKind(head); return err })
	if err != nil {
		return err
	}
	defer u.Close()
	plan, err := stateKind(u.Head)
	if err != nil {
		return err
	}
	in := u.File
	if plan {
		if in, err = s.readPlan(u); err != nil {
			return err
		}
		defer in.Close()
	}
	taken, _, err := s.o.App.TakeNamed(v, v.Caller, u.Name, cut(strings.TrimSpace(u.Fields.Get("name")), 60), in)
	if err != nil {
		return err
	}
	return v.redirect("/collect/" + url.PathEscape(taken.ID))
}

// readPlan makes a snapshot of a plan or state.
func (s *Server) readPlan(u *upload) (*os.File, error) {
	if s.o.Plan == nil {
		return nil, problem.New(problem.Usage, "This server reads no Terraform plans", "demarc collect terraform FILE --out FILE.snapshot makes a snapshot of it, which can be sent.")
	}
	f, err := nameless()
	if err != nil {
		return nil, err
	}
	field := func(name string) string { return strings.TrimSpace(u.Fields.Get(name)) }
	if err = s.o.Plan(u.Name, u, field("account"), field("region"), f); err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
