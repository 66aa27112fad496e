package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// patience is how long a server may take. It covers whole dialogues, so that one
// that answers a byte at a time is no slower than one that says nothing.
type patience struct {
	connect time.Duration // waiting for a slot, TCP, TLS and sign-in
	send    time.Duration // from MAIL to the answer to QUIT
}

var usual = patience{connect: 15 * time.Second, send: 30 * time.Second}

const (
	// maxSessions is how many dialogues one instance has at once; servers
	// commonly allow a client ten or more.
	maxSessions = 8
)

// The values of ?starttls=.
const (
	tlsRequired      = "required"
	tlsOpportunistic = "opportunistic"
	tlsNone          = "none"
)

// smtpServer sends mail to a server, one dialogue for each letter.
type smtpServer struct {
	addr, host string
	user       *url.Userinfo
	implicit   bool
	startTLS   string
	config     *tls.Config
	name       string // what we call ourselves
	patience   patience
	slots      chan struct{}
}

// newSMTP reads an address such as smtp://user:password@host:587?starttls=none.
// Its errors never show it, as it holds a password.
func newSMTP(address string, roots *x509.CertPool) (*smtpServer, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("is not an address like smtp://user:password@host:port")
	}
	s := &smtpServer{host: u.Hostname(), user: u.User, implicit: u.Scheme == "smtps", patience: usual, slots: make(chan struct{}, maxSessions)}
	if (u.Scheme != "smtp" && !s.implicit) || s.host == "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("is not an address like smtp://user:password@host:port")
	}
	if s.startTLS, err = startTLSOf(u, s.implicit); err != nil {
		return nil, err
	}
	port := "587"
	if s.implicit {
		port = "465"
	}
	s.addr = net.JoinHostPort(s.host, cmp.Or(u.Port(), port))
	s.config = &tls.Config{ServerName: s.host, RootCAs: roots, MinVersion: tls.VersionTLS12}
	if s.name, err = os.Hostname(); err != nil {
		s.name = "localhost"
	}
	return s, nil
}

func startTLSOf(u *url.URL, implicit bool) (string, error) {
	query := u.Query()
	mode := query.Get("starttls")
	query.Del("starttls")
	if len(query) > 0 {
		return "", errors.New("the only parameter is starttls")
	}
	if mode != "" && implicit {
		return "", errors.New("starttls is for smtp:// only")
	}
	if mode == "" {
		mode = tlsRequired
		if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip.IsLoopback() {
			mode = tlsNone
		}
	}
	if !slices.Contains([]string{tlsRequired, tlsOpportunistic, tlsNone}, mode) {
		return "", errors.New("starttls must be required, opportunistic or none")
	}
	return mode, nil
}

func (s *smtpServer) repeatable() bool { return false }

// connect waits for a free slot, connects and signs in.
func (s *smtpServer) connect(ctx context.Context) (session, error) {
	ctx, cancel := context.WithTimeout(ctx, s.patience.connect)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("mail: waiting for a free connection: %w", ctx.Err())
	}
	x := &dialogue{slots: s.slots, patience: s.patience.send}
	if err := s.open(ctx, x); err != nil {
		x.close()
		return nil, fmt.Errorf("mail: connect: %w", err)
	}
	return x, nil
}

func (s *smtpServer) open(ctx context.Context, x *dialogue) (err error) {
	if x.conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", s.addr); err != nil {
		return err
	}
	if err := x.until(ctx); err != nil {
		return err
	}
	if s.implicit {
		x.conn = tls.Client(x.conn, s.config)
	}
	if x.client, err = smtp.NewClient(x.conn, s.host); err != nil {
		return err
	}
	if err := x.client.Hello(s.name); err != nil {
		return err
	}
	offered, _ := x.client.Extension("STARTTLS")
	switch {
	case s.implicit || s.startTLS == tlsNone || (s.startTLS == tlsOpportunistic && !offered):
	case !offered:
		return errors.New("the server does not offer STARTTLS")
	default:
		if err := x.client.StartTLS(s.config); err != nil {
			return err
		}
	}
	return s.signIn(x.client)
}

// signIn takes the first mechanism that the server offers. None of them shows
// the password to a server without TLS, but for the loopback.
func (s *smtpServer) signIn(c *smtp.Client) error {
	if s.user == nil {
		return nil
	}
	_, offered := c.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	user := s.user.Username()
	password, _ := s.user.Password()
	switch {
	case slices.Contains(mechanisms, "SCRAM-SHA-256"):
		return c.Auth(smtp.ScramSHA256Auth(user, password))
	case slices.Contains(mechanisms, "PLAIN"):
		return c.Auth(smtp.PlainAuth("", user, password, s.host, false))
	case slices.Contains(mechanisms, "LOGIN"):
		return c.Auth(smtp.LoginAuth(user, password, s.host, false))
	}
	return fmt.Errorf("the server offers no sign-in that we know: %q", offered)
}
