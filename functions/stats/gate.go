package stats

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"

	"paceline/shared/function/fault"
	"paceline/shared/track"
)

// Of each byte of a track as it is packed in its frame, ten and more become
// memory: the columns, what is computed of them, and the answer.
const unpackedAtOnce = 4 << 20

// patience is how long a track waits for its turn.
const patience = 20 * time.Second

// gate bounds the memory of the tracks that are in use at once.
type gate struct{ room *semaphore.Weighted }

func newGate() gate { return gate{semaphore.NewWeighted(unpackedAtOnce)} }

// enter waits until there is room for a stored track, and takes it until ctx
// ends. The longest tracks take all of it.
func (g gate) enter(ctx context.Context, stored []byte) error {
	size := min(track.UnpackedBytes(stored), unpackedAtOnce)
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := g.room.Acquire(waiting, size); err != nil {
		return fault.Unavailable("unavailable", 2*time.Second, errors.New("too many tracks are in use"))
	}
	context.AfterFunc(ctx, func() { g.room.Release(size) })
	return nil
}
