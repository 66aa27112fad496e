package upload

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"paceline/shared/function/fault"
	"paceline/shared/function/seal"
	"paceline/shared/objects"
	"paceline/shared/track"
)

// shelf keeps originals and tracks, each sealed for its owner and its key.
type shelf struct {
	objects.Store
	keys *seal.Keys
}

// keep stores the objects of a plan, the original first.
func (s shelf) keep(ctx context.Context, p Plan, original []byte) error {
	if p.NewOriginal() {
		o := p.Next.Upload.Original
		if err := s.put(ctx, p.UserID, o.Key, original); err != nil {
			return err
		}
	}
	for _, f := range p.Fresh {
		encoded, err := track.Encode(f.Track)
		if err != nil {
			return fmt.Errorf("upload: %w", err)
		}
		if err := s.put(ctx, p.UserID, f.Record.TrackKey, encoded); err != nil {
			return err
		}
	}
	return nil
}

// put seals and stores content under a key that only this content is derived
// to. What is there already is the same content, or what an earlier version of a
// decoder left behind, which no state points to: either may be replaced.
func (s shelf) put(ctx context.Context, user, key string, content []byte) error {
	sealed, err := s.keys.SealFile(ctx, user, key, content)
	if err != nil {
		return err
	}
	_, err = s.Put(ctx, key, bytes.NewReader(sealed), objects.Options{SHA256: sha256.Sum256(sealed)})
	return away(err)
}

// remove removes objects; removing what is not there is fine.
func (s shelf) remove(ctx context.Context, keys []string) error {
	var failed []error
	for _, key := range keys {
		failed = append(failed, s.Delete(ctx, key))
	}
	return away(errors.Join(failed...))
}

// open opens an original of the user's.
func (s shelf) open(ctx context.Context, user, key string) (io.ReadCloser, error) {
	sealed, _, err := s.Get(ctx, key, objects.Range{})
	if err != nil {
		return nil, away(err)
	}
	plain, err := s.keys.OpenFile(ctx, user, key, sealed)
	if err != nil {
		return nil, errors.Join(err, sealed.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{plain, sealed}, nil
}

// away turns what waiting may cure into "unavailable".
func away(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, objects.ErrUnavailable), errors.Is(err, objects.ErrCorrupt):
		return fault.Unavailable("objects_unavailable", 2*time.Second, err)
	}
	return fmt.Errorf("upload: %w", err)
}
