package objects

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
)

// CAFile is the parameter that names a file with the authorities (PEM) that may
// vouch for the server of endpoint, in place of the system's.
const CAFile = "ca_file"

// Trust makes t believe the authorities of CAFile; without that parameter it
// changes nothing.
func (l Location) Trust(t *http.Transport) error {
	name, is := l.Params[CAFile]
	if !is {
		return nil
	}
	if !strings.HasPrefix(l.Params["endpoint"], "https://") {
		return errors.New("the parameter " + CAFile + " is for an endpoint with https://")
	}
	pem, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("the parameter %s: %w", CAFile, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("the parameter %s: %s holds no certificate", CAFile, name)
	}
	t.TLSClientConfig.RootCAs = roots
	return nil
}
