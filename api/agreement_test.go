// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"demarc.dev/demarc/agreement"
	"demarc.dev/demarc/app"
)

// TestAgreements hands an agreement in, decides on it and takes its report.
func TestAgreements(t *testing.T) {
	h := open(t)
	token := h.everything()
	words, err := json.Marshal([]byte("# Terms\n\n2. Incidents. Provider shall notify Customer of any security breach within 48 hours.\n"))
	ok(t, err)
	const path = at + "/agreement"
	files := `"files":[{"name":"terms.md","data":` + string(words) + `}]`
	want(t, "handing in", h.do(http.MethodPost, path, token, `{"name":"Mailer","packs":["gdpr28"],`+files+`}`), http.StatusCreated)
	var read app.AgreementReading
	h.get(path+"/g2", token, &read)
	state := agreement.State("")
	for _, f := range read.Review.Findings {
		if f.Requirement == "incident-notice" && f.Quote != nil && strings.Contains(f.Quote.Text, "48 hours") {
			state = f.State
		}
	}
	if state != agreement.Met || read.Review.Disclaimer == "" {
		t.Errorf("the notice is %q, of %d findings", state, len(read.Review.Findings))
	}
	want(t, "deciding", h.do(http.MethodPost, path+"/g2/decide", token, `{"key":"gdpr28/incident-notice","verdict":"accepted"}`), http.StatusOK)
	want(t, "an override without a reason", h.do(http.MethodPost, path+"/g2/decide", token, `{"key":"gdpr28/incident-notice","verdict":"overridden","state":"weak"}`), http.StatusUnprocessableEntity)
	want(t, "a new version", h.do(http.MethodPost, path+"/g2/version", token, `{`+files+`}`), http.StatusCreated)
	report := h.do(http.MethodPost, path+"/g2/report", token, `{"format":"pdf"}`)
	if want(t, "the report", report, http.StatusOK); !bytes.HasPrefix(report.Body.Bytes(), []byte("%PDF")) {
		t.Error("the report is no PDF")
	}
	want(t, "taking it away", h.do(http.MethodDelete, path+"/g2", token, ""), http.StatusNoContent)
	want(t, "afterwards", h.do(http.MethodGet, path+"/g2", token, ""), http.StatusNotFound)
}
