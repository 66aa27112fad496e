package mail

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// letter is a finished mail and its envelope.
type letter struct {
	digest   string    // of the request's key
	at       time.Time // when it was first tried
	from, to string    // bare addresses
	raw      []byte    // RFC 5322, lines end with CRLF
}

// transport is where mails go.
type transport interface {
	// connect gets ready to send one letter; when it fails, nothing was sent.
	connect(ctx context.Context) (session, error)
	// repeatable says that sending a letter again leaves one mail.
	repeatable() bool
}

// session sends one letter. Its errors are a *refusal, errUnknown, or any other
// error when the letter was surely not taken and may be tried again.
type session interface {
	send(ctx context.Context, l letter) error
	close()
}

// errUnknown says that the letter may or may not have been taken.
var errUnknown = errors.New("the connection broke after the message was complete")

// refusal is a mail server's answer that trying again will not change.
type refusal struct {
	code     int
	enhanced string // such as 5.1.1 (RFC 3463), or ""
	text     string
}

// enhancedCode begins the text of most answers.
var enhancedCode = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})\s+`)

// refused makes a refusal of an answer, on one line and without the address.
func refused(code int, text, to string) *refusal {
	r := &refusal{code: code}
	if m := enhancedCode.FindStringSubmatch(text); m != nil {
		r.enhanced, text = m[1], text[len(m[0]):]
	}
	address := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(to))
	r.text = clean(address.ReplaceAllString(text, "the address"))
	return r
}

// Error is the answer.
func (r *refusal) Error() string {
	return strings.Join(strings.Fields(fmt.Sprintf("%d %s %s", r.code, r.enhanced, r.text)), " ")
}

// hard says that the address itself is bad (RFC 3463, X.1.Y), and not the
// sender's (X.1.7, X.1.8).
func (r *refusal) hard() bool {
	return r.code/100 == 5 && strings.HasPrefix(r.enhanced, "5.1.") && r.enhanced != "5.1.7" && r.enhanced != "5.1.8"
}
