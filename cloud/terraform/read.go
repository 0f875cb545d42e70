// SPDX-License-Identifier: Apache-2.0

package terraform

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"demarc.dev/demarc/internal/jsonscan"
)

// item is one managed resource instance of AWS, as the input tells it.
type item struct {
	address   string
	module    string // address of its module instance, empty for the root
	kind      string // "aws_s3_bucket"
	name      string // "a" of aws_s3_bucket.a["x"]
	key       string // `["x"]`, `[0]` or empty
	values    []byte // JSON: as it will be
	unknown   []byte // JSON: true where a value is known after apply; nil when nothing is
	sensitive []byte // JSON: true where a value is sensitive; nil when nothing is
	create    bool   // the plan makes it anew
}

// input is what one file told.
type input struct {
	source     string // "plan" or "state"
	items      []item
	config     *module
	regions    map[string]string // of the providers' configurations: "aws", "aws.east"
	foreign    int               // resources of other providers
	planned    int               // managed resources of planned_values
	changes    int               // managed resources of resource_changes that stay
	errored    bool
	incomplete bool
	told       bool // it has a member that holds resources, even if none
	store      slab
	kept       map[string][]byte // masks
}

// slab keeps copies of many small texts in few large pieces.
type slab struct{ free []byte }

func (s *slab) keep(b []byte) []byte {
	if len(b) > cap(s.free)-len(s.free) {
		s.free = make([]byte, 0, max(1<<20, len(b)))
	}
	start := len(s.free)
	s.free = append(s.free, b...)
	return s.free[start:len(s.free):len(s.free)]
}

// read reads a plan or a state.
func read(r io.Reader) (*input, error) {
	head := make([]byte, 512)
	n, err := io.ReadFull(r, head)
	if errors.Is(err, syscall.EISDIR) {
		return nil, fmt.Errorf("%w: it is a folder; %s", ErrInput, makeIt)
	}
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && err != io.EOF {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	head = head[:n]
	if err := sniff(head); err != nil {
		return nil, err
	}
	in := &input{}
	s := jsonscan.New(io.MultiReader(bytes.NewReader(head), r), maxValue)
	version := ""
	for s.Object(); s.Key(); {
		in.member(s, string(s.Name()), &version)
	}
	if err := s.End(); err != nil {
		return nil, fault(err)
	}
	if version == "" {
		return nil, fmt.Errorf("%w: it has no format_version; %s", ErrInput, makeIt)
	}
	if err := checkVersion(in.source, version); err != nil {
		return nil, err
	}
	switch {
	case in.told:
		return in, nil
	case in.source == "":
		// Terraform prints the same of a state that does not exist and of one
		// without resources; neither shows anything.
		return nil, fmt.Errorf("%w: it holds neither planned_values nor resource_changes nor values, so it tells of no resource; Terraform prints this where there is no state or an empty one, such as in another folder or workspace", ErrInput)
	}
	return nil, fmt.Errorf("%w: it holds neither planned_values nor resource_changes nor values, so it tells of no resource; %s", ErrInput, makeIt)
}

// fault makes a sentence of a scanner's error.
func fault(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it is truncated (%v)", ErrInput, err)
	}
	var syntax *jsonscan.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("%w: %v", ErrInput, err)
	}
	return fmt.Errorf("reading the plan: %w", err)
}

func checkVersion(source, version string) error {
	ok := strings.HasPrefix(version, "1.") || source == "plan" && (version == "0.1" || version == "0.2")
	if !ok {
		return fmt.Errorf("%w: format_version is %q; 1.x is read", ErrVersion, version)
	}
	return nil
}

// member reads one member of the outermost object.
func (in *input) member(s *jsonscan.Scanner, name string, version *string) {
	switch name {
	case "format_version":
		*version = s.Text()
	case "resource_changes":
		in.source, in.told = "plan", true
		for s.Array(); s.More(); {
			in.change(s)
		}
	case "planned_values":
		in.source = "plan"
		in.modules(s, func() { in.count(s) })
	case "values":
		in.source = "state"
		in.modules(s, func() { in.stateResource(s) })
	case "configuration":
		in.source = "plan"
		in.configuration(s)
	case "deferred_changes":
		for s.Array(); s.More(); s.Skip() {
			in.incomplete = true
		}
	case "complete":
		in.incomplete = in.incomplete || !s.Bool()
	case "errored":
		in.errored = s.Bool()
	case "version", "serial", "lineage":
		// The members of terraform.tfstate, which has no format_version.
		s.Fail("it is the state file itself; use: terraform show -json > state.json")
	default:
		s.Skip()
	}
}

// modules walks {root_module:{resources:[…],child_modules:[…]}}.
func (in *input) modules(s *jsonscan.Scanner, resource func()) {
	if s.Null() {
		return
	}
	in.told = true
	for s.Object(); s.Key(); {
		if string(s.Name()) == "root_module" {
			in.walkModule(s, resource)
		} else {
			s.Skip()
		}
	}
}

