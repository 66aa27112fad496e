package seal

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
)

// gcpKEK is a symmetric key of Google Cloud KMS, used with the identity that the
// metadata server gives (Workload Identity on GKE).
type gcpKEK struct {
	key      string // projects/…/cryptoKeys/…
	endpoint string
	metadata string
}

var gcpKey = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$`)

func openGCP(key string) (KEK, error) {
	if !gcpKey.MatchString(key) {
		return nil, errors.New("write gcp-kms://projects/…/locations/…/keyRings/…/cryptoKeys/…")
	}
	return gcpKEK{key, "https://cloudkms.googleapis.com", "http://metadata.google.internal"}, nil
}

// EncryptWithContext wraps with the key's primary version.
func (g gcpKEK) EncryptWithContext(ctx context.Context, plain, associated []byte) ([]byte, error) {
	var out struct{ Ciphertext []byte }
	err := g.call(ctx, "encrypt", map[string][]byte{"plaintext": plain, "additionalAuthenticatedData": associated}, &out)
	return out.Ciphertext, err
}

// DecryptWithContext unwraps with whichever version wrapped.
func (g gcpKEK) DecryptWithContext(ctx context.Context, sealed, associated []byte) ([]byte, error) {
	var out struct{ Plaintext []byte }
	err := g.call(ctx, "decrypt", map[string][]byte{"ciphertext": sealed, "additionalAuthenticatedData": associated}, &out)
	return out.Plaintext, err
}

func (g gcpKEK) call(ctx context.Context, verb string, in map[string][]byte, out any) error {
	var token struct {
		AccessToken string `json:"access_token"`
	}
	err := ask(ctx, http.MethodGet, g.metadata+"/computeMetadata/v1/instance/service-accounts/default/token",
		http.Header{"Metadata-Flavor": {"Google"}}, nil, &token, nil)
	if err != nil {
		return err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token.AccessToken}}
	return ask(ctx, http.MethodPost, strings.Join([]string{g.endpoint, "v1", g.key + ":" + verb}, "/"), header, body, out, nil)
}
