package mail

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// signedFields are what a DKIM signature covers: RFC 8058 wants the two of
// List-Unsubscribe among them.
var signedFields = []string{
	"From", "To", "Subject", "Date", "Message-ID", "Content-Type", "MIME-Version", "Auto-Submitted",
	"List-Unsubscribe", "List-Unsubscribe-Post",
}

// compose makes the message: text and HTML as alternatives. Its id and
// boundary follow from the request's key.
func (s settings) compose(c content, to, key, unsubscribe string, now time.Time) ([]byte, error) {
	_, domain, _ := strings.Cut(s.from.Address, "@")
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("paceline-"+digest(key)), gomail.WithEncoding(s.encoding))
	m.FromMailAddress(s.from)
	if err := m.To("<" + to + ">"); err != nil {
		return nil, fmt.Errorf("mail: To: %w", err)
	}
	m.Subject(c.subject)
	m.SetDateWithValue(now)
	m.SetMessageIDWithValue(digest(key) + "@" + domain)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's absence answers it
	if unsubscribe != "" {
		m.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+unsubscribe+">")
		m.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	m.SetBodyString(gomail.TypeTextPlain, c.text)
	m.AddAlternativeString(gomail.TypeTextHTML, c.html)
	if s.dkim != nil {
		signer := gomail.NewDKIMSigner(domain, s.dkim.selector, s.dkim.key)
		signer.NowFunc = func() time.Time { return now }
		signer.SignHeaders(signedFields...)
		m.SetDKIM(signer)
	}
	var raw bytes.Buffer
	if _, err := m.WriteTo(&raw); err != nil {
		return nil, fmt.Errorf("mail: compose: %w", err)
	}
	return signatureField.ReplaceAllFunc(raw.Bytes(), refold), nil
}

// signatureField is the field that the library puts first.
var signatureField = regexp.MustCompile(`\ADKIM-Signature: (?:[^\r]|\r\n )*\r\n`)

// refold breaks a signature's field between its tags only. The library breaks a
// long list of signed fields in its middle, which adds a space that it did not
// sign, and the signature would be wrong.
func refold(field []byte) []byte {
	field = bytes.ReplaceAll(field, []byte("\r\n "), nil)
	return bytes.ReplaceAll(field, []byte("; "), []byte(";\r\n "))
}
