package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"paceline/shared/function/fault"
	"paceline/shared/objects"
	"paceline/shared/objects/sealed"
	"paceline/shared/track"
)

// shelf keeps originals and tracks, each sealed for its owner and its key.
type shelf struct{ sealed.Store }

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

// put stores content under a key that only this content is derived to. What is
// there already is the same content, or what an earlier version of a decoder left
// behind, which no state points to: either may be replaced.
func (s shelf) put(ctx context.Context, user, key string, content []byte) error {
	return away(s.PutFor(ctx, user, key, content))
}

// remove removes objects; removing what is not there is fine.
func (s shelf) remove(ctx context.Context, keys []string) error { return away(s.Remove(ctx, keys)) }

// open opens an original of the user's.
func (s shelf) open(ctx context.Context, user, key string) (io.ReadCloser, error) {
	body, err := s.OpenFor(ctx, user, key)
	return body, away(err)
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
