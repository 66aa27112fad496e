package deadletter

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"paceline/events"
	"paceline/shared/api"
)

// partition holds the whole list: dead letters are few, and operators look at
// all of them.
const partition = "letters"

// maxEvent bounds what is read back of a kept event: what a broker takes, and
// what JSON adds to it.
const maxEvent = 4 << 20

// The extensions that Knative adds to a dead letter.
const (
	extensionDestination = "knativeerrordest"
	extensionStatus      = "knativeerrorcode"
	extensionAnswer      = "knativeerrordata"
)

// Letter is one event that one destination could not take.
type Letter struct {
	api.DeadLetter
}

// newLetter describes a dead letter that came in.
func newLetter(e events.Envelope, extensions map[string]string, now time.Time) Letter {
	status, _ := strconv.Atoi(extensions[extensionStatus]) // absent when there was no answer at all
	sum := sha256.Sum256([]byte(e.Source + "\x00" + e.ID + "\x00" + extensions[extensionDestination]))
	return Letter{api.DeadLetter{
		ID: hex.EncodeToString(sum[:12]), State: api.DeadLetterStateKept, EventID: e.ID, EventType: e.Type, EventSource: e.Source,
		EventSubject: e.Subject, Destination: extensions[extensionDestination], Status: status,
		Error: answerText(extensions[extensionAnswer]), ReceivedAt: now,
	}}
}

// answerText is the answer of the last try, which brokers write as base64.
func answerText(s string) string {
	if b, err := base64.StdEncoding.DecodeString(s); err == nil && utf8.Valid(b) {
		return string(b)
	}
	return s
}

// Again takes over what is known of the letter from its earlier arrival.
func (l *Letter) Again(before Letter) {
	l.Replays, l.ReplayedAt = before.Replays, before.ReplayedAt
}

// Replay marks the letter as sent again.
func (l *Letter) Replay(now time.Time) {
	l.State, l.ReplayedAt = api.DeadLetterStateReplayed, &now
	l.Replays++
}

// objectKey is where the event itself is kept.
func (l Letter) objectKey() string { return "deadletter/" + l.ID + ".json" }

// whole is the letter with its event.
func (l Letter) whole(event []byte) api.DeadLetter {
	out := l.DeadLetter
	out.Event = json.RawMessage(event)
	return out
}
