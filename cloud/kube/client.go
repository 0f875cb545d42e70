// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"demarc.dev/demarc/cloud"
)

// Limits of what is read of one cluster.
const (
	pageSize     = 500
	maxPage      = 64 << 20
	maxResources = 200_000
	maxRestarts  = 2 // of a list whose pages expired while it was read
)

// client asks the API of one cluster.
type client struct {
	rest     rest.Interface
	host     string
	calls    int64
	repeated int64
	lost     int64
}

// connect reads the kubeconfig. It gives the name of the cluster as it is called
// there, and talks to nobody yet.
func connect(o Options) (*client, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.Kubeconfig
	if o.Kubeconfig != "" {
		if _, err := os.Stat(o.Kubeconfig); err != nil {
			return nil, "", &Refusal{Usage: true, Sentence: "the kubeconfig " + o.Kubeconfig + " cannot be read", Hint: "--kubeconfig FILE", Err: err}
		}
	}
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: o.Context})
	raw, err := loader.RawConfig()
	if err != nil {
		return nil, "", configProblem(err)
	}
	name := raw.CurrentContext
	if o.Context != "" {
		name = o.Context
	}
	if c := raw.Contexts[name]; c != nil && c.Cluster != "" {
		name = c.Cluster
	}
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, "", configProblem(err)
	}
	config.QPS, config.Burst, config.Timeout = 20, 40, time.Minute
	config.UserAgent = "demarc"
	config.WarningHandler = rest.NoWarnings{}
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.AcceptContentTypes, config.ContentType = runtime.ContentTypeJSON, runtime.ContentTypeJSON
	c := &client{host: config.Host}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &counter{next, c} })
	if c.rest, err = rest.UnversionedRESTClientFor(config); err != nil {
		return nil, "", configProblem(err)
	}
	return c, name, nil
}

func configProblem(err error) error {
	return &Refusal{Usage: true, Sentence: "the kubeconfig cannot be used: " + err.Error(), Hint: "kubectl config get-contexts shows what there is; --kubeconfig FILE --context NAME", Err: err}
}

// counter counts answers, and those that say to come again, and bounds each.
type counter struct {
	next http.RoundTripper
	c    *client
}

func (n *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := n.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	n.c.calls++
	if answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode >= 500 && answer.Header.Get("Retry-After") != "" {
		n.c.repeated++
	}
	answer.Body = http.MaxBytesReader(nil, answer.Body, maxPage)
	return answer, nil
}

// get asks for one document.
func (c *client) get(ctx context.Context, path, accept string, parameters url.Values) ([]byte, error) {
	r := c.rest.Get().AbsPath(path)
	for name, values := range parameters {
		for _, v := range values {
			r = r.Param(name, v)
		}
	}
	if accept != "" {
		r = r.SetHeader("Accept", accept)
	}
	answer := r.Do(ctx)
	if err := answer.Error(); err != nil { // with the words of the server
		return nil, err
	}
	return answer.Raw()
}

// page is a part of a list.
type page struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Continue string `json:"continue"`
	} `json:"metadata"`
	Items []json.RawMessage `json:"items"`
}

// metadataOnly is what a list of names alone is asked for with.
const metadataOnly = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"

// list reads a kind to its end, page by page. A list whose pages expire while it
// is read begins anew: again forgets what it brought.
func (c *client) list(ctx context.Context, l listing, take func(*page) error, again func()) error {
	for restarts := 0; ; restarts++ {
		err := c.pages(ctx, l, take)
		if !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err) || restarts >= maxRestarts {
			return err
		}
		again()
	}
}

func (c *client) pages(ctx context.Context, l listing, take func(*page) error) error {
	accept := ""
	if l.resource == "secrets" {
		accept = metadataOnly
	}
	seen, next := 0, ""
	for {
		q := url.Values{"limit": {strconv.Itoa(pageSize)}}
		if next != "" {
			q.Set("continue", next)
		}
		data, err := c.get(ctx, l.path(), accept, q)
		if err != nil {
			return err
		}
		p := &page{}
		if err := json.Unmarshal(data, p); err != nil {
			return fmt.Errorf("%w: %w", errUnreadable, err)
		}
		if accept != "" && p.Kind != "PartialObjectMetadataList" {
			return fmt.Errorf("%w: the server does not give metadata alone, and more is not asked for", errUnsupported)
		}
		if err := take(p); err != nil {
			return fmt.Errorf("%w: %w", errUnreadable, err)
		}
		if seen += len(p.Items); seen > maxResources {
			return errTooMany
		}
		if p.Metadata.Continue == "" {
			return nil
		}
		if p.Metadata.Continue == next || len(p.Items) == 0 {
			return fmt.Errorf("%w: its pages never end", errUnreadable)
		}
		next = p.Metadata.Continue
	}
}

var (
	errUnreadable  = errors.New("the answer cannot be understood")
	errUnsupported = errors.New("it is not supported")
	errTooMany     = fmt.Errorf("more than %d of a kind are not read", maxResources)
)

// gapOf says why a list could not be read.
func gapOf(l listing, err error) cloud.Gap {
	g := cloud.Gap{Reason: cloud.Unavailable, Call: call(l), Detail: short(err)}
	var network net.Error
	switch {
	case apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		g.Reason = cloud.Denied
	case apierrors.IsTooManyRequests(err):
		g.Reason = cloud.Throttled
	case apierrors.IsNotFound(err), apierrors.IsMethodNotSupported(err):
		g.Reason = cloud.NotEnabled
	case apierrors.IsNotAcceptable(err), errors.Is(err, errUnsupported):
		g.Reason = cloud.Unsupported
	case errors.Is(err, errUnreadable):
		g.Reason = cloud.Unreadable
	case errors.Is(err, errTooMany):
		g.Reason = cloud.NotCollected
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err), errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		g.Reason = cloud.Timeout
	}
	return g
}

// call names a list as gaps and resources tell it.
func call(l listing) string {
	if l.group == "" {
		return "list " + l.resource
	}
	return "list " + l.resource + "." + l.group
}

func short(err error) string {
	text := strings.ToValidUTF8(strings.Join(strings.Fields(err.Error()), " "), "�")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "…"
	}
	return text
}
