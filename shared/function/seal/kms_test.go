package seal

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// fakeKMS speaks the wire of both services, and of what gives credentials.
type fakeKMS struct {
	t    *testing.T
	key  tink.AEAD
	down bool
	auth string // the Authorization of the last call
}

func newFakeKMS(t *testing.T) (*fakeKMS, string) {
	t.Helper()
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeKMS{t: t}
	if f.key, err = aead.New(h); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server.URL
}

func (f *fakeKMS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	target, path := r.Header.Get("X-Amz-Target"), r.URL.Path
	switch {
	case f.down:
		http.Error(w, "away", http.StatusServiceUnavailable)
	case strings.HasSuffix(path, "/token") && r.Header.Get("Metadata-Flavor") == "Google":
		f.write(w, map[string]any{"access_token": "of the node", "expires_in": 3600})
	case path == "/pod" && r.Header.Get("Authorization") == "pod token":
		f.write(w, map[string]string{"AccessKeyId": "POD", "SecretAccessKey": "s", "Token": "t"})
	case strings.Contains(string(b), "AssumeRoleWithWebIdentity") && strings.Contains(string(b), "WebIdentityToken=account+token"):
		f.write(w, map[string]any{"AssumeRoleWithWebIdentityResponse": map[string]any{"AssumeRoleWithWebIdentityResult": map[string]any{
			"Credentials": map[string]any{"AccessKeyId": "ROLE", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": 1.7e9},
		}}})
	case strings.HasPrefix(target, "TrentService."):
		f.aws(w, r, strings.TrimPrefix(target, "TrentService."), b)
	case strings.HasPrefix(path, "/v1/projects/p/locations/l/keyRings/r/cryptoKeys/k:"):
		f.gcp(w, r, b)
	default:
		http.Error(w, "no such call: "+path, http.StatusNotFound)
	}
}

func (f *fakeKMS) write(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		f.t.Error(err)
	}
}

func (f *fakeKMS) aws(w http.ResponseWriter, r *http.Request, action string, body []byte) {
	f.auth = r.Header.Get("Authorization")
	var in struct {
		KeyID                     string `json:"KeyId"`
		Plaintext, CiphertextBlob []byte
		EncryptionContext         map[string]string
	}
	if err := json.Unmarshal(body, &in); err != nil || in.KeyID != awsTestKey {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	bound := []byte(in.EncryptionContext["associatedData"])
	if action == "Encrypt" {
		b, _ := f.key.Encrypt(in.Plaintext, bound)
		f.write(w, map[string][]byte{"CiphertextBlob": b})
		return
	}
	b, err := f.key.Decrypt(in.CiphertextBlob, bound)
	if err != nil {
		http.Error(w, `{"__type":"InvalidCiphertextException"}`, http.StatusBadRequest)
		return
	}
	f.write(w, map[string][]byte{"Plaintext": b})
}

func (f *fakeKMS) gcp(w http.ResponseWriter, r *http.Request, body []byte) {
	if f.auth = r.Header.Get("Authorization"); f.auth != "Bearer of the node" {
		http.Error(w, "who are you", http.StatusUnauthorized)
		return
	}
	var in struct{ Plaintext, Ciphertext, AdditionalAuthenticatedData []byte }
	if err := json.Unmarshal(body, &in); err != nil {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	if strings.HasSuffix(r.URL.Path, ":encrypt") {
		b, _ := f.key.Encrypt(in.Plaintext, in.AdditionalAuthenticatedData)
		f.write(w, map[string][]byte{"ciphertext": b})
		return
	}
	b, err := f.key.Decrypt(in.Ciphertext, in.AdditionalAuthenticatedData)
	if err != nil {
		http.Error(w, "does not decrypt", http.StatusBadRequest)
		return
	}
	f.write(w, map[string][]byte{"plaintext": b})
}

const awsTestKey = "arn:aws:kms:eu-central-1:123456789012:key/1234"

func TestKMSKeysWrapAndUnwrap(t *testing.T) {
	t.Parallel()
	f, address := newFakeKMS(t)
	file := func(content string) string {
		name := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	now := func() time.Time { return time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC) }
	onAWS := func(env map[string]string) KEK {
		return awsKEK{awsTestKey, "eu-central-1", address, address, func(k string) string { return env[k] }, now}
	}
	for name, c := range map[string]struct {
		kek  KEK
		auth string
	}{
		"Google":            {gcpKEK{"projects/p/locations/l/keyRings/r/cryptoKeys/k", address, address}, "Bearer of the node"},
		"AWS, keys":         {onAWS(map[string]string{"AWS_ACCESS_KEY_ID": "ID", "AWS_SECRET_ACCESS_KEY": "s"}), "Credential=ID/20260504/eu-central-1/kms/aws4_request"},
		"AWS, pod identity": {onAWS(map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": address + "/pod", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file("pod token\n")}), "Credential=POD/"},
		"AWS, a role":       {onAWS(map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": file("account token\n"), "AWS_ROLE_ARN": "arn"}), "Credential=ROLE/"},
	} {
		ctx := context.Background()
		plain := []byte(rand.Text())
		sealed, err := c.kek.EncryptWithContext(ctx, plain, []byte("use"))
		if err != nil || bytes.Contains(sealed, plain) {
			t.Fatalf("%s: %q, %v", name, sealed, err)
		}
		if !strings.Contains(f.auth, c.auth) {
			t.Errorf("%s: called as %q, want %q", name, f.auth, c.auth)
		}
		if got, err := c.kek.DecryptWithContext(ctx, sealed, []byte("use")); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: unwraps %q, %v", name, got, err)
		}
		if got, err := c.kek.DecryptWithContext(ctx, sealed, []byte("another use")); err == nil {
			t.Errorf("%s: unwraps for another use: %q", name, got)
		}
		f.down = true
		if _, err := c.kek.DecryptWithContext(ctx, sealed, []byte("use")); err == nil || !strings.Contains(err.Error(), "503") {
			t.Errorf("%s: while it is away: %v", name, err)
		}
		f.down = false
	}
	if _, err := onAWS(nil).EncryptWithContext(context.Background(), nil, nil); err == nil || !strings.Contains(err.Error(), "no credentials") {
		t.Errorf("without credentials: %v", err)
	}
}

func TestWhatIsNoKEK(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{
		"", "kek.json", "file://kek.json", "file:///a?b=c", "file:///a#b", "https://example.com", "aws-kms://key/1234",
		"aws-kms://arn:aws:kms:eu-central-1:1:key/1234", "aws-kms://arn:aws:s3:eu-central-1:123456789012:key/1234",
		"gcp-kms://projects/p", "gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
	} {
		if kek, err := OpenKEK(uri); err == nil {
			t.Errorf("%q opens as %T", uri, kek)
		}
	}
	for _, uri := range []string{"file:///etc/kek.json", "aws-kms://" + awsTestKey, "gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k"} {
		if _, err := OpenKEK(uri); err != nil {
			t.Errorf("%q: %v", uri, err)
		}
	}
}
