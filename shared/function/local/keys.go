package local

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"paceline/shared/function/identity"
	"paceline/shared/function/seal"
)

// Keys are the keys of the one-process platform: one for each part, and the one
// that everything sealed depends on, made at the first start.
type Keys struct {
	dir     string
	signers map[string]*identity.Signer
}

// OpenKeys reads the keys of issuers in dir and makes those that are missing.
func OpenKeys(dir string, issuers []string, now func() time.Time) (*Keys, error) {
	k := &Keys{dir: dir, signers: map[string]*identity.Signer{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	for _, file := range []string{k.secret(), k.passwords()} {
		if _, err := keep(file, func() ([]byte, error) { return []byte(rand.Text() + rand.Text()), nil }); err != nil {
			return nil, err
		}
	}
	if _, err := keep(k.kek(), seal.GenerateKEK); err != nil {
		return nil, err
	}
	err := k.locked(func() error {
		var current []identity.Key
		for _, issuer := range issuers {
			if _, err := keep(k.file(issuer), identity.GenerateKey); err != nil {
				return err
			}
			signer, err := identity.OpenSigner(issuer, k.file(issuer), now)
			if err != nil {
				return fmt.Errorf("keys: %s: %w", k.file(issuer), err)
			}
			k.signers[issuer] = signer
			current = append(current, signer.Key())
		}
		return k.publish(now(), current)
	})
	return k, err
}

// publish brings the JWKS to what signs now. While a rotation is under way it
// holds other keys too.
func (k *Keys) publish(now time.Time, current []identity.Key) error {
	set, err := k.keySet()
	if err != nil {
		return err
	}
	if set.Rotation == nil {
		set.Retire(now, false, current...)
	}
	set.Add(current...)
	doc, err := set.Document()
	if err != nil {
		return err
	}
	return writeFile(k.JWKS(), doc)
}

func (k *Keys) file(issuer string) string { return filepath.Join(k.dir, issuer+keySuffix) }
func (k *Keys) secret() string            { return filepath.Join(k.dir, "accounts.key") }
func (k *Keys) passwords() string         { return filepath.Join(k.dir, "passwords.key") }

func (k *Keys) kek() string { return filepath.Join(k.dir, "kek.json") }

// KEK names the key that everything sealed depends on, for KEK_URI.
func (k *Keys) KEK() string { return (&url.URL{Scheme: "file", Path: k.kek()}).String() }

// JWKS is the file with the public keys.
func (k *Keys) JWKS() string { return filepath.Join(k.dir, "jwks.json") }

// Signer signs for an issuer.
func (k *Keys) Signer(issuer string) *identity.Signer { return k.signers[issuer] }

// Vars is the part of a function's environment that names its keys.
func (k *Keys) Vars(name string) map[string]string {
	return map[string]string{
		"IDENTITY_KEY_FILE": k.file(name), "IDENTITY_JWKS_FILE": k.JWKS(), "ACCOUNTS_KEY_FILE": k.secret(), "PASSWORD_KEYS_FILE": k.passwords(),
	}
}

// keep reads a file, or makes it once.
func keep(path string, content func() ([]byte, error)) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return b, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("keys: %w", err)
	}
	if b, err = content(); err != nil {
		return nil, err
	}
	return b, writeFile(path, b)
}

// writeFile writes all of a file or nothing of it.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keys: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
