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
	"paceline/shared/objects"
	"paceline/shared/track"
)

// shelf keeps originals and tracks.
type shelf struct{ objects.Store }

// keep stores the objects of a plan, the original first.
func (s shelf) keep(ctx context.Context, p Plan, original []byte) error {
	if p.NewOriginal() {
		o := p.Next.Upload.Original
		if err := s.put(ctx, o.Key, original, o.ContentType); err != nil {
			return err
		}
	}
	for _, f := range p.Fresh {
		encoded, err := track.Encode(f.Track)
		if err != nil {
			return fmt.Errorf("upload: %w", err)
		}
		if err := s.put(ctx, f.Record.TrackKey, encoded, objects.DefaultContentType); err != nil {
			return err
		}
	}
	return nil
}

// put stores content under a key that only this content is derived to. What is
// there already is left alone if it is the same; it can be another only when an
// earlier version of a decoder left it behind, and then no state points to it.
func (s shelf) put(ctx context.Context, key string, content []byte, contentType string) error {
	o := objects.Options{IfAbsent: true, ContentType: contentType, SHA256: sha256.Sum256(content)}
	_, err := s.Put(ctx, key, bytes.NewReader(content), o)
	if errors.Is(err, objects.ErrExists) {
		var there objects.Info
		if there, err = s.Head(ctx, key); err == nil && there.SHA256 == o.SHA256 {
			return nil
		}
		if err == nil || errors.Is(err, objects.ErrNotFound) {
			o.IfAbsent = false
			_, err = s.Put(ctx, key, bytes.NewReader(content), o)
		}
	}
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

// open opens an original.
func (s shelf) open(ctx context.Context, key string) (io.ReadCloser, objects.Info, error) {
	body, info, err := s.Get(ctx, key, objects.Range{})
	return body, info, away(err)
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
