package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// dialogue is one open connection.
type dialogue struct {
	conn     net.Conn
	client   *smtp.Client
	patience time.Duration
	slots    chan struct{}
}

// until makes everything on the connection end with ctx's deadline.
func (x *dialogue) until(ctx context.Context) error {
	deadline, _ := ctx.Deadline()
	return x.conn.SetDeadline(deadline)
}

// send tells apart what is known of the letter when something goes wrong.
func (x *dialogue) send(ctx context.Context, l letter) error {
	ctx, cancel := context.WithTimeout(ctx, x.patience)
	defer cancel()
	if err := x.until(ctx); err != nil {
		return err
	}
	if err := x.client.Mail("<" + l.from + ">"); err != nil {
		return fmt.Errorf("mail: sender: %w", err) // it is us that the server refuses, not the mail
	}
	if err := x.client.Rcpt("<" + l.to + ">"); err != nil {
		return answered(err, l.to)
	}
	w, err := x.client.Data()
	if err != nil {
		return answered(err, l.to)
	}
	if _, err := w.Write(l.raw); err != nil {
		x.client = nil // a QUIT would first write the end of the message
		return fmt.Errorf("mail: message: %w", err)
	}
	return ended(w.Close(), l.to)
}

// ended is what the answer to the whole message means. Without an answer
// nobody knows whether the server took it.
func ended(err error, to string) error {
	var answer *textproto.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &answer):
		return fmt.Errorf("mail: %w: %w", errUnknown, err)
	case answer.Code/100 == 2:
		return nil // taken, in other words than 250
	}
	return answered(err, to)
}

// answered turns a server's 5xx into a refusal; all else may be tried again.
func answered(err error, to string) error {
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return fmt.Errorf("mail: %w", err)
	}
	r := refused(answer.Code, answer.Msg, to)
	if answer.Code/100 != 5 {
		return fmt.Errorf("mail: the server answered %s", r.Error())
	}
	return r
}

// close gives the slot back. The server has said all that matters.
func (x *dialogue) close() {
	if x.client != nil {
		_ = x.client.Quit()
	}
	if x.conn != nil {
		_ = x.conn.Close()
	}
	<-x.slots
}
