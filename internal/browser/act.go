// SPDX-License-Identifier: Apache-2.0

//go:build unix

package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// finder is the script that finds things on a page as a person does.
//
//go:embed finder.js
var finder string

// Thing is something on a page that can be used. The first that fits counts.
type Thing struct {
	Role   string `json:"role"`             // button, link, field, or a selector of CSS
	Name   string `json:"name,omitempty"`   // what stands on it or beside it; the whole of it
	Within string `json:"within,omitempty"` // words of the row, section or form that it stands in
}

// String says what is meant.
func (t Thing) String() string {
	s := t.Role
	if t.Name != "" {
		s += fmt.Sprintf(" %q", t.Name)
	}
	if t.Within != "" {
		s += fmt.Sprintf(" beside %q", t.Within)
	}
	return s
}

// on is an expression that does something with the thing.
func (t Thing) on(deed string) (string, error) {
	data, err := json.Marshal(t)
	return fmt.Sprintf("(() => { %s; const it = find(%s); %s })()", finder, data, deed), err
}

// point waits until the thing can be seen and is not covered, and gives the
// middle of it.
func (p *Page) point(ctx context.Context, t Thing) (x, y float64, err error) {
	expression, err := t.on("return it ? point(it) : 'is not there'")
	if err != nil {
		return 0, 0, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, Patience, errors.New("it did not come"))
	defer cancel()
	for {
		var got any
		err := p.Eval(ctx, expression, &got)
		if at, ok := got.([]any); ok && err == nil && len(at) == 2 {
			return at[0].(float64), at[1].(float64), nil
		}
		var refused *fault
		if err != nil && !errors.As(err, &refused) {
			return 0, 0, fmt.Errorf("the %s: %w", t, err)
		}
		select {
		case <-time.After(pollEach):
		case <-ctx.Done():
			return 0, 0, fmt.Errorf("the %s %v: %w", t, got, context.Cause(ctx))
		}
	}
}

// Click clicks on the middle of a thing.
func (p *Page) Click(ctx context.Context, t Thing) error {
	x, y, err := p.point(ctx, t)
	if err != nil {
		return err
	}
	for _, kind := range []string{"mouseMoved", "mousePressed", "mouseReleased"} {
		if err := p.call(ctx, "Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Follow clicks on a thing that leads to another document.
func (p *Page) Follow(ctx context.Context, t Thing) error {
	return p.Turn(ctx, func() error { return p.Click(ctx, t) })
}

// Fill writes into a field what a person would: text by the keyboard; of a
// choice it takes the words of an option; a date or number is set.
func (p *Page) Fill(ctx context.Context, t Thing, value string) error {
	if _, _, err := p.point(ctx, t); err != nil {
		return err
	}
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	expression, err := t.on("return fill(it, " + string(data) + ")")
	if err != nil {
		return err
	}
	says := ""
	if err := p.Eval(ctx, expression, &says); err != nil {
		return err
	}
	switch says {
	case "type":
		return p.call(ctx, "Input.insertText", map[string]any{"text": value}, nil)
	case "":
		return nil
	}
	return fmt.Errorf("the %s: %s", t, says)
}

// Press presses a key: "Enter", "Tab", "Escape", or a letter.
func (p *Page) Press(ctx context.Context, key string) error {
	code := map[string]int{"Enter": 13, "Tab": 9, "Escape": 27}[key]
	down := map[string]any{"type": "keyDown", "key": key, "windowsVirtualKeyCode": code}
	if key == "Enter" {
		down["text"] = "\r"
	} else if code == 0 {
		down["text"] = key
	}
	return errors.Join(p.call(ctx, "Input.dispatchKeyEvent", down, nil),
		p.call(ctx, "Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}, nil))
}

// See waits until words stand on the page, in whatever lines and case the
// style shows them.
func (p *Page) See(ctx context.Context, words string) error {
	data, err := json.Marshal(words)
	if err != nil {
		return err
	}
	return p.Await(ctx, fmt.Sprintf("the words %q", words), fmt.Sprintf("(() => { %s; return sees(%s) })()", finder, data), Patience)
}

// Has tells whether a thing is on the page now.
func (p *Page) Has(ctx context.Context, t Thing) (ok bool, err error) {
	expression, err := t.on("return !!it")
	if err != nil {
		return false, err
	}
	return ok, p.Eval(ctx, expression, &ok)
}

// Value gives a property of a thing as text, such as textContent.
func (p *Page) Value(ctx context.Context, t Thing, property string) (out string, err error) {
	if err := p.Await(ctx, t.String(), mustOn(t, "return !!it"), Patience); err != nil {
		return "", err
	}
	return out, p.Eval(ctx, mustOn(t, "return String(it."+property+")"), &out)
}

// mustOn is on for words that are text for certain.
func mustOn(t Thing, deed string) string {
	s, err := t.on(deed)
	if err != nil {
		panic(err)
	}
	return s
}
