// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"fmt"
	"reflect"
)

// turns names the members that carry the place in a list: of the question and
// of the answer.
var turns = [...][2]string{
	{"NextToken", "NextToken"},
	{"Marker", "NextMarker"},
	{"Marker", "Marker"},
	{"ContinuationToken", "ContinuationToken"},
	{"PaginationToken", "PaginationToken"},
	{"ExclusiveStartTableName", "LastEvaluatedTableName"},
}

// lister asks for page after page of a list. The SDK has such a thing for each
// call, but it takes the client as an interface, and a type that becomes an
// interface keeps all its methods in the binary as soon as any library looks
// methods up by name: those of EC2 alone are more than all of ours. So never
// hand a client to an interface; hand over its method.
type lister[In, Out, Option any] struct {
	call      func(context.Context, *In, ...Option) (*Out, error)
	in        In
	ask, tell int // the index of the token in the question and in the answer
	begun     bool
	err       error
}

// paged begins the list that call answers; in stays as it is.
func paged[In, Out, Option any](call func(context.Context, *In, ...Option) (*Out, error), in *In) *lister[In, Out, Option] {
	l := &lister[In, Out, Option]{call: call, in: *in}
	asks, tells := reflect.TypeFor[In](), reflect.TypeFor[Out]()
	text := reflect.TypeFor[*string]()
	for _, t := range turns {
		a, asked := asks.FieldByName(t[0])
		b, told := tells.FieldByName(t[1])
		if asked && told && a.Type == text && b.Type == text {
			l.ask, l.tell = a.Index[0], b.Index[0]
			return l
		}
	}
	l.err = fmt.Errorf("paging through %s: it has no token that is known", asks)
	return l
}

// token gives the token of the next page; "" is the first one's and the end's.
func (l *lister[In, Out, Option]) token() *string {
	return reflect.ValueOf(&l.in).Elem().Field(l.ask).Interface().(*string)
}

// more tells whether there is another page.
func (l *lister[In, Out, Option]) more() bool {
	if !l.begun {
		return true
	}
	t := l.token()
	return t != nil && *t != ""
}

// next asks for the next page. A list that gives the token it was asked with
// never ends: that is an error.
func (l *lister[In, Out, Option]) next(ctx context.Context) (*Out, error) {
	if l.err != nil {
		return nil, l.err
	}
	in := l.in // the SDK may keep what it was given
	out, err := l.call(ctx, &in)
	if err != nil {
		return nil, err
	}
	at := reflect.ValueOf(out).Elem().Field(l.tell).Interface().(*string)
	if old := l.token(); l.begun && old != nil && at != nil && *at != "" && *old == *at {
		return nil, fmt.Errorf("paging through %T: the answer leads back to its own page", l.in)
	}
	l.begun = true
	reflect.ValueOf(&l.in).Elem().Field(l.ask).Set(reflect.ValueOf(at))
	return out, nil
}

// pages hands over page after page, to the last or to an error.
func pages[In, Out, Option any](ctx context.Context, call func(context.Context, *In, ...Option) (*Out, error), in *In, page func(*Out)) error {
	l := paged(call, in)
	for l.more() {
		out, err := l.next(ctx)
		if err != nil {
			return err
		}
		page(out)
	}
	return nil
}
