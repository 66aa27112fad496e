// Package sealed keeps objects that are people's: each is sealed under its
// owner's key and for its own key alone, so that an erasure makes every copy
// noise.
package sealed

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"

	"paceline/shared/objects"
)

// Keys seals and opens; seal.Keys is what every function has.
type Keys interface {
	SealFile(ctx context.Context, owner, key string, plain []byte) ([]byte, error)
	OpenFile(ctx context.Context, owner, key string, sealed io.Reader) (io.Reader, error)
}

// Store is a store of objects with the keys of their owners. Its own methods
// are those of objects.Store, on what is sealed.
type Store struct {
	objects.Store
	Keys Keys
}

// PutFor seals content for its owner and stores it, in place of whatever is there.
func (s Store) PutFor(ctx context.Context, owner, key string, content []byte) error {
	sealed, err := s.Keys.SealFile(ctx, owner, key, content)
	if err != nil {
		return err
	}
	_, err = s.Put(ctx, key, bytes.NewReader(sealed), objects.Options{SHA256: sha256.Sum256(sealed)})
	return err
}

// OpenFor opens what PutFor stored, as a stream that fails where it was changed.
func (s Store) OpenFor(ctx context.Context, owner, key string) (io.ReadCloser, error) {
	sealed, _, err := s.Get(ctx, key, objects.Range{})
	if err != nil {
		return nil, err
	}
	plain, err := s.Keys.OpenFile(ctx, owner, key, sealed)
	if err != nil {
		return nil, errors.Join(err, sealed.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{plain, sealed}, nil
}

// RemoveAll removes every object whose key starts with prefix. It may run again
// at any point.
func (s Store) RemoveAll(ctx context.Context, prefix string) error {
	var keys []string
	for e, err := range objects.All(ctx, s, prefix) {
		if err != nil {
			return err
		}
		keys = append(keys, e.Key)
	}
	return s.Remove(ctx, keys)
}

// Remove removes objects; removing what is not there is fine.
func (s Store) Remove(ctx context.Context, keys []string) error {
	var failed []error
	for _, key := range keys {
		failed = append(failed, s.Delete(ctx, key))
	}
	return errors.Join(failed...)
}
