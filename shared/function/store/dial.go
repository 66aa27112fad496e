package store

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// TLS is how to know a server that is reached by rediss://, and to be known by
// it. Without files the system's authorities vouch for it and its password is
// all that the client shows.
type TLS struct {
	CAFile   string // PEM; who may vouch for the server, in place of the system's
	CertFile string // PEM; the client's own certificate, with KeyFile
	KeyFile  string
}

// Dial makes a client for address without connecting: redis://, rediss://,
// unix:// for one node and redis-cluster://, rediss-cluster:// for a cluster.
func Dial(address string, files TLS) (redis.UniversalClient, error) {
	if scheme, rest, ok := strings.Cut(address, "-cluster://"); ok {
		if rest == "" || strings.ContainsRune("/?:", rune(rest[0])) {
			return nil, errors.New("store: cluster address: no host")
		}
		o, err := redis.ParseClusterURL(scheme + "://" + rest)
		if err != nil {
			return nil, fmt.Errorf("store: cluster address: %w", withoutURL(err))
		}
		if err := files.apply(o.TLSConfig); err != nil {
			return nil, err
		}
		o.DisableIdentity, o.ContextTimeoutEnabled, o.DialerRetries = true, true, 1
		o.MaintNotificationsConfig = quiet()
		return redis.NewClusterClient(o), nil
	}
	o, err := redis.ParseURL(address)
	if err != nil {
		return nil, fmt.Errorf("store: address: %w", withoutURL(err))
	}
	if err := files.apply(o.TLSConfig); err != nil {
		return nil, err
	}
	// CLIENT is not among the commands that a function may use; a caller's
	// deadline holds for the network too; a command tries again by itself, and
	// need not dial five times for each try.
	o.DisableIdentity, o.ContextTimeoutEnabled, o.DialerRetries = true, true, 1
	o.MaintNotificationsConfig = quiet()
	return redis.NewClient(o), nil
}

// quiet keeps the client from asking for news of a server's maintenance by
// CLIENT, too.
func quiet() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

// apply reads the files into the configuration of an address with TLS; with
// another address they would protect nothing, which is an error. The own
// certificate is read again for each connection, so that it may be renewed.
func (t TLS) apply(c *tls.Config) error {
	switch {
	case t == TLS{}:
		return nil
	case c == nil:
		return errors.New("store: files for TLS, and an address without: it begins with rediss:// or rediss-cluster://")
	case (t.CertFile == "") != (t.KeyFile == ""):
		return errors.New("store: a certificate and its key belong together")
	}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return fmt.Errorf("store: authorities: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("store: authorities: %s holds no certificate", t.CAFile)
		}
	}
	if t.CertFile == "" {
		return nil
	}
	own := func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		return &pair, err
	}
	if _, err := own(nil); err != nil {
		return fmt.Errorf("store: certificate: %w", err)
	}
	c.GetClientCertificate = own
	return nil
}

// withoutURL drops the address from an error about it: it has a password.
func withoutURL(err error) error {
	var full *url.Error
	if errors.As(err, &full) {
		return full.Err
	}
	return err
}
