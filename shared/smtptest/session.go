package smtptest

import (
	"errors"
	"fmt"
	"io"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one connection.
type session struct {
	server *Server
	conn   *smtp.Conn
	user   string
	now    Message
}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	s.dialogs++
	s.mu.Unlock()
	if err := s.fail(Greeting, c.Conn()); err != nil {
		var answer *smtp.SMTPError
		if errors.As(err, &answer) {
			_, _ = fmt.Fprintf(c.Conn(), "%d %s\r\n", answer.Code, answer.Message)
			_ = c.Conn().Close() // else the client would say HELO next
		}
		return nil, err
	}
	return &session{server: s, conn: c}, nil
}

// AuthMechanisms is PLAIN where the server wants a sign-in.
func (x *session) AuthMechanisms() []string {
	if x.server.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth checks the sign-in.
func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if err := x.server.fail(Auth, x.conn.Conn()); err != nil {
			return err
		}
		if user != x.server.user || password != x.server.password {
			return smtp.ErrAuthFailed
		}
		x.user = user
		return nil
	}), nil
}

// Mail begins a message.
func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	if x.server.user != "" && x.user == "" {
		return smtp.ErrAuthRequired
	}
	if err := x.server.fail(Mail, x.conn.Conn()); err != nil {
		return err
	}
	_, encrypted := x.conn.TLSConnectionState()
	x.now = Message{From: from, TLS: encrypted, User: x.user}
	return nil
}

// Rcpt adds a recipient.
func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := x.server.fail(Rcpt, x.conn.Conn()); err != nil {
		return err
	}
	x.now.To = append(x.now.To, to)
	return nil
}

// Data takes the message.
func (x *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := x.server.fail(Data, x.conn.Conn()); err != nil {
		return err
	}
	x.now.Raw = raw
	if err := x.server.keep(x.now); err != nil {
		return err
	}
	return x.server.fail(Kept, x.conn.Conn())
}

// Reset forgets the message.
func (x *session) Reset() { x.now = Message{} }

// Logout ends the connection.
func (x *session) Logout() error { return nil }
