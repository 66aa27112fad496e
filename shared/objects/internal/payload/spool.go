package payload

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"paceline/shared/objects"
)

// inMemory is how many bytes of a stream are kept in memory before the rest
// goes to a temporary file.
const inMemory = 4 << 20

// Spooled is a content that can be sent again: read to its end, hashed, and at
// its start.
type Spooled struct {
	io.ReadSeeker
	Sum
	start int64
	close func() error
}

// Rewind goes back to the start of the content.
func (s *Spooled) Rewind() error {
	_, err := s.Seek(s.start, io.SeekStart)
	return err
}

// Close frees what Spool took; it does not close the body.
func (s *Spooled) Close() error { return s.close() }

// Spool makes body a content that can be sent, and sent again after a failure,
// and refuses it unless it has the sum want. What can seek is read twice,
// anything else is kept: a bad body is found before a byte goes out.
func Spool(ctx context.Context, body io.Reader, want objects.Digest) (*Spooled, error) {
	s, err := spool(ctx, body)
	if err != nil {
		return nil, err
	}
	if err := s.Check(want); err != nil {
		return nil, closing(s, err)
	}
	if err := s.Rewind(); err != nil {
		return nil, closing(s, fmt.Errorf("rewind the content: %w", err))
	}
	return s, nil
}

func closing(s *Spooled, err error) error {
	_ = s.Close() // err is what matters
	return err
}

func spool(ctx context.Context, body io.Reader) (*Spooled, error) {
	if seeker, ok := body.(io.ReadSeeker); ok {
		// A pipe has a Seek that fails: it is a stream.
		if start, err := seeker.Seek(0, io.SeekCurrent); err == nil {
			sum, err := Copy(ctx, io.Discard, seeker)
			return &Spooled{seeker, sum, start, func() error { return nil }}, err
		}
	}
	keep := &keeper{}
	sum, err := Copy(ctx, keep, body)
	if err != nil {
		_ = keep.Close() // err is what matters
		return nil, err
	}
	return &Spooled{keep.content(), sum, 0, keep.Close}, nil
}

// keeper holds what is written to it, in memory and from inMemory on in a file.
type keeper struct {
	memory bytes.Buffer
	file   *os.File
}

func (k *keeper) Write(b []byte) (int, error) {
	if k.file != nil {
		return k.file.Write(b)
	}
	if k.memory.Len()+len(b) <= inMemory {
		return k.memory.Write(b)
	}
	file, err := os.CreateTemp("", "objects-")
	if err != nil {
		return 0, err
	}
	k.file = file
	if _, err := k.memory.WriteTo(file); err != nil {
		return 0, err
	}
	k.memory = bytes.Buffer{}
	return file.Write(b)
}

func (k *keeper) content() io.ReadSeeker {
	if k.file != nil {
		return k.file
	}
	return bytes.NewReader(k.memory.Bytes())
}

// Close removes the file, if there is one.
func (k *keeper) Close() error {
	if k.file == nil {
		return nil
	}
	_ = k.file.Close() // it was only read since
	return os.Remove(k.file.Name())
}
