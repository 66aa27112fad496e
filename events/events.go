package events

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// SchemaBase is what dataschema begins with; the type follows.
const SchemaBase = "https://paceline.example/schemas/"

// Payload is the data of one event type.
type Payload interface {
	// EventType is the CloudEvents type, such as paceline.workout.uploaded.v1.
	EventType() string
	// Subject is the id of the thing that the event is about.
	Subject() string
	// PartitionKey is the id of the person whose data changed. Events of one
	// person may be kept in order by a broker that can.
	PartitionKey() string
}

// Envelope is a CloudEvent 1.0 in its JSON (structured) form, which is how
// outboxes and dead letters keep an event.
type Envelope struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject,omitempty"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	DataSchema      string          `json:"dataschema,omitempty"`
	PartitionKey    string          `json:"partitionkey,omitempty"`
	Traceparent     string          `json:"traceparent,omitempty"`
	Replay          string          `json:"replay,omitempty"` // which time operators send it again
	Data            json.RawMessage `json:"data,omitempty"`
	DataBase64      []byte          `json:"data_base64,omitempty"` // instead of Data, when that is not JSON
}

// Source is the CloudEvents source of a function.
func Source(function string) string { return "/functions/" + function }

// New makes the envelope of p, caused by what ctx carries (see WithCause).
func New(ctx context.Context, function string, p Payload, now time.Time) (Envelope, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return Envelope{}, fmt.Errorf("events: encode %s: %w", p.EventType(), err)
	}
	cause := CauseFrom(ctx)
	if cause.ID == "" {
		return Envelope{}, fmt.Errorf("events: %s has no cause in its context", p.EventType())
	}
	identity := []string{cause.ID, function, p.EventType(), p.Subject()}
	if v, ok := p.(interface{ EventVersion() int64 }); ok {
		identity = append(identity, strconv.FormatInt(v.EventVersion(), 10))
	}
	return Envelope{
		SpecVersion:     "1.0",
		ID:              deriveID(identity...),
		Source:          Source(function),
		Type:            p.EventType(),
		Subject:         p.Subject(),
		Time:            now.UTC(),
		DataContentType: "application/json",
		DataSchema:      SchemaBase + p.EventType(),
		PartitionKey:    p.PartitionKey(),
		Traceparent:     cause.Traceparent,
		Data:            data,
	}, nil
}

// Decode reads the envelope's data into a new payload of its type. An unknown
// type is an error; unknown fields are not.
func (e Envelope) Decode() (Payload, error) {
	p, ok := newPayload(e.Type)
	if !ok {
		return nil, fmt.Errorf("events: unknown type %q", e.Type)
	}
	if err := json.Unmarshal(e.Data, p); err != nil {
		return nil, fmt.Errorf("events: decode %s: %w", e.Type, err)
	}
	return p, nil
}

// deriveID is a digest and not a random id so that a retry of the same cause
// sends the same event.
func deriveID(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%s\x00", p)
	}
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:20])
}

// Cause is why something is being done: an incoming event or a person's command.
type Cause struct {
	ID          string // source+id of the event, or the command's idempotency key
	Traceparent string // W3C trace context to go on with, or ""
}

type causeKey struct{}

// WithCause returns a context whose outgoing events are caused by c.
func WithCause(ctx context.Context, c Cause) context.Context {
	return context.WithValue(ctx, causeKey{}, c)
}

// CauseFrom returns the cause that ctx carries, or the zero Cause.
func CauseFrom(ctx context.Context) Cause {
	c, _ := ctx.Value(causeKey{}).(Cause)
	return c
}
