package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"paceline/shared/function/fault"
	"paceline/shared/objects"
)

// partSize is how much of an archive one object holds: a file of it is read
// without the rest, and what was sealed can only be opened as a whole.
const partSize = 1 << 20

// volume is where the bytes of one archive lie, in sealed parts.
type volume struct {
	shelf  shelf
	user   string
	prefix string
}

// importPrefix is where the archive of an import lies, and archives in it.
func importPrefix(user, id string) string { return "import/" + user + "/" + id + "/" }

func (f *upload) volume(user, id string, n int) volume {
	return volume{f.shelf, user, importPrefix(user, id) + strconv.Itoa(n) + "/"}
}

func (v volume) key(part int64) string { return v.prefix + fmt.Sprintf("%06d", part) }

// write keeps what body holds, at most limit bytes, from the offset at on, and
// says where it ends. What was kept before at is kept with it.
func (v volume) write(ctx context.Context, at int64, body io.Reader, limit int64) (int64, error) {
	part := make([]byte, partSize)
	n := int(at % partSize)
	if n > 0 {
		before, err := v.part(ctx, at/partSize)
		if err != nil {
			return at, err
		}
		copy(part, before[:min(n, len(before))])
	}
	for {
		read, err := fill(body, part[n:])
		n += read
		end := at - at%partSize + int64(n)
		if end > limit {
			return at, fault.New(http.StatusRequestEntityTooLarge, "file_too_large", "the archive is larger than %d bytes", limit)
		}
		if read > 0 {
			if err := v.shelf.put(ctx, v.user, v.key(at/partSize), part[:n]); err != nil {
				return at, err
			}
			at = end
		}
		switch {
		case errors.Is(err, io.EOF):
			return at, nil
		case err != nil:
			return at, err
		}
		n = 0
	}
}

// fill reads until b is full, or what the reader ends with: other than
// io.ReadFull it tells an end from a connection that broke.
func fill(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var read int
		read, err = r.Read(b[n:])
		n += read
	}
	return n, err
}

// part reads one part.
func (v volume) part(ctx context.Context, n int64) ([]byte, error) {
	body, err := v.shelf.open(ctx, v.user, v.key(n))
	if err != nil {
		return nil, err
	}
	part := make([]byte, partSize+1) // to its end, where it shows whether it was cut
	read, err := fill(body, part)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err := errors.Join(err, body.Close()); err != nil {
		return nil, away(err)
	}
	return part[:read], nil
}

// reader reads anywhere in the volume.
func (v volume) reader(ctx context.Context) *volumeReader { return &volumeReader{ctx: ctx, v: v} }

// volumeReader is an io.ReaderAt that remembers the last parts that it read: the
// list of an archive and its entries are read in turns.
type volumeReader struct {
	ctx  context.Context
	v    volume
	kept [4]struct {
		n    int64 // from 1; 0 is nothing
		part []byte
	}
	next int
}

// ReadAt reads len(b) bytes from at on; what lies beyond the end is io.EOF.
func (r *volumeReader) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		part, err := r.part(at / partSize)
		if errors.Is(err, objects.ErrNotFound) {
			return n, io.EOF
		}
		if err != nil {
			return n, err
		}
		from := at % partSize
		if from >= int64(len(part)) {
			return n, io.EOF
		}
		read := copy(b[n:], part[from:])
		n, at = n+read, at+int64(read)
	}
	return n, nil
}

func (r *volumeReader) part(n int64) ([]byte, error) {
	for _, k := range r.kept {
		if k.n == n+1 {
			return k.part, nil
		}
	}
	part, err := r.v.part(r.ctx, n)
	if err != nil {
		return nil, err
	}
	r.kept[r.next].n, r.kept[r.next].part = n+1, part
	r.next = (r.next + 1) % len(r.kept)
	return part, nil
}

// removeAll removes every object under a prefix.
func (s shelf) removeAll(ctx context.Context, prefix string) error {
	return away(s.RemoveAll(ctx, prefix))
}
