package seal

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// SealFile seals a whole file for an object key of the owner's.
func (k *Keys) SealFile(ctx context.Context, owner, key string, plain []byte) ([]byte, error) {
	p, err := k.person(ctx, owner)
	if err != nil {
		return nil, err
	}
	return p.sealFile(key, plain)
}

// OpenFile opens the stream of a file that was sealed for the same key of the
// same owner. A read fails at the segment that was changed, and at the end when
// the end is not the file's.
func (k *Keys) OpenFile(ctx context.Context, owner, key string, sealed io.Reader) (io.Reader, error) {
	p, err := k.person(ctx, owner)
	if err != nil {
		return nil, err
	}
	// Which key a stream needs shows at its first segment: that much is kept, in
	// case our key is too old.
	head := &headReader{from: sealed}
	r, err := p.openFile(key, head)
	if err != nil {
		return nil, err
	}
	first := make([]byte, 1)
	n, bad := io.ReadFull(r, first)
	if bad == nil || bad == io.EOF {
		head.done = true
		return io.MultiReader(bytes.NewReader(first[:n]), r), nil
	}
	newer, err := k.read(ctx, owner)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(newer.raw, p.raw) {
		return nil, fmt.Errorf("seal: %s of %s: %w", key, owner, bad)
	}
	return newer.openFile(key, io.MultiReader(&head.kept, sealed))
}

// headReader keeps what is read of a stream until it is done.
type headReader struct {
	from io.Reader
	kept bytes.Buffer
	done bool
}

func (h *headReader) Read(b []byte) (int, error) {
	n, err := h.from.Read(b)
	if !h.done {
		h.kept.Write(b[:n])
	}
	return n, err
}

// OpenFileBytes is OpenFile for a file that is in memory.
func (k *Keys) OpenFileBytes(ctx context.Context, owner, key string, sealed []byte) ([]byte, error) {
	r, err := k.OpenFile(ctx, owner, key, bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("seal: %s of %s: %w", key, owner, err)
	}
	return plain, nil
}
