package eventing

import (
	"context"
	"fmt"
	"io"
	"net/http"

	ce "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"paceline/events"
)

// Sink is where a function sends its events: the ingress of a Broker.
type Sink struct {
	URL    string                                  // K_SINK
	Token  func() (string, error)                  // who sends, for the sink
	Sign   func(e events.Envelope) (string, error) // who sends, for whoever hears the event
	Client *http.Client
	// Extensions are attributes to add to every event (K_CE_OVERRIDES).
	Extensions map[string]string
}

// Send hands e to the sink. Nil means that the sink took it.
func (s *Sink) Send(ctx context.Context, e events.Envelope) error {
	req, err := s.Request(ctx, e)
	if err != nil {
		return err
	}
	resp, err := s.Client.Do(req)
	if err != nil {
		return fmt.Errorf("eventing: send %s: %w", e.Type, err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4<<10)) // so that the connection is used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("eventing: the sink answered %d to %s %s", resp.StatusCode, e.Type, e.ID)
	}
	return nil
}

// signatureAttribute carries the token with which the sender vouches for an event.
const signatureAttribute = "signature"

// Request is the request that sends e: binary mode, signed, with a workload token.
func (s *Sink) Request(ctx context.Context, e events.Envelope) (*http.Request, error) {
	event, err := toEvent(e, s.Extensions)
	if err != nil {
		return nil, err
	}
	signature, err := s.Sign(e)
	if err != nil {
		return nil, fmt.Errorf("eventing: sign %s: %w", e.Type, err)
	}
	event.SetExtension(signatureAttribute, signature)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("eventing: sink: %w", err)
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(event), req); err != nil {
		return nil, fmt.Errorf("eventing: encode %s: %w", e.Type, err)
	}
	token, err := s.Token()
	if err != nil {
		return nil, fmt.Errorf("eventing: token for the sink: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if e.Traceparent != "" {
		req.Header.Set("Traceparent", e.Traceparent)
	}
	return req, nil
}

func toEvent(e events.Envelope, extensions map[string]string) (*ce.Event, error) {
	out := ce.NewEvent()
	out.SetID(e.ID)
	out.SetSource(e.Source)
	out.SetType(e.Type)
	out.SetSubject(e.Subject)
	out.SetTime(e.Time)
	out.SetDataSchema(e.DataSchema)
	if e.PartitionKey != "" {
		out.SetExtension("partitionkey", e.PartitionKey)
	}
	if e.Traceparent != "" {
		out.SetExtension("traceparent", e.Traceparent)
	}
	if e.Replay != "" {
		out.SetExtension("replay", e.Replay)
	}
	for k, v := range extensions {
		out.SetExtension(k, v)
	}
	data := []byte(e.Data)
	if e.DataBase64 != nil {
		data = e.DataBase64
	}
	if err := out.SetData(e.DataContentType, data); err != nil {
		return nil, fmt.Errorf("eventing: data of %s: %w", e.Type, err)
	}
	if err := out.Validate(); err != nil {
		return nil, fmt.Errorf("eventing: %s: %w", e.Type, err)
	}
	return &out, nil
}

// fromEvent is the opposite of toEvent: the envelope, and the extensions that
// it does not have.
func fromEvent(e *ce.Event) (events.Envelope, map[string]string) {
	out := events.Envelope{
		SpecVersion: e.SpecVersion(), ID: e.ID(), Source: e.Source(), Type: e.Type(), Subject: e.Subject(), Time: e.Time(),
		DataContentType: e.DataContentType(), DataSchema: e.DataSchema(), Data: e.Data(),
	}
	extensions := map[string]string{}
	for name, value := range e.Extensions() {
		text := fmt.Sprint(value)
		switch name {
		case "partitionkey":
			out.PartitionKey = text
		case "traceparent":
			out.Traceparent = text
		case "replay":
			out.Replay = text
		case signatureAttribute: // checked before; who sends the event again signs it again
		default:
			extensions[name] = text
		}
	}
	return out, extensions
}
