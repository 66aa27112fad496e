package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"paceline/shared/function/identity"
)

const (
	keySuffix  = ".pem"
	nextSuffix = ".next.pem"
)

// Rotator changes the keys of a platform that may be running: an
// identity.Keeper on the files of dir.
type Rotator struct{ keys *Keys }

// OpenRotator is for the keys that OpenKeys made in dir.
func OpenRotator(dir string) (*Rotator, error) {
	k := &Keys{dir: dir}
	if _, err := os.Stat(k.JWKS()); err != nil {
		return nil, fmt.Errorf("keys: there is no platform's folder of keys: %w", err)
	}
	return &Rotator{k}, nil
}

// Parts is every part that has a key.
func (r *Rotator) Parts(context.Context) ([]identity.Part, error) {
	files, err := filepath.Glob(filepath.Join(r.keys.dir, "*"+keySuffix))
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	var parts []identity.Part
	for _, file := range files {
		if strings.HasSuffix(file, nextSuffix) {
			continue
		}
		p := identity.Part{Issuer: strings.TrimSuffix(filepath.Base(file), keySuffix)}
		if p.Current, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("keys: %w", err)
		}
		if p.Next, err = os.ReadFile(r.next(p.Issuer)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("keys: %w", err)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func (r *Rotator) next(issuer string) string { return filepath.Join(r.keys.dir, issuer+nextSuffix) }

// Prepare keeps a next key, unless there is one.
func (r *Rotator) Prepare(_ context.Context, issuer string, next []byte) error {
	return r.keys.locked(func() error {
		_, err := keep(r.next(issuer), func() ([]byte, error) { return next, nil })
		return err
	})
}

// Promote makes the next key the current one in a single rename.
func (r *Rotator) Promote(_ context.Context, issuer string, next []byte) error {
	return r.keys.locked(func() error {
		b, err := os.ReadFile(r.next(issuer))
		if errors.Is(err, fs.ErrNotExist) || (err == nil && !bytes.Equal(b, next)) {
			return nil // another command was faster
		}
		if err == nil {
			err = os.Rename(r.next(issuer), r.keys.file(issuer))
		}
		if err != nil {
			return fmt.Errorf("keys: %w", err)
		}
		return nil
	})
}

// KeySet reads the JWKS.
func (r *Rotator) KeySet(context.Context) (identity.KeySet, error) { return r.keys.keySet() }

// UpdateKeySet changes the JWKS.
func (r *Rotator) UpdateKeySet(_ context.Context, change func(*identity.KeySet) error) error {
	return r.keys.locked(func() error {
		set, err := r.keys.keySet()
		if err != nil {
			return err
		}
		if err := change(&set); err != nil {
			return err
		}
		doc, err := set.Document()
		if err != nil {
			return err
		}
		return writeFile(r.keys.JWKS(), doc)
	})
}

// keySet reads the JWKS; one that is not there yet is empty.
func (k *Keys) keySet() (identity.KeySet, error) {
	doc, err := os.ReadFile(k.JWKS())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return identity.KeySet{}, fmt.Errorf("keys: %w", err)
	}
	set, err := identity.ParseKeySet(doc)
	if err != nil {
		return set, fmt.Errorf("keys: %s: %w", k.JWKS(), err)
	}
	return set, nil
}

// locked runs change while no other process changes the keys of the folder.
func (k *Keys) locked(change func() error) error {
	lock, err := os.OpenFile(filepath.Join(k.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	defer lock.Close() // which unlocks
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("keys: lock: %w", err)
	}
	return change()
}

// UpdateKEK changes the file of the key-encryption key.
func (r *Rotator) UpdateKEK(_ context.Context, change func(doc []byte) ([]byte, error)) error {
	return r.keys.locked(func() error {
		doc, err := os.ReadFile(r.keys.kek())
		if err != nil {
			return fmt.Errorf("keys: %w", err)
		}
		if doc, err = change(doc); err != nil {
			return fmt.Errorf("keys: %s: %w", r.keys.kek(), err)
		}
		return writeFile(r.keys.kek(), doc)
	})
}
