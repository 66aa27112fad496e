package payload

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"paceline/shared/objects"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sum is what is known of a content after it was read once.
type Sum struct {
	Size   int64
	SHA256 objects.Digest
	CRC32C uint32 // Castagnoli, the checksum that GCS verifies
}

// Check is ErrMismatch unless want is unknown or the content's own sum.
func (s Sum) Check(want objects.Digest) error {
	if want.IsZero() || want == s.SHA256 {
		return nil
	}
	return fmt.Errorf("%w: it is %s", objects.ErrMismatch, s.SHA256)
}

// Copy reads body to its end into dst. A failure of body comes back as it is,
// a failure of dst as ErrUnavailable, more than objects.MaxSize as ErrTooLarge.
// It looks at ctx between reads.
func Copy(ctx context.Context, dst io.Writer, body io.Reader) (Sum, error) {
	sha, crc := sha256.New(), crc32.New(castagnoli)
	all := io.MultiWriter(sha, crc, dst) // the hashes never fail
	var sum Sum
	buffer := make([]byte, 64<<10)
	for {
		if err := ctx.Err(); err != nil {
			return Sum{}, fmt.Errorf("%w: %w", objects.ErrUnavailable, err)
		}
		n, err := body.Read(buffer)
		sum.Size += int64(n)
		if sum.Size > objects.MaxSize {
			return Sum{}, objects.ErrTooLarge
		}
		if n > 0 {
			if _, err := all.Write(buffer[:n]); err != nil {
				return Sum{}, fmt.Errorf("%w: %w", objects.ErrUnavailable, err)
			}
		}
		if errors.Is(err, io.EOF) {
			sum.SHA256, sum.CRC32C = objects.Digest(sha.Sum(nil)), crc.Sum32()
			return sum, nil
		}
		if err != nil {
			return Sum{}, err
		}
	}
}
