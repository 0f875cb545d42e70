// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"demarc.dev/demarc/cloud"
)

// failure is what an error of the SDK means.
type failure struct {
	reason    cloud.Reason
	detail    string          // or "", with api
	api       smithy.APIError // whose words are cleaned only when they are told
	again     bool            // worth another attempt; after the last one, the answer is lost
	throttled bool
	expired   bool // the credentials have ended: nothing more can be read
}

var (
	deniedCodes = []string{"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "AuthorizationErrorException",
		"UnauthorizedException", "NotAuthorized", "Forbidden", "InsufficientPrivilegesException", "SignatureDoesNotMatch"}
	expiredCodes = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
	// The credentials are known to be good when a unit begins: a region that
	// does not know them is one that is not enabled.
	disabledCodes = []string{"OptInRequired", "SubscriptionRequiredException", "SubscriptionRequired", "NotSignedUp",
		"UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "AuthFailure"}
	unknownCodes = []string{"UnknownOperationException", "InvalidAction", "UnsupportedOperation", "UnsupportedOperationException",
		"NotImplemented", "NotImplementedException", "UnknownOperation"}
	faultCodes = []string{"InternalError", "InternalFailure", "InternalServerError", "InternalServiceError", "InternalServiceErrorException",
		"InternalServerException", "ServiceUnavailable", "ServiceUnavailableException", "Unavailable", "ServiceException", "InternalException"}
)

// diagnose tells what err means. The words of the answer are the same for the
// same cause: no port, no request id, no time.
func diagnose(err error) failure {
	if canceled := (*aws.RequestCanceledError)(nil); errors.As(err, &canceled) || errors.Is(err, context.Canceled) {
		return failure{reason: cloud.NotCollected, detail: "the run was stopped"}
	}
	var status int
	var html bool
	if answer := (*smithyhttp.ResponseError)(nil); errors.As(err, &answer) && answer.Response != nil {
		status = answer.HTTPStatusCode()
		html = strings.HasPrefix(answer.HTTPResponse().Header.Get("Content-Type"), "text/html")
	}
	if api := smithy.APIError(nil); errors.As(err, &api) && api.ErrorCode() != "UnknownError" && !html {
		return diagnoseCode(api, status)
	}
	if f, ok := diagnoseNetwork(err); ok {
		return f // also of an answer that was cut in its middle
	}
	if status > 0 {
		return diagnoseStatus(status, html)
	}
	return failure{reason: cloud.Unreadable, detail: "the call could not be made"}
}

// words tell what failed: the same for the same cause.
func (f failure) words() string {
	if f.api != nil {
		return words(f.api.ErrorCode(), f.api.ErrorMessage())
	}
	return f.detail
}

func diagnoseCode(api smithy.APIError, status int) failure {
	code := api.ErrorCode()
	f := failure{reason: cloud.Unreadable, api: api}
	_, throttle := retry.DefaultThrottleErrorCodes[code]
	_, retryable := retry.DefaultRetryableErrorCodes[code]
	switch {
	case throttle || code == "SlowDown" || status == http.StatusTooManyRequests:
		f.reason, f.again, f.throttled = cloud.Throttled, true, true
	case slices.Contains(expiredCodes, code):
		f.reason, f.expired = cloud.Denied, true
	case slices.Contains(disabledCodes, code):
		f.reason = cloud.NotEnabled
	case slices.Contains(unknownCodes, code) || status == http.StatusNotImplemented:
		f.reason = cloud.Unsupported
	case slices.Contains(deniedCodes, code) || status == http.StatusForbidden:
		f.reason = cloud.Denied
	case retryable || slices.Contains(faultCodes, code) || status >= 500:
		f.reason, f.again = cloud.Unavailable, true
	}
	return f
}

// diagnoseStatus judges an answer that has no code: a HEAD, a gateway's page.
func diagnoseStatus(status int, html bool) failure {
	f := failure{reason: cloud.Unreadable, detail: "HTTP " + http.StatusText(status)}
	switch {
	case status < 300:
		// It may have been cut where its length did not tell.
		f.detail, f.again = "the answer is not in the form of this call", true
	case status == http.StatusTooManyRequests:
		f.reason, f.again, f.throttled = cloud.Throttled, true, true
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		f.reason = cloud.Denied
	case html && (status == http.StatusInternalServerError || status == http.StatusNotFound || status == http.StatusMethodNotAllowed),
		status == http.StatusNotImplemented:
		// The provider answers in its own form; a page comes from an endpoint
		// that does not know the call.
		f.reason = cloud.Unsupported
	case status >= 500:
		f.reason, f.again = cloud.Unavailable, true
	}
	return f
}

func diagnoseNetwork(err error) (failure, bool) {
	var dns *net.DNSError
	var network net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return failure{reason: cloud.Unsupported, detail: "the service has no endpoint in this region"}, true
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return failure{reason: cloud.Timeout, detail: "no answer in time", again: true}, true
	case errors.Is(err, syscall.ECONNREFUSED):
		return failure{reason: cloud.Unavailable, detail: "the connection was refused", again: true}, true
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return failure{reason: cloud.Unavailable, detail: "the connection was cut", again: true}, true
	}
	if send := (*smithyhttp.RequestSendError)(nil); errors.As(err, &send) || network != nil {
		return failure{reason: cloud.Unavailable, detail: "the network failed", again: true}, true
	}
	return failure{}, false
}

// noise is what differs between two refusals of the same thing, or may be used
// to learn more than the reader of a snapshot should: encoded messages, ids.
var noise = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(encoded authorization failure message: \S+|\(?\brequest ?id:? ?[0-9a-z-]+\)?|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)`)
})

func words(code, message string) string {
	message = strings.Join(strings.Fields(scrub(noise().ReplaceAllString(message, ""))), " ")
	if r := []rune(message); len(r) > 240 {
		message = string(r[:240]) + " …"
	}
	if message == "" {
		return code
	}
	return code + ": " + message
}

// codeOf gives the provider's code of an error, or "".
func codeOf(err error) string {
	if api := smithy.APIError(nil); errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// absent tells that the provider said, in one of the codes, that there is no
// such thing: that is a fact, not a gap.
func absent(err error, codes ...string) bool {
	return err != nil && slices.Contains(codes, codeOf(err))
}

// gapOf makes an error of the SDK a gap.
func gapOf(err error) cloud.Gap {
	f := diagnose(err)
	g := cloud.Gap{Reason: f.reason, Detail: f.words()}
	if op := (*smithy.OperationError)(nil); errors.As(err, &op) {
		g.Call = action(op.ServiceID, op.OperationName)
	}
	if own := (*gapError)(nil); errors.As(err, &own) {
		return own.gap
	}
	return g
}

// gapError carries a gap of our own making through the paths of errors.
type gapError struct{ gap cloud.Gap }

func (e *gapError) Error() string { return string(e.gap.Reason) + ": " + e.gap.Detail }

func missing(reason cloud.Reason, call, detail string) error {
	return &gapError{cloud.Gap{Reason: reason, Call: call, Detail: detail}}
}
