// SPDX-License-Identifier: Apache-2.0

//go:build unix

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Page is one page of one person: its cookies are shared with no other. Its
// methods are for one goroutine.
type Page struct {
	b                       *Browser
	context, target, handle string
	frame                   string // the main frame
	downloads               string // folder

	mu      sync.Mutex
	changed chan struct{} // closed at every event, and made anew
	state
}

// state is what the events told so far.
type state struct {
	loader, loaded string // the document that is shown, and the last that was whole
	status         int    // of the answer that the document came in
	headers        map[string]string
	asked          map[string]string // request → address
	faults         []string
	arrived        string // file of the last download
}

// Open opens a page for a person who has never been here.
func (b *Browser) Open(ctx context.Context, downloads string) (_ *Page, err error) {
	p := &Page{b: b, downloads: downloads, changed: make(chan struct{}), state: state{asked: map[string]string{}}}
	var made struct{ BrowserContextID, TargetID, SessionID string }
	if err := b.call(ctx, "", "Target.createBrowserContext", map[string]any{"disposeOnDetach": true}, &made); err != nil {
		return nil, err
	}
	p.context = made.BrowserContextID
	if err := b.call(ctx, "", "Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": p.context}, &made); err != nil {
		return nil, err
	}
	p.target, p.frame = made.TargetID, made.TargetID // the main frame bears the id of its target
	if err := b.call(ctx, "", "Target.attachToTarget", map[string]any{"targetId": p.target, "flatten": true}, &made); err != nil {
		return nil, err
	}
	p.handle = made.SessionID
	b.hear(p.handle, p.heard)
	steps := []struct {
		method string
		params any
	}{
		{"Page.enable", nil}, {"Page.setLifecycleEventsEnabled", map[string]any{"enabled": true}}, {"Runtime.enable", nil}, {"Network.enable", nil}, {"Log.enable", nil}, {"Audits.enable", nil},
		{"Browser.setDownloadBehavior", map[string]any{"behavior": "allowAndName", "browserContextId": p.context, "downloadPath": downloads, "eventsEnabled": true}},
	}
	for _, s := range steps {
		if err := p.call(ctx, s.method, s.params, nil); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Close closes the page and forgets the person.
func (p *Page) Close(ctx context.Context) error {
	p.b.hear(p.handle, nil)
	return p.b.call(ctx, "", "Target.disposeBrowserContext", map[string]any{"browserContextId": p.context}, nil)
}

func (p *Page) call(ctx context.Context, method string, params, result any) error {
	return p.b.call(ctx, p.handle, method, params, result)
}

// heard takes an event.
func (p *Page) heard(e event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(e, p.frame)
	close(p.changed)
	p.changed = make(chan struct{})
}

// note changes the state by an event.
func (s *state) note(e event, frame string) {
	var x struct {
		FrameID, LoaderID, Name, RequestID, ErrorText, Type, GUID, State, Message string
		Canceled                                                                  bool
		Request, Response                                                         struct {
			URL     string
			Status  int
			Headers map[string]string
		}
		Entry            struct{ Level, Text, URL string }
		Args             []struct{ Value, Description any }
		ExceptionDetails struct {
			Text, URL string
			Exception struct{ Description string }
		}
		Issue struct {
			Code    string
			Details json.RawMessage
		}
	}
	if err := json.Unmarshal(e.Params, &x); err != nil {
		s.fault("an event that cannot be read: %s: %v", e.Method, err)
		return
	}
	switch e.Method {
	case "Page.lifecycleEvent":
		s.turn(x.FrameID == frame, x.Name, x.LoaderID)
	case "Page.javascriptDialogOpening":
		s.fault("a dialogue opened: %s", x.Message)
	case "Network.requestWillBeSent":
		s.asked[x.RequestID] = x.Request.URL
	case "Network.responseReceived":
		if x.Type == "Document" && x.FrameID == frame {
			s.status, s.headers = x.Response.Status, x.Response.Headers
		} else if x.Response.Status >= 400 {
			s.fault("%s answered %d", x.Response.URL, x.Response.Status)
		}
	case "Network.loadingFailed":
		if !x.Canceled && x.ErrorText != "net::ERR_ABORTED" { // what became a download
			s.fault("%s failed: %s", s.asked[x.RequestID], x.ErrorText)
		}
	case "Log.entryAdded":
		if x.Entry.Level == "error" && !strings.HasPrefix(x.Entry.Text, "Failed to load resource") { // which is told above
			s.fault("the console says: %s %s", x.Entry.Text, x.Entry.URL)
		}
	case "Runtime.consoleAPICalled":
		if x.Type == "error" || x.Type == "warning" || x.Type == "assert" {
			s.fault("the console says: %v", x.Args)
		}
	case "Runtime.exceptionThrown":
		s.fault("a script failed: %s %s %s", x.ExceptionDetails.Text, x.ExceptionDetails.Exception.Description, x.ExceptionDetails.URL)
	case "Audits.issueAdded":
		if x.Issue.Code == "ContentSecurityPolicyIssue" {
			s.fault("the content security policy forbids: %s", x.Issue.Details)
		}
	case "Page.downloadProgress":
		if x.State == "completed" {
			s.arrived = x.GUID
		}
	}
}

// turn follows the life of the documents of the main frame.
func (s *state) turn(main bool, name, loader string) {
	switch {
	case !main:
	case name == "init":
		s.loader = loader
	case name == "load":
		s.loaded = loader
	}
}

func (s *state) fault(format string, args ...any) {
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}

// until waits until ready finds the state so; what says what was waited for.
func (p *Page) until(ctx context.Context, what string, ready func(*state) bool) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for {
		p.mu.Lock()
		ok, changed := ready(&p.state), p.changed
		p.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting until %s: %w", what, context.Cause(ctx))
		}
	}
}

