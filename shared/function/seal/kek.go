package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// KEK is the key-encryption key: the one key that is not in the store.
type KEK = tink.AEADWithContext

// OpenKEK is the KEK that uri names, which it checks for form only:
//
//	file:///etc/paceline/kek/kek.json    a keyset of Tink in a file
//	aws-kms://arn:aws:kms:…:key/…        a symmetric key of AWS KMS
//	gcp-kms://projects/…/cryptoKeys/…    a symmetric key of Google Cloud KMS
func OpenKEK(uri string) (KEK, error) {
	if key, ok := strings.CutPrefix(uri, "aws-kms://"); ok { // an ARN is no authority
		return openAWS(key, time.Now)
	}
	if key, ok := strings.CutPrefix(uri, "gcp-kms://"); ok {
		return openGCP(key)
	}
	u, err := url.Parse(uri)
	if err != nil {
		return nil, errors.New("it is not a URI")
	}
	switch {
	case u.Scheme != "file":
		return nil, fmt.Errorf("the scheme %q is none of file, aws-kms, gcp-kms", u.Scheme)
	case u.Host != "" || u.RawQuery != "" || u.Fragment != "" || !filepath.IsAbs(u.Path):
		return nil, errors.New("write file:///absolute/path")
	}
	return fileKEK(u.Path), nil
}

// fileKEK is a keyset in a file, which is read at each use: it is used once in
// a process, and a rotation replaces it.
type fileKEK string

func (f fileKEK) open() (tink.AEAD, error) {
	b, err := os.ReadFile(string(f))
	if err != nil {
		return nil, err
	}
	h, err := readKEK(b)
	if err != nil {
		return nil, err
	}
	return aead.New(h)
}

// EncryptWithContext wraps with the newest key of the file.
func (f fileKEK) EncryptWithContext(_ context.Context, plain, associated []byte) ([]byte, error) {
	a, err := f.open()
	if err != nil {
		return nil, err
	}
	return a.Encrypt(plain, associated)
}

// DecryptWithContext unwraps with any key of the file.
func (f fileKEK) DecryptWithContext(_ context.Context, sealed, associated []byte) ([]byte, error) {
	a, err := f.open()
	if err != nil {
		return nil, err
	}
	return a.Decrypt(sealed, associated)
}

// GenerateKEK is the content of a new file for OpenKEK.
func GenerateKEK() ([]byte, error) {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return writeKEK(h)
}

// AddKEK is doc with a new key, which wraps from then on; the old one unwraps. A
// doc with two keys stays as it is: it waits for its TrimKEK.
func AddKEK(doc []byte) ([]byte, error) {
	h, err := readKEK(doc)
	if err != nil {
		return nil, err
	}
	if h.Len() > 1 {
		return doc, nil
	}
	if h, err = withNewKey(h, aead.AES256GCMKeyTemplate()); err != nil {
		return nil, err
	}
	return writeKEK(h)
}

// TrimKEK is doc with its newest key alone: what an older one wrapped, in
// whatever backup, is then lost for good.
func TrimKEK(doc []byte) ([]byte, error) {
	h, err := readKEK(doc)
	if err != nil {
		return nil, err
	}
	if h, err = newestOnly(h); err != nil {
		return nil, err
	}
	return writeKEK(h)
}

func readKEK(doc []byte) (*keyset.Handle, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(doc)))
	if err != nil {
		return nil, errors.New("it holds no keyset of Tink") // the error may repeat what is in it
	}
	return h, nil
}

func writeKEK(h *keyset.Handle) ([]byte, error) {
	var out bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&out)); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return append(slices.Clip(out.Bytes()), '\n'), nil
}
