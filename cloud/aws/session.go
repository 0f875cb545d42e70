// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// placeholder stands for the account in the template of a role.
const placeholder = "{account}"

// session is what the units of a run share.
type session struct {
	o         *Options
	base      aws.Config
	caller    string // the account that the credentials belong to
	partition string // aws, aws-cn, aws-us-gov
	flight    chan struct{}
	stop      context.CancelCauseFunc
	own       counters // of the calls before the units
	watch     *watch

	mu      sync.Mutex
	buckets map[[3]string]*bucket
}

// open finds the credentials and asks whose they are.
func open(ctx context.Context, o *Options, stop context.CancelCauseFunc) (*session, error) {
	s := &session{o: o, flight: make(chan struct{}, o.Concurrency), stop: stop, buckets: map[[3]string]*bucket{}}
	s.watch = &watch{stop: s.refuse, name: o.Endpoint, dead: o.dead}
	client, err := httpClient(o)
	if err != nil {
		return nil, err
	}
	load := []func(*config.LoadOptions) error{config.WithHTTPClient(client)}
	if o.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(o.Profile))
	}
	s.base, err = config.LoadDefaultConfig(ctx, append(load, config.WithLogger(logging.Nop{}))...)
	if err != nil {
		return nil, badConfiguration(o.Profile, err)
	}
	if o.Endpoint != "" {
		s.base.BaseEndpoint = aws.String(o.Endpoint)
	}
	if s.base.Region == "" {
		s.base.Region = "us-east-1"
	}
	if _, err := s.base.Credentials.Retrieve(ctx); err != nil {
		return nil, noCredentials(o.Profile, err)
	}
	who, err := sts.NewFromConfig(s.config("", s.base.Region, s.base.Credentials, &s.own)).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, badCredentials(o.Profile, o.Endpoint, err)
	}
	s.caller = aws.ToString(who.Account)
	s.partition = "aws"
	if parts := strings.Split(aws.ToString(who.Arn), ":"); len(parts) > 1 && parts[1] != "" {
		s.partition = parts[1]
	}
	return s, nil
}

// httpClient keeps as many connections as calls may be in flight. With an
// endpoint it dials nothing else: S3 Control puts the account before the host's
// name, which no emulator's name resolves.
func httpClient(o *Options) (aws.HTTPClient, error) {
	dial := (&net.Dialer{Timeout: o.timeout}).DialContext
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, &Refusal{Sentence: "the endpoint " + o.Endpoint + " is no http or https address", Hint: "write it as http://127.0.0.1:5000", Usage: true, Err: err}
		}
		host := u.Host
		if u.Port() == "" {
			host = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
		}
		plain := dial
		dial = func(ctx context.Context, network, _ string) (net.Conn, error) { return plain(ctx, network, host) }
	}
	return awshttp.NewBuildableClient().WithTimeout(o.timeout).WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 4*o.Concurrency, o.Concurrency
		t.DialContext = dial
	}), nil
}

// config gives the configuration for one account and region whose calls are
// paced and counted.
func (s *session) config(account, region string, credentials aws.CredentialsProvider, c *counters) aws.Config {
	p := &pacer{s: s, account: account, region: region, unit: c}
	cfg := s.base.Copy()
	cfg.Region, cfg.Credentials = region, credentials
	cfg.Retryer = func() aws.Retryer { return p }
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error { return p.count(stack) })
	return cfg
}

// bucket gives the pace of a service in an account and region.
func (s *session) bucket(account, region, service string) *bucket {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := [3]string{account, region, service}
	b := s.buckets[key]
	if b == nil {
		b = &bucket{}
		s.buckets[key] = b
	}
	return b
}

// refuse ends the run with a problem that a person must mend.
func (s *session) refuse(r *Refusal) { s.stop(r) }

// home is the region of the partition's global services.
func (s *session) home() string {
	switch s.partition {
	case "aws-cn":
		return "cn-north-1"
	case "aws-us-gov":
		return "us-gov-west-1"
	}
	return "us-east-1"
}

// credentials gives those for an account: the session's own, or a role's.
func (s *session) credentials(account string) aws.CredentialsProvider {
	if s.o.RoleARN == "" || s.o.ExternalID == "" && strings.Contains(s.o.RoleARN, placeholder) && account == s.caller {
		return s.base.Credentials
	}
	client := sts.NewFromConfig(s.config("", s.base.Region, s.base.Credentials, &s.own))
	role := strings.ReplaceAll(s.o.RoleARN, placeholder, account)
	return aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(client, role, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "demarc"
		if s.o.ExternalID != "" {
			o.ExternalID = aws.String(s.o.ExternalID)
		}
	}))
}

func badConfiguration(profile string, err error) error {
	var absent config.SharedConfigProfileNotExistError
	if errors.As(err, &absent) {
		return &Refusal{Sentence: "the shared AWS configuration has no profile " + profile, Hint: "list the profiles with: aws configure list-profiles", Usage: true, Err: err}
	}
	return &Refusal{Sentence: "the shared AWS configuration cannot be read", Hint: "look at ~/.aws/config and ~/.aws/credentials, and at the environment's AWS_ variables", Usage: true, Err: err}
}

func badCredentials(profile, endpoint string, err error) error {
	f := diagnose(err)
	if _, network := diagnoseNetwork(err); network && codeOf(err) == "" {
		return unreachable(endpoint, err)
	}
	switch code := codeOf(err); {
	case f.expired:
		return expired(profile, err)
	case slices.Contains(disabledCodes, code) || code == "SignatureDoesNotMatch":
		return &Refusal{Sentence: "AWS does not know these credentials (" + code + ")", Hint: "look at AWS_ACCESS_KEY_ID or the profile; keys that were deleted or belong to another partition look like this", Err: err}
	case code != "":
		return &Refusal{Sentence: "AWS refused to say whose the credentials are: " + f.words(), Hint: "try: aws sts get-caller-identity", Err: err}
	}
	return &Refusal{Sentence: "the answer to whose the credentials are cannot be understood: " + f.words(), Hint: "look at HTTPS_PROXY and --endpoint: something else than AWS answers there", Err: err}
}

// noCredentials tells why there are none. Credentials may themselves lie behind
// the network: a sign-in page, or another account's role. The address at which
// a machine of AWS finds its own is no such thing: elsewhere nobody answers.
func noCredentials(profile string, err error) error {
	var asked *smithy.OperationError
	away := errors.As(err, &asked) && slices.Contains([]string{"SSO", "SSO OIDC", "STS"}, asked.ServiceID)
	if _, network := diagnoseNetwork(err); away && network && codeOf(err) == "" {
		return unreachable("", err)
	}
	if diagnose(err).expired {
		return expired(profile, err)
	}
	return &Refusal{Sentence: "no AWS credentials were found", Hint: "sign in, for example with: aws sso login --profile NAME, and pass --profile NAME; or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", Err: err}
}

func expired(profile string, err error) *Refusal {
	hint := "sign in again"
	if profile != "" {
		hint += ", for example with: aws sso login --profile " + profile
	}
	return &Refusal{Sentence: "the AWS credentials have expired", Hint: hint + ", then run the same command: what was read is kept in the spool", Err: err}
}