// Turn does something that must lead to another document, and waits until that
// is whole.
func (p *Page) Turn(ctx context.Context, act func() error) error {
	p.mu.Lock()
	before := p.loader
	p.mu.Unlock()
	if err := act(); err != nil {
		return err
	}
	return p.until(ctx, "another page is there", func(s *state) bool { return s.loader != before && s.loaded == s.loader })
}

// Visit opens an address, as if it had been typed.
func (p *Page) Visit(ctx context.Context, address string) error {
	return p.Turn(ctx, func() error {
		var got struct{ ErrorText string }
		err := p.call(ctx, "Page.navigate", map[string]any{"url": address}, &got)
		if err == nil && got.ErrorText != "" {
			err = fmt.Errorf("opening %s: %s", address, got.ErrorText)
		}
		return err
	})
}

// Download does something that must lead to a file, and gives its path.
func (p *Page) Download(ctx context.Context, act func() error) (string, error) {
	p.mu.Lock()
	p.arrived = ""
	p.mu.Unlock()
	if err := act(); err != nil {
		return "", err
	}
	file := ""
	err := p.until(ctx, "a file has come", func(s *state) bool { file = s.arrived; return file != "" })
	return p.downloads + "/" + file, err
}

// Status gives the status of the answer that the page came in, and its headers.
func (p *Page) Status() (int, map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.status, p.headers
}

// Faults gives what went wrong in the page since the last time, and forgets it:
// errors on the console, what the content security policy forbade, failed
// requests, dialogues.
func (p *Page) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.faults
	p.faults = nil
	return out
}

// AwaitFault waits until something is wrong that Faults did not give yet.
func (p *Page) AwaitFault(ctx context.Context) error {
	return p.until(ctx, "something is wrong", func(s *state) bool { return len(s.faults) > 0 })
}

// View sets the size of the window in CSS pixels, and the colour scheme.
func (p *Page) View(ctx context.Context, width, height int, dark bool) error {
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	err := p.call(ctx, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]string{"name": "prefers-color-scheme", "value": scheme}, map[string]string{"name": "prefers-reduced-motion", "value": "reduce"}}}, nil)
	return errors.Join(err, p.call(ctx, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}, nil))
}

// pictureMost is how much of a long page a picture shows, in pixels.
const pictureMost = 4000

// Picture gives the page as PNG.
func (p *Page) Picture(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	var got struct{ Data []byte }
	var size struct {
		CSSContentSize struct{ Width, Height float64 }
	}
	if err := p.call(ctx, "Page.getLayoutMetrics", nil, &size); err != nil {
		return nil, err
	}
	clip := map[string]any{"x": 0, "y": 0, "width": size.CSSContentSize.Width, "height": min(pictureMost, size.CSSContentSize.Height), "scale": 1}
	err := p.call(ctx, "Page.captureScreenshot", map[string]any{"captureBeyondViewport": true, "clip": clip}, &got)
	return got.Data, err
}

// Eval gives the value of an expression in the page; out may be nil. It waits
// for a promise.
func (p *Page) Eval(ctx context.Context, expression string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct{ Exception struct{ Description string } }
	}
	if err := p.call(ctx, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true}, &got); err != nil {
		return err
	}
	if got.ExceptionDetails != nil {
		return errors.New(got.ExceptionDetails.Exception.Description)
	}
	if out == nil || got.Result.Value == nil {
		return nil
	}
	return json.Unmarshal(got.Result.Value, out)
}

// pollEach is how often a page is looked at anew while something is awaited
// that no event tells.
const pollEach = 20 * time.Millisecond

// Await evaluates an expression until it is true, at most for so long. A page
// that changes meanwhile is asked again.
func (p *Page) Await(ctx context.Context, what, expression string, most time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, most, errors.New("it did not come"))
	defer cancel()
	for {
		ok := false
		err := p.Eval(ctx, expression, &ok)
		var refused *fault
		if err == nil && ok {
			return nil
		}
		if err != nil && !errors.As(err, &refused) {
			return fmt.Errorf("waiting for %s: %w", what, err)
		}
		select {
		case <-time.After(pollEach):
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, context.Cause(ctx))
		}
	}
}
