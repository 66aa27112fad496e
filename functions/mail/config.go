package mail

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	netmail "net/mail"
	"net/url"

	gomail "github.com/wneessen/go-mail"

	"paceline/shared/function"
)

// Config is what the mailing service reads besides function.Config.
type Config struct {
	// SMTPURL is the mail server: smtp://user:password@host:port, or smtps://
	// for TLS from the first byte. smtp takes ?starttls=required (the default),
	// opportunistic or none (the default on the loopback). The port is 587 or
	// 465 when absent.
	SMTPURL string `env:"SMTP_URL"`
	// SMTPCAFile is a PEM file with the roots to trust instead of the system's.
	SMTPCAFile string `env:"SMTP_CA_FILE,file"`
	// Dir takes the mails as files instead: <time>-<digest of the key>.eml.
	Dir string `env:"MAIL_DIR"`
	// From is the sender, and its address where bounces go.
	From string `env:"MAIL_FROM" envDefault:"Paceline <no-reply@paceline.example>"`
	// PublicURL is what all links begin with.
	PublicURL string `env:"PUBLIC_URL,notEmpty,required"`
	// DKIMKeyFile is an RSA or Ed25519 key (PEM) that signs every mail for the
	// domain of MAIL_FROM; its public half is in DNS under DKIMSelector.
	DKIMKeyFile  string `env:"MAIL_DKIM_KEY_FILE,file"`
	DKIMSelector string `env:"MAIL_DKIM_SELECTOR"`
}

// settings are a Config that makes sense.
type settings struct {
	from      *netmail.Address
	public    *url.URL
	dkim      *dkim
	transport transport
	encoding  gomail.Encoding // of the texts
}

// dkim is a key and where its public half is found.
type dkim struct {
	selector string
	key      crypto.Signer
}

func readConfig(e function.Env) (settings, error) {
	c, err := function.Parse[Config](e)
	if err != nil {
		return settings{}, err
	}
	var s settings
	if s.from, err = netmail.ParseAddress(c.From); err != nil {
		return settings{}, fmt.Errorf("configuration: MAIL_FROM: %w", err)
	}
	if s.public, err = publicURL(c.PublicURL); err != nil {
		return settings{}, fmt.Errorf("configuration: PUBLIC_URL: %w", err)
	}
	if s.dkim, err = c.dkim(); err != nil {
		return settings{}, fmt.Errorf("configuration: %w", err)
	}
	if s.transport, err = c.transport(); err != nil {
		return settings{}, fmt.Errorf("configuration: %w", err)
	}
	// A file is for a person to open: its links stand there as they are. Not
	// every mail server passes eight bits on unchanged.
	s.encoding = gomail.EncodingQP
	if c.Dir != "" {
		s.encoding = gomail.NoEncoding
	}
	return s, nil
}

func publicURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("must be like https://paceline.example")
	}
	return u, nil
}

func (c Config) dkim() (*dkim, error) {
	if c.DKIMKeyFile == "" && c.DKIMSelector == "" {
		return nil, nil
	}
	if c.DKIMKeyFile == "" || c.DKIMSelector == "" {
		return nil, errors.New("MAIL_DKIM_KEY_FILE and MAIL_DKIM_SELECTOR need each other")
	}
	key, err := gomail.PrivKeyFromPEM([]byte(c.DKIMKeyFile))
	if err != nil {
		return nil, fmt.Errorf("MAIL_DKIM_KEY_FILE: %w", err)
	}
	return &dkim{c.DKIMSelector, key}, nil
}

func (c Config) transport() (transport, error) {
	if (c.SMTPURL == "") == (c.Dir == "") {
		return nil, errors.New("exactly one of SMTP_URL and MAIL_DIR must be set")
	}
	if c.Dir != "" {
		return folder{c.Dir}, nil
	}
	var roots *x509.CertPool
	if c.SMTPCAFile != "" {
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM([]byte(c.SMTPCAFile)) {
			return nil, errors.New("SMTP_CA_FILE: holds no certificate")
		}
	}
	s, err := newSMTP(c.SMTPURL, roots)
	if err != nil {
		return nil, fmt.Errorf("SMTP_URL: %w", err)
	}
	return s, nil
}
