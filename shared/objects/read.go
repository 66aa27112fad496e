package objects

import (
	"context"
	"fmt"
	"io"
	"iter"
)

// ReadAll is the whole object under key, verified, if it has at most limit
// bytes; else ErrTooLarge. Other errors are those of Get and its reader.
func ReadAll(ctx context.Context, s Store, key string, limit int64) ([]byte, Info, error) {
	body, info, err := s.Get(ctx, key, Range{})
	if err != nil {
		return nil, Info{}, err
	}
	defer func() { _ = body.Close() }() // nothing that was read depends on it
	if info.Size > limit {
		return nil, Info{}, ErrTooLarge.Wrap("read", key, fmt.Errorf("%d bytes, limit %d", info.Size, limit))
	}
	content := make([]byte, info.Size)
	if _, err := io.ReadFull(body, content); err != nil {
		return nil, Info{}, fmt.Errorf("objects: read %q: %w", key, err)
	}
	return content, info, nil
}

// All walks over every object whose key starts with prefix, in order of keys,
// page by page. It ends after the first error.
func All(ctx context.Context, s Store, prefix string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for after := ""; ; {
			page, err := s.List(ctx, prefix, after, MaxList)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if len(page) < MaxList {
				return
			}
			after = page[len(page)-1].Key
		}
	}
}
