package breached

import (
	"bufio"
	"bytes"
	"crypto/sha1" // #nosec G505 -- see list.go
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/FastFilter/xorfilter"
)

// Builder collects the passwords of a list.
type Builder struct {
	// Shortest leaves out passwords of fewer characters, which are refused for
	// their length. Digests do not say how long theirs is.
	Shortest int
	// Seen leaves out digests that were seen less often.
	Seen int

	keys []uint64
}

// maxLine bounds a line of a list.
const maxLine = 4 << 10

// Read adds the lines of a list. It says in which line a list is at fault.
func (b *Builder) Read(r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		b.add(bytes.TrimSuffix(lines.Bytes(), []byte("\r")))
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("breached: line %d: %w", n+1, err)
	}
	return nil
}

func (b *Builder) add(line []byte) {
	digest, seen, is := parseDigest(line)
	switch {
	case is && seen >= b.Seen:
		b.keys = append(b.keys, key(digest))
	case !is && len(line) > 0 && utf8.RuneCount(line) >= b.Shortest:
		b.keys = append(b.keys, key(sha1.Sum(line))) // #nosec G401 -- see list.go
	}
}

// parseDigest reads a line of Have I Been Pwned.
func parseDigest(line []byte) (digest [sha1.Size]byte, seen int, is bool) {
	hexed, times, counted := bytes.Cut(line, []byte(":"))
	if len(hexed) != hex.EncodedLen(sha1.Size) {
		return digest, 0, false
	}
	if _, err := hex.Decode(digest[:], hexed); err != nil {
		return digest, 0, false
	}
	if !counted {
		return digest, 1, true
	}
	seen, err := strconv.Atoi(string(times))
	return digest, seen, err == nil
}

// Build makes the list, and says how many passwords are on it. The same lines
// make the same list.
func (b *Builder) Build() (*List, int, error) {
	slices.Sort(b.keys)
	keys := slices.Compact(b.keys)
	if len(keys) == 0 {
		return nil, 0, errors.New("breached: there is no password on the list")
	}
	filter, err := xorfilter.NewBinaryFuse[uint32](slices.Clone(keys))
	if err != nil {
		return nil, 0, fmt.Errorf("breached: %w", err)
	}
	return &List{*filter}, len(keys), nil
}
