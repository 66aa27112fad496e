package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/function/fault"
)

// EventTokenType is the type of the token that an event carries.
const EventTokenType = "event+jwt"

// EventTTL is how long an event's token holds: longer than a broker tries and
// operators take to look after a dead letter, which is signed anew on replay.
const EventTTL = 7 * 24 * time.Hour

// audienceEvents is the audience of events: whoever hears them.
const audienceEvents = "paceline-events"

// replayer may send the events of others again.
const replayer = "deadletter"

// EventToken is what the sender of e vouches with: that e, as it stands, is its
// own. It goes with the event through any broker, so that a receiver need not
// trust who delivers.
func (s *Signer) EventToken(e events.Envelope) (string, error) {
	c := s.claims(e.ID, audienceEvents, EventTTL)
	c.Digest = digest(e)
	return s.sign(EventTokenType, c)
}

// digest covers what a receiver acts on. What a broker may change on the way,
// the trace and its own attributes, is left out.
func digest(e events.Envelope) string {
	data := []byte(e.Data)
	if e.DataBase64 != nil {
		data = e.DataBase64
	}
	h := sha256.New()
	for _, part := range []string{e.ID, e.Source, e.Type, e.Subject, e.PartitionKey, e.Time.UTC().Format(time.RFC3339Nano), string(data)} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// EventVerifier checks the tokens of events.
type EventVerifier struct{ tokens *Verifier }

// NewEventVerifier accepts events of every part that source has keys of.
func NewEventVerifier(source KeySource, now func() time.Time) *EventVerifier {
	v := NewVerifier(EventTokenType, audienceEvents, []string{"*"}, source, now)
	v.keys.events = true
	return &EventVerifier{v}
}

// Event checks that token is e's, by a sender that may send it. The error is a
// *fault.Error: 401 when it is not, 403 for a sender of what is not its to
// send, 503 when that cannot be said now.
func (v *EventVerifier) Event(ctx context.Context, e events.Envelope, token string) error {
	if token == "" {
		return fault.Unauthorized("event_unsigned", "the event carries no token of its sender")
	}
	signer, err := v.tokens.Verify(ctx, token)
	if err != nil {
		return err
	}
	if signer.digest != digest(e) {
		return fault.Unauthorized("event_forged", "the event is not the one that its sender signed")
	}
	sender := strings.TrimPrefix(e.Source, events.Source(""))
	known := len(events.Senders(e.Type)) > 0 // a newer version of a sender may have more types
	if signer.Issuer != sender && signer.Issuer != replayer || known && !events.MaySend(sender, e.Type) {
		return fault.Forbidden("event_sender", "%s does not send %s from %s", signer.Issuer, e.Type, e.Source)
	}
	return nil
}
