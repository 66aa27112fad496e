package function

import (
	"crypto/rand"
	"time"

	"github.com/oklog/ulid/v2"
)

// NewID is an id that nobody can guess; ids are in the order of their times.
func NewID(now time.Time) string { return ulid.MustNew(ulid.Timestamp(now), rand.Reader).String() }
