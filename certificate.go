package paceline

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// certificateMaxAge is after how long a certificate that was replaced is shown
// to nobody new.
const certificateMaxAge = 10 * time.Second

// certificate is a pair of files that may be replaced while they are served:
// they are read again when one of them has changed. While what is there cannot
// be read, the pair that is known holds.
type certificate struct {
	certFile, keyFile string
	now               func() time.Time

	mu      sync.Mutex
	pair    *tls.Certificate
	looked  time.Time
	changed [2]time.Time
}

// openCertificate reads the pair for the first time.
func openCertificate(certFile, keyFile string, now func() time.Time) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, now: now}
	if err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

// get is the pair to be shown now.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.looked) >= certificateMaxAge {
		_ = c.read() // the known pair holds
	}
	return c.pair, nil
}

func (c *certificate) read() error {
	c.looked = c.now()
	var changed [2]time.Time
	for i, file := range []string{c.certFile, c.keyFile} {
		info, err := os.Stat(file)
		if err != nil {
			return fmt.Errorf("TLS_CERT and TLS_KEY: %w", err)
		}
		changed[i] = info.ModTime()
	}
	if c.pair != nil && changed == c.changed {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("TLS_CERT and TLS_KEY: %w", err)
	}
	c.pair, c.changed = &pair, changed
	return nil
}
