// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"demarc.dev/demarc/internal/emulator"
	"demarc.dev/demarc/internal/replayproxy"
)

// server is the child that keeps the emulator and its proxies. It is asked by a
// line on its standard input and answers with an address:
//
//	record             the proxy that asks the emulator and remembers
//	replay LATENCY N   a proxy over what is remembered, N requests a second (0: all)
//	crowd N            the same without latency, with N disks more
//
// It ends with its standard input.
type server struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (h *host) serve(ctx context.Context, things int) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "child", "serve", strconv.Itoa(things))
	cmd.Dir, cmd.Stderr = h.root, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &server{cmd, in, bufio.NewReader(out)}, cmd.Start()
}

func (s *server) ask(format string, args ...any) (string, error) {
	if _, err := fmt.Fprintf(s.in, format+"\n", args...); err != nil {
		return "", fmt.Errorf("asking the replaying server: %w", err)
	}
	line, err := s.out.ReadString('\n')
	if err != nil {
		return "", errors.New("the replaying server ended; the emulator must be there (.ci/need installs it)")
	}
	return strings.TrimSpace(line), nil
}

func (s *server) stop() {
	s.in.Close()
	_ = s.cmd.Wait() // it has nothing left to say
}

// serveChild is the server. The number is of each sort of thing to begin with.
func serveChild(_ context.Context, args []string) (any, error) {
	things, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	moto, err := emulator.Start()
	if err != nil {
		return nil, err
	}
	defer moto.Stop()
	if err := populate(moto.URL, things); err != nil {
		return nil, err
	}
	upstream := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	recorder := replayproxy.New(moto.URL, replayproxy.Options{Client: upstream})
	recording := httptest.NewServer(recorder)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) == 1 && fields[0] == "record":
			fmt.Println(recording.URL)
		case len(fields) == 3 && fields[0] == "replay":
			wait, err := time.ParseDuration(fields[1])
			rate, err2 := strconv.Atoi(fields[2])
			if err := errors.Join(err, err2); err != nil {
				return nil, err
			}
			fmt.Println(httptest.NewServer(recorder.With(replayproxy.Options{Latency: wait, Rate: rate, Client: upstream})).URL)
		case len(fields) == 2 && fields[0] == "crowd":
			n, err := strconv.Atoi(fields[1])
			if err != nil {
				return nil, err
			}
			fmt.Println(httptest.NewServer(crowd{recorder, n}).URL)
		default:
			return nil, fmt.Errorf("the replaying server does not know %q", lines.Text())
		}
	}
	return struct{}{}, nil
}

// populate makes n stores, half as many users, roles and snapshots in the
// emulator, over its own API.
func populate(url string, n int) error {
	const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	var requests []*http.Request
	var faults []error
	request := func(method, path, service, body string) {
		r, err := http.NewRequest(method, url+path, strings.NewReader(body))
		if err != nil {
			faults = append(faults, err)
			return
		}
		if method == http.MethodPost {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIABENCH/20260901/eu-central-1/"+service+"/aws4_request, SignedHeaders=host, Signature=0")
		requests = append(requests, r)
	}
	for i := range n {
		request(http.MethodPut, fmt.Sprintf("/larkspur-bench-%04d", i), "s3", "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>")
	}
	for i := range n / 2 {
		request(http.MethodPost, "/", "iam", fmt.Sprintf("Action=CreateUser&Version=2010-05-08&UserName=robot-%04d", i))
		request(http.MethodPost, "/", "iam", fmt.Sprintf("Action=CreateRole&Version=2010-05-08&RoleName=role-%04d&AssumeRolePolicyDocument=%s", i, escape(trust)))
		request(http.MethodPost, "/", "sqs", fmt.Sprintf("Action=CreateQueue&Version=2012-11-05&QueueName=queue-%04d", i))
	}
	return errors.Join(errors.Join(faults...), sendAll(requests))
}

// sendAll sends the requests, some at a time; each must be answered well.
func sendAll(requests []*http.Request) error {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	queue := make(chan *http.Request)
	faults := make([]error, 8)
	var group sync.WaitGroup
	for w := range faults {
		group.Go(func() {
			for r := range queue {
				res, err := client.Do(r)
				if err == nil {
					var text []byte
					text, err = io.ReadAll(res.Body)
					res.Body.Close()
					if res.StatusCode/100 != 2 {
						err = fmt.Errorf("filling the emulator: %s %s: %s: %.200s", r.Method, r.URL.Path, res.Status, text)
					}
				}
				faults[w] = errors.Join(faults[w], err)
			}
		})
	}
	for _, r := range requests {
		queue <- r
	}
	close(queue)
	group.Wait()
	return errors.Join(faults...)
}
