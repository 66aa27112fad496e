package paceline

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"paceline/shared/function"
	"paceline/shared/function/identity"
)

// keyring is the keys of the one-process platform: one for each part, made at
// the first start.
type keyring struct {
	dir     string
	jwks    string
	signers map[string]*identity.Signer
}

// openKeys reads the keys in dir and makes those that are missing.
func openKeys(dir string, now func() time.Time) (*keyring, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	k := &keyring{dir: dir, jwks: filepath.Join(dir, "jwks.json"), signers: map[string]*identity.Signer{}}
	for _, issuer := range append([]string{function.BrokerName}, functionNames()...) {
		pem, err := keep(k.file(issuer), identity.GenerateKey)
		if err != nil {
			return nil, err
		}
		if k.signers[issuer], err = identity.NewSigner(issuer, pem, now); err != nil {
			return nil, fmt.Errorf("keys: %s: %w", k.file(issuer), err)
		}
	}
	if _, err := keep(k.accounts(), func() ([]byte, error) { return []byte(rand.Text() + rand.Text()), nil }); err != nil {
		return nil, err
	}
	var all []*identity.Signer
	for _, s := range k.signers {
		all = append(all, s)
	}
	set, err := identity.JWKS(all...)
	if err != nil {
		return nil, err
	}
	return k, writeFile(k.jwks, set)
}

func functionNames() []string {
	var names []string
	for name := range functions {
		names = append(names, name)
	}
	return names
}

func (k *keyring) file(issuer string) string { return filepath.Join(k.dir, issuer+".pem") }
func (k *keyring) accounts() string          { return filepath.Join(k.dir, "accounts.key") }

// vars is the part of a function's environment that names its keys.
func (k *keyring) vars(name string) map[string]string {
	return map[string]string{"IDENTITY_KEY_FILE": k.file(name), "IDENTITY_JWKS_FILE": k.jwks, "ACCOUNTS_KEY_FILE": k.accounts()}
}

// keep reads a file, or makes it once.
func keep(path string, content func() ([]byte, error)) ([]byte, error) {
	b, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
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
