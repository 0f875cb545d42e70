// SPDX-License-Identifier: Apache-2.0

package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

// SSH says how another machine is reached. There is no field for a password:
// keys are taken from files and from the agent.
type SSH struct {
	Host       string        // name or address
	Port       string        // empty: 22
	User       string        // who signs in there
	Keys       []string      // files of private keys without a passphrase
	Agent      string        // socket of an agent; empty: none
	KnownHosts string        // file of the keys of machines; a machine that is not in it is refused
	Sudo       bool          // the shell there runs by sudo, which must not ask for a password
	Timeout    time.Duration // of connecting and of each answer; 0: 30 seconds
}

func (s *SSH) address() string { return net.JoinHostPort(s.Host, cmp.Or(s.Port, "22")) }

func (s *SSH) timeout() time.Duration { return cmp.Or(s.Timeout, 30*time.Second) }

func (s *SSH) refuse(err error, sentence, hint string) *Refusal {
	if err != nil {
		sentence += ": " + err.Error()
	}
	return &Refusal{Sentence: s.address() + ": " + sentence, Hint: hint, Err: err}
}

// dial signs in and begins the shell that prints files.
func dial(ctx context.Context, s *SSH) (*remote, error) {
	config, done, err := s.config()
	if err != nil {
		return nil, err
	}
	defer done()
	d := net.Dialer{Timeout: s.timeout()}
	wire, err := d.DialContext(ctx, "tcp", s.address())
	if err != nil {
		return nil, s.refuse(err, "it cannot be reached", "is its SSH server running, and does the network let us through?")
	}
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	timer := time.AfterFunc(s.timeout(), func() { wire.Close() })
	conn, channels, requests, err := ssh.NewClientConn(wire, s.address(), config)
	if !timer.Stop() && err == nil {
		err = errors.New("no answer in time")
	}
	if err != nil {
		stop()
		wire.Close()
		return nil, s.signInProblem(err)
	}
	r := &remote{client: ssh.NewClient(conn, channels, requests), stop: stop, timeout: s.timeout()}
	if err := r.begin(s); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// signInProblem tells a machine that is not known from one that knows us not.
func (s *SSH) signInProblem(err error) *Refusal {
	var key *knownhosts.KeyError
	if errors.As(err, &key) {
		if len(key.Want) == 0 {
			return s.refuse(nil, "its key is not in "+s.KnownHosts, fmt.Sprintf("compare the key with its owner's word, then: ssh-keyscan -p %s %s >> %s", cmp.Or(s.Port, "22"), s.Host, s.KnownHosts))
		}
		return s.refuse(nil, "its key is another one than "+s.KnownHosts+" holds", "somebody may stand between; ask the owner whether the key was changed, before you remove the old line")
	}
	return s.refuse(err, "it did not let us in", "demarc collect host --ssh USER@HOST --identity FILE, or put the key into the agent: ssh-add FILE")
}

// config gathers the keys of both sides. done closes the agent's socket, which
// is needed until the sign-in is over.
func (s *SSH) config() (*ssh.ClientConfig, func(), error) {
	verify, err := knownhosts.New(s.KnownHosts)
	if err != nil {
		return nil, nil, &Refusal{Usage: true, Sentence: "the file of known machines cannot be read: " + plain(err).Error(), Hint: "--known-hosts FILE, or ssh-keyscan HOST > FILE once its key was compared", Err: err}
	}
	var signers []ssh.Signer
	for _, file := range s.Keys {
		signer, err := keyOf(file)
		if err != nil {
			return nil, nil, err
		}
		signers = append(signers, signer)
	}
	methods := []ssh.AuthMethod{}
	if len(signers) > 0 {
		methods = append(methods, ssh.PublicKeys(signers...))
	}
	done := func() {}
	if s.Agent != "" && len(signers) == 0 {
		socket, err := net.Dial("unix", s.Agent)
		if err != nil {
			return nil, nil, &Refusal{Usage: true, Sentence: "the agent cannot be asked: " + err.Error(), Hint: "--identity FILE names a key without one"}
		}
		done = func() { socket.Close() }
		methods = append(methods, ssh.PublicKeysCallback(agent.NewClient(socket).Signers))
	}
	if len(methods) == 0 {
		return nil, nil, &Refusal{Usage: true, Sentence: "there is no key to sign in with", Hint: "--identity FILE, or an agent in SSH_AUTH_SOCK"}
	}
	return &ssh.ClientConfig{User: s.User, Auth: methods, HostKeyCallback: verify, HostKeyAlgorithms: s.knownAlgorithms(verify), Timeout: s.timeout(), ClientVersion: "SSH-2.0-demarc"}, done, nil
}

func keyOf(file string) (ssh.Signer, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, &Refusal{Usage: true, Sentence: "the key " + file + " cannot be read: " + plain(err).Error(), Hint: "--identity FILE"}
	}
	signer, err := ssh.ParsePrivateKey(data)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return nil, &Refusal{Usage: true, Sentence: "the key " + file + " has a passphrase", Hint: "put it into the agent, and leave --identity out: ssh-add " + file}
	}
	if err != nil {
		return nil, &Refusal{Usage: true, Sentence: "the key " + file + " cannot be understood: " + err.Error(), Hint: "--identity takes a private key in the form of OpenSSH or PEM"}
	}
	return signer, nil
}

// knownAlgorithms gives those of the keys that the file holds of the machine, so
// that it shows one of them and not another that it has as well.
func (s *SSH) knownAlgorithms(verify ssh.HostKeyCallback) []string {
	var key *knownhosts.KeyError
	if !errors.As(verify(s.address(), &net.TCPAddr{}, nobody{}), &key) {
		return nil
	}
	var out []string
	for _, known := range key.Want {
		if kind := known.Key.Type(); kind == ssh.KeyAlgoRSA {
			out = append(out, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		} else if !strings.Contains(kind, "dss") {
			out = append(out, kind)
		}
	}
	return out
}

// nobody is a key that no machine has.
type nobody struct{}

func (nobody) Type() string                        { return "nobody" }
func (nobody) Marshal() []byte                     { return []byte("nobody") }
func (nobody) Verify([]byte, *ssh.Signature) error { return errors.New("nobody signs") }
