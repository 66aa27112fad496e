package smtptest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/jhillyerd/enmime/v2"

	"paceline/shared/tlstest"
)

// Stage is a step of the dialogue that can fail.
type Stage string

// The stages. Greeting answers EHLO and closes the connection; a failure at
// Data comes after the whole message was read, and one at Kept after it was taken,
// so that only the answer is lost. At Connect, Begin (the word DATA) and Quit the
// server knows no codes, but may Drop, Stall and Drip.
const (
	Connect  Stage = "connect"
	Greeting Stage = "greeting"
	Auth     Stage = "AUTH"
	Mail     Stage = "MAIL"
	Rcpt     Stage = "RCPT"
	Begin    Stage = "begin"
	Data     Stage = "DATA"
	Kept     Stage = "kept"
	Quit     Stage = "QUIT"
)

// What a server does instead of a code. The last two go on until the client hangs
// up, or the test ends.
const (
	Drop  = 0  // it closes the connection without an answer
	Stall = -1 // it says nothing, and keeps the connection
	Drip  = -2 // it answers a byte at a time, and comes to no end
)

// dripping is the time between two bytes.
const dripping = 50 * time.Millisecond

type tlsMode int

const (
	noTLS tlsMode = iota
	startTLS
	implicitTLS
)

// Message is one mail that the server took.
type Message struct {
	From string
	To   []string
	TLS  bool   // it came over an encrypted connection
	User string // who had signed in, or ""
	Raw  []byte
	*enmime.Envelope
}

// Server is a running mail server.
type Server struct {
	t              testing.TB
	listen, addr   string
	tls            tlsMode
	user, password string
	files          tlstest.Files // the server's certificate

	ended    chan struct{} // closed with the test
	mu       sync.Mutex
	failures map[Stage][]int
	messages []Message
	dialogs  int
}

// Option changes how a server is made.
type Option func(*Server)

// WithAuth makes the server take mail only after a sign-in.
func WithAuth(user, password string) Option {
	return func(s *Server) { s.user, s.password = user, password }
}

// WithSTARTTLS makes the server offer STARTTLS; see CAFile.
func WithSTARTTLS() Option { return func(s *Server) { s.tls = startTLS } }

// WithTLS makes the server speak TLS from the first byte; see CAFile.
func WithTLS() Option { return func(s *Server) { s.tls = implicitTLS } }

// WithCertificate makes the server offer STARTTLS with a certificate that the
// test made.
func WithCertificate(files tlstest.Files) Option {
	return func(s *Server) { s.tls, s.files = startTLS, files }
}

// WithAddress makes the server listen at an address, and not on any free port
// of this machine alone.
func WithAddress(addr string) Option { return func(s *Server) { s.listen = addr } }

// New starts a server that ends with the test.
func New(t testing.TB, options ...Option) *Server {
	t.Helper()
	s := &Server{t: t, listen: "127.0.0.1:0", ended: make(chan struct{}), failures: map[Stage][]int{}}
	for _, o := range options {
		o(s)
	}
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain = "smtptest.example"
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = true
	server.ReadTimeout, server.WriteTimeout = 20*time.Second, 20*time.Second
	server.ErrorLog = log.New(io.Discard, "", 0) // dropped connections are what tests ask for
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	l = &listener{l, s}
	if s.tls != noTLS {
		s.secure(server)
	}
	if s.tls == implicitTLS {
		l = tls.NewListener(l, server.TLSConfig)
	}
	go func() { _ = server.Serve(l) }() // it ends by Close
	t.Cleanup(func() { close(s.ended); _ = server.Close() })
	return s
}

// URL is the address in the form of SMTP_URL, with the sign-in if one is needed.
func (s *Server) URL() string {
	u := url.URL{Scheme: "smtp", Host: s.addr}
	if s.tls == implicitTLS {
		u.Scheme = "smtps"
	}
	if s.user != "" {
		u.User = url.UserPassword(s.user, s.password)
	}
	return u.String()
}

// CAFile is a PEM file with the root to trust, where the server speaks TLS.
func (s *Server) CAFile() string { return s.files.CA }

// FailNext makes the next recipient fail with code, once for each call.
func (s *Server) FailNext(code int) { s.FailNextAt(Rcpt, code) }

// FailNextAt makes the next dialogue that reaches stage fail there with code
// (or Drop), once for each call.
func (s *Server) FailNextAt(stage Stage, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[stage] = append(s.failures[stage], code)
}

// Messages is what the server took, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Dialogs is how many connections were greeted.
func (s *Server) Dialogs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dialogs
}

// fail is the failure that waits for a stage, if any.
func (s *Server) fail(stage Stage, c net.Conn) error {
	code, fails := s.next(stage)
	if !fails {
		return nil
	}
	if code > 0 {
		return answer(code)
	}
	if code != Drop {
		s.hold(c, code == Drip)
	}
	_ = c.Close() // without an answer is the point
	return io.ErrClosedPipe
}

// next takes the failure that waits for a stage.
func (s *Server) next(stage Stage) (code int, fails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	codes := s.failures[stage]
	if len(codes) == 0 {
		return 0, false
	}
	s.failures[stage] = codes[1:]
	return codes[0], true
}

// hold keeps a client waiting until it hangs up, which shows when something is
// written, or the test ends.
func (s *Server) hold(c net.Conn, drip bool) {
	tick := time.NewTicker(dripping)
	defer tick.Stop()
	for {
		select {
		case <-s.ended:
			return
		case <-tick.C:
		}
		if drip {
			if _, err := c.Write([]byte("2")); err != nil {
				return
			}
		}
	}
}

// answer is an SMTP error with the enhanced code that usually goes with it.
func answer(code int) error {
	enhanced := map[int]smtp.EnhancedCode{
		421: {4, 3, 2}, 450: {4, 2, 1}, 451: {4, 7, 1}, 452: {4, 2, 2},
		550: {5, 1, 1}, 552: {5, 2, 2}, 553: {5, 1, 3}, 554: {5, 7, 1},
	}[code]
	if enhanced == (smtp.EnhancedCode{}) {
		enhanced = smtp.EnhancedCode{code / 100, 0, 0}
	}
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: "told to fail"}
}

func (s *Server) keep(m Message) error {
	parsed, err := enmime.ReadEnvelope(bytes.NewReader(m.Raw))
	if err != nil {
		return fmt.Errorf("smtptest: %w", err)
	}
	m.Envelope = parsed
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	return nil
}

// secure gives the server a certificate of a root that only this test knows.
func (s *Server) secure(server *smtp.Server) {
	s.t.Helper()
	if s.files.Cert == "" {
		s.files = tlstest.New(s.t, "127.0.0.1")
	}
	pair, err := tls.LoadX509KeyPair(s.files.Cert, s.files.Key)
	if err != nil {
		s.t.Fatal(err)
	}
	server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
}