func (in *input) walkModule(s *jsonscan.Scanner, resource func()) {
	for s.Object(); s.Key(); {
		switch string(s.Name()) {
		case "resources":
			for s.Array(); s.More(); {
				resource()
			}
		case "child_modules":
			for s.Array(); s.More(); {
				in.walkModule(s, resource)
			}
		default:
			s.Skip()
		}
	}
}

// count counts a managed resource of planned_values.
func (in *input) count(s *jsonscan.Scanner) {
	for s.Object(); s.Key(); {
		if string(s.Name()) == "mode" && string(s.Bytes()) == "managed" {
			in.planned++
		} else if string(s.Name()) != "mode" {
			s.Skip()
		}
	}
}

func (in *input) stateResource(s *jsonscan.Scanner) {
	it, managed, provider := item{}, false, ""
	for s.Object(); s.Key(); {
		switch name := string(s.Name()); name {
		case "values":
			it.values = in.store.keep(s.Raw())
		case "sensitive_values":
			it.sensitive = in.keepMask(s.Raw())
		default:
			in.envelope(s, &it, name, &managed, &provider)
		}
	}
	in.add(s, it, managed, provider)
}

// envelope reads a member that states and changes share.
func (in *input) envelope(s *jsonscan.Scanner, it *item, name string, managed *bool, provider *string) {
	switch name {
	case "address":
		it.address = s.Text()
	case "mode":
		*managed = string(s.Bytes()) == "managed"
	case "type":
		it.kind = word(s.Bytes())
	case "name":
		it.name = s.Text()
	case "provider_name":
		*provider = word(s.Bytes())
	default:
		s.Skip()
	}
}

// add keeps a resource that this package can tell of.
func (in *input) add(s *jsonscan.Scanner, it item, managed bool, provider string) {
	if s.Err() != nil || !managed {
		return
	}
	if it.address == "" || it.kind == "" {
		s.Fail("a resource has no address or type")
		return
	}
	in.changes++
	if !strings.HasSuffix(provider, "/aws") && provider != "aws" {
		if provider != "terraform.io/builtin/terraform" {
			in.foreign++
		}
		return
	}
	if _, ok := types()[it.kind]; !ok || len(it.values) == 0 || it.values[0] != '{' {
		return
	}
	if !it.split() {
		s.Fail("the address of a resource is not that of its type and name")
		return
	}
	in.items = append(in.items, it)
}

// split takes module and key from the address.
func (it *item) split() bool {
	rest := it.address
	for strings.HasPrefix(rest, "module.") {
		_, _, rest = cutName(rest[len("module."):])
		rest = strings.TrimPrefix(rest, ".")
	}
	it.module = strings.TrimSuffix(it.address[:len(it.address)-len(rest)], ".")
	key, ok := strings.CutPrefix(rest, it.kind+".")
	if !ok {
		return false
	}
	it.key, ok = strings.CutPrefix(key, it.name)
	return ok && (it.key == "" || it.key[0] == '[')
}

func (in *input) change(s *jsonscan.Scanner) {
	it, managed, provider, gone := item{}, false, "", false
	for s.Object(); s.Key(); {
		switch name := string(s.Name()); name {
		case "change":
			gone = in.body(s, &it)
		case "deposed":
			s.Skip()
			gone = true
		default:
			in.envelope(s, &it, name, &managed, &provider)
		}
	}
	if !gone {
		in.add(s, it, managed, provider)
	}
}

// body reads {actions, before, after, …} and reports whether nothing is left
// after it.
func (in *input) body(s *jsonscan.Scanner, it *item) (gone bool) {
	gone = true
	for s.Object(); s.Key(); {
		switch string(s.Name()) {
		case "actions":
			for s.Array(); s.More(); {
				it.create = string(s.Bytes()) == "create" || it.create
			}
		case "after":
			if !s.Null() {
				gone = false
				it.values = in.store.keep(s.Raw())
			}
		case "after_unknown":
			it.unknown = in.keepMask(s.Raw())
		case "after_sensitive":
			it.sensitive = in.keepMask(s.Raw())
		default:
			s.Skip()
		}
	}
	return gone
}

// sharedMasks bounds how many masks are known to be equal to others: instances of
// one resource have the same.
const sharedMasks = 1 << 12

// keepMask keeps a mask that says anything, equal ones once.
func (in *input) keepMask(raw []byte) []byte {
	if !bytes.Contains(raw, []byte("true")) {
		return nil
	}
	if kept, ok := in.kept[string(raw)]; ok {
		return kept
	}
	kept := in.store.keep(raw)
	if in.kept == nil {
		in.kept = map[string][]byte{}
	}
	if len(in.kept) < sharedMasks {
		in.kept[string(raw)] = kept
	}
	return kept
}

// word gives one string for the many equal names of types.
func word(b []byte) string {
	if w, ok := types()[string(b)]; ok {
		return w
	}
	return string(b)
}
