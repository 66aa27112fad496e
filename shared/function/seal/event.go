package seal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"paceline/events"
)

// SealEvent seals what of an event's data its contract marks, for the person
// whose data changed. It leaves the rest as it is.
func (k *Keys) SealEvent(ctx context.Context, e events.Envelope) (events.Envelope, error) {
	open, hidden, err := events.Split(e.Type, e.Data)
	if err != nil || hidden == nil {
		return e, err
	}
	sealed, err := k.Seal(ctx, ownerOf(e), placeOf(e), hidden)
	if err != nil {
		return e, err
	}
	e.Data, err = events.WithSealed(open, sealed)
	return e, err
}

// OpenEvent is the data of an event as its sender had it.
func (k *Keys) OpenEvent(ctx context.Context, e events.Envelope) (json.RawMessage, error) {
	open, sealed, err := events.SealedPart(e.Data)
	if err != nil || sealed == nil {
		return e.Data, err
	}
	hidden, err := k.Open(ctx, ownerOf(e), placeOf(e), sealed)
	if err != nil {
		return nil, err
	}
	return events.Join(open, hidden)
}

func ownerOf(e events.Envelope) string {
	return cmp.Or(e.PartitionKey, Platform)
}

// placeOf is what the sealed part of an event is bound to.
func placeOf(e events.Envelope) string {
	return fmt.Sprintf("event %s %s %s", e.Type, e.Source, e.ID)
}
