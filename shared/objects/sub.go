package objects

import (
	"context"
	"io"
	"strings"
	"time"
)

// Sub is the part of s whose keys start with prefix and a slash, seen without
// them: a function's own corner of a bucket. An empty prefix is s itself.
func Sub(s Store, prefix string) Store {
	if prefix == "" {
		return s
	}
	return &sub{s, prefix + "/"}
}

type sub struct {
	Store  // for Close
	prefix string
}

// full checks key before the prefix can hide what is wrong with it.
func (s *sub) full(key string) (string, error) {
	return s.prefix + key, ValidateKey(key)
}

func (s *sub) info(i Info) Info {
	i.Key = strings.TrimPrefix(i.Key, s.prefix)
	return i
}

func (s *sub) Put(ctx context.Context, key string, body io.Reader, o Options) (Info, error) {
	full, err := s.full(key)
	if err != nil {
		return Info{}, err
	}
	i, err := s.Store.Put(ctx, full, body, o)
	return s.info(i), err
}

func (s *sub) Get(ctx context.Context, key string, r Range) (io.ReadCloser, Info, error) {
	full, err := s.full(key)
	if err != nil {
		return nil, Info{}, err
	}
	body, i, err := s.Store.Get(ctx, full, r)
	return body, s.info(i), err
}

func (s *sub) Head(ctx context.Context, key string) (Info, error) {
	full, err := s.full(key)
	if err != nil {
		return Info{}, err
	}
	i, err := s.Store.Head(ctx, full)
	return s.info(i), err
}

func (s *sub) Delete(ctx context.Context, key string) error {
	full, err := s.full(key)
	if err != nil {
		return err
	}
	return s.Store.Delete(ctx, full)
}

func (s *sub) List(ctx context.Context, prefix, after string, limit int) ([]Entry, error) {
	if err := ValidatePrefix(prefix); err != nil {
		return nil, err
	}
	if err := ValidatePrefix(after); err != nil {
		return nil, err
	}
	if after != "" {
		after = s.prefix + after
	}
	entries, err := s.Store.List(ctx, s.prefix+prefix, after, limit)
	for i := range entries {
		entries[i].Key = strings.TrimPrefix(entries[i].Key, s.prefix)
	}
	return entries, err
}

func (s *sub) Link(ctx context.Context, key string, size int64, within time.Duration) (Link, error) {
	full, err := s.full(key)
	if err != nil {
		return Link{}, err
	}
	return s.Store.Link(ctx, full, size, within)
}
