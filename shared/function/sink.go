package function

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"paceline/shared/function/eventing"
	"paceline/shared/function/identity"
)

// attributeName is what CloudEvents allows as the name of an attribute.
var attributeName = regexp.MustCompile(`^[a-z0-9]+$`)

// openSink makes the sink that a SinkBinding describes. What is wrong with it
// is an error at start: later it would keep every event in the outbox.
func openSink(c StateConfig, s *identity.Signer) (*eventing.Sink, error) {
	if u, err := url.Parse(c.SinkURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("K_SINK: %q is not an address", c.SinkURL)
	}
	var overrides struct {
		Extensions map[string]string `json:"extensions"`
	}
	if err := json.Unmarshal([]byte(c.SinkOverrides), &overrides); err != nil {
		return nil, fmt.Errorf("K_CE_OVERRIDES: %w", err)
	}
	for name := range overrides.Extensions {
		if !attributeName.MatchString(name) {
			return nil, fmt.Errorf("K_CE_OVERRIDES: %q is not the name of an attribute", name)
		}
	}
	client, err := clientTrusting(c.SinkCACerts)
	if err != nil {
		return nil, fmt.Errorf("K_CA_CERTS: %w", err)
	}
	token := func() (string, error) { return s.WorkloadToken(BrokerName) }
	if c.SinkTokenFile != "" {
		token = fileToken(c.SinkTokenFile)
	}
	return &eventing.Sink{URL: c.SinkURL, Client: client, Extensions: overrides.Extensions, Token: token, Sign: s.EventToken}, nil
}

// fileToken reads a token that the kubelet renews in place.
func fileToken(path string) func() (string, error) {
	return func() (string, error) {
		b, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("SINK_TOKEN_FILE: %w", err)
		}
		return strings.TrimSpace(string(b)), nil
	}
}

// clientTrusting is HTTPClient, which also trusts the CAs of a PEM text.
func clientTrusting(pem string) (*http.Client, error) {
	transport := newTransport()
	var err error
	if transport.TLSClientConfig, err = Trusting(pem); err != nil {
		return nil, err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &http.Client{Timeout: 30 * time.Second, CheckRedirect: stay, Transport: transport}, nil
}

// Trusting is for calls between parts of the platform whose certificates come
// from an authority of a PEM text or of the system; without a text the system's
// alone are believed.
func Trusting(pem string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if pem == "" {
		return c, nil
	}
	var err error
	if c.RootCAs, err = x509.SystemCertPool(); err != nil {
		return nil, fmt.Errorf("certificates of the system: %w", err)
	}
	if !c.RootCAs.AppendCertsFromPEM([]byte(pem)) {
		return nil, errors.New("no certificate in it")
	}
	return c, nil
}

// HTTPClient is for calls between parts of the platform: connections are kept
// for as many calls as run at once, and a redirection is an answer like others
// (to follow one would turn a POST into a GET, whose 200 says nothing).
func HTTPClient() *http.Client {
	client, _ := clientTrusting("") // fails for a bad PEM text only
	return client
}

func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 5 * time.Second,
		ForceAttemptHTTP2:   true,
	}
}
