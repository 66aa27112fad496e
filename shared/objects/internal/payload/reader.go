package payload

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"paceline/shared/objects"
)

// Download is a content that comes from a store.
type Download struct {
	Key    string
	Body   io.ReadCloser
	Length int64          // bytes that Body must have
	SHA256 objects.Digest // of those bytes, or zero
	Watch  *Watch         // ends Body's context, or nil
}

// Reader reads d and checks it: the last bytes are withheld unless the length
// and the sum are right, so that no reader takes a broken content for whole.
func (d Download) Reader() io.ReadCloser {
	if d.Watch != nil {
		d.Watch.Rest()
	}
	return &reader{Download: d, sum: sha256.New()}
}

type reader struct {
	Download
	sum    hash.Hash
	read   int64
	failed error
}

func (r *reader) Read(b []byte) (int, error) {
	if r.failed != nil {
		return 0, r.failed
	}
	n, err := r.next(b)
	if err != nil {
		r.failed = err
	}
	return n, err
}

func (r *reader) next(b []byte) (int, error) {
	if r.read == r.Length {
		return 0, io.EOF
	}
	if r.Watch != nil {
		r.Watch.Wait()
		defer r.Watch.Rest()
	}
	n, err := r.Body.Read(b[:min(int64(len(b)), r.Length-r.read)])
	_, _ = r.sum.Write(b[:n]) // a hash never fails
	r.read += int64(n)
	switch {
	case r.read == r.Length:
		if err := r.verify(); err != nil {
			return 0, err
		}
		return n, nil
	case errors.Is(err, io.EOF):
		return 0, objects.ErrCorrupt.Wrap("read", r.Key, fmt.Errorf("it ends after %d of %d bytes", r.read, r.Length))
	case err != nil:
		return 0, objects.ErrUnavailable.Wrap("read", r.Key, err)
	}
	return n, nil
}

// verify checks the sum of everything.
func (r *reader) verify() error {
	got := objects.Digest(r.sum.Sum(nil))
	if r.SHA256.IsZero() || got == r.SHA256 {
		return nil
	}
	return objects.ErrCorrupt.Wrap("read", r.Key, fmt.Errorf("its SHA-256 is %s, not %s", got, r.SHA256))
}

func (r *reader) Close() error {
	if r.Watch != nil {
		r.Watch.End()
	}
	return r.Body.Close()
}
