package objects

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"time"
)

// MaxSize is the largest object in bytes: what S3 takes in one request.
const MaxSize = 5 << 30

// MaxList is the most entries that one List answers.
const MaxList = 1000

// Store keeps objects under keys. It is safe for concurrent use. The package
// comment has the promises that all methods share.
type Store interface {
	// Put stores what body holds under key and says what it stored. A failure
	// of body itself is returned as it is, wrapped. ErrExists, ErrInvalidKey,
	// ErrMismatch, ErrTooLarge, ErrUnavailable.
	Put(ctx context.Context, key string, body io.Reader, o Options) (Info, error)
	// Get opens the object or a range of it. The caller closes the reader and
	// does not trust what it read before it has seen io.EOF. ErrNotFound,
	// ErrInvalidKey, ErrRange, ErrUnavailable; from the reader ErrCorrupt and
	// ErrUnavailable.
	Get(ctx context.Context, key string, r Range) (io.ReadCloser, Info, error)
	// Head describes the object. ErrNotFound, ErrInvalidKey, ErrUnavailable.
	Head(ctx context.Context, key string) (Info, error)
	// Delete removes the object; it is no error that there is none.
	// ErrInvalidKey, ErrUnavailable.
	Delete(ctx context.Context, key string) error
	// List answers up to limit entries (1 to MaxList, anything else means
	// MaxList) whose keys start with prefix and come after the key after, which
	// may be empty. Fewer than limit means that there are no more.
	// ErrInvalidKey, ErrUnavailable.
	List(ctx context.Context, prefix, after string, limit int) ([]Entry, error)
	// Link makes a request by which whoever has it can put an object of so many
	// bytes under key until some time from now, without the store's credentials.
	// ErrInvalidKey, ErrUnsupported, ErrUnavailable.
	Link(ctx context.Context, key string, size int64, within time.Duration) (Link, error)
	// Close gives back connections. The Store is not used afterwards.
	Close() error
}

// Options of a Put. The zero Options replace whatever is there.
type Options struct {
	IfAbsent    bool   // create only: ErrExists when the key is taken
	ContentType string // see MediaType
	SHA256      Digest // what the content must be; zero accepts any
}

// MediaType is the content type that a Put with o stores: ContentType, or
// DefaultContentType when that is not a media type of at most 255 bytes.
func (o Options) MediaType() string {
	if _, _, err := mime.ParseMediaType(o.ContentType); err != nil || len(o.ContentType) > 255 {
		return DefaultContentType
	}
	return o.ContentType
}

// Link is a request that puts one object.
type Link struct {
	Method string
	URL    string
	Header map[string]string // that the request must have
}

// Info describes an object.
type Info struct {
	Key         string
	Size        int64 // bytes of the whole object, also for a range of it
	ContentType string
	SHA256      Digest    // zero for an object that something else has put there
	ModifiedAt  time.Time // by the clock of the store; zero from Put
}

// Entry is an object in a list.
type Entry struct {
	Key        string
	Size       int64 // bytes
	ModifiedAt time.Time
}

// DefaultContentType is of objects that were put without one.
const DefaultContentType = "application/octet-stream"

// Digest is a SHA-256 sum. Zero means unknown.
type Digest [32]byte

// IsZero says that the sum is unknown.
func (d Digest) IsZero() bool { return d == Digest{} }

// String is the sum in lower-case hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest reads what String wrote.
func ParseDigest(s string) (Digest, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(Digest{}) {
		return Digest{}, fmt.Errorf("objects: a SHA-256 is 64 hexadecimal digits, not %d bytes of something else", len(s))
	}
	return Digest(b), nil
}

// Range is a stretch of an object. The zero Range is the whole object.
type Range struct {
	Offset int64 // of the first byte, from 0
	Length int64 // bytes at most; 0 means to the end
}

// Whole says that r leaves nothing out.
func (r Range) Whole() bool { return r == Range{} }

// Resolve gives the offset and the length that r means in an object of size
// bytes: cut at its end, and ErrRange when it starts at or beyond the end.
func (r Range) Resolve(size int64) (offset, length int64, err error) {
	switch {
	case r.Whole():
		return 0, size, nil
	case r.Offset < 0, r.Length < 0, r.Offset >= size:
		return 0, 0, ErrRange
	case r.Length == 0, r.Length > size-r.Offset:
		return r.Offset, size - r.Offset, nil
	}
	return r.Offset, r.Length, nil
}

// Limit is the number of entries that a List of limit means.
func Limit(limit int) int {
	if limit < 1 || limit > MaxList {
		return MaxList
	}
	return limit
}
