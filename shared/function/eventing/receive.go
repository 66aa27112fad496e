package eventing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	ce "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/seal"
	"paceline/shared/function/security"
)

// maxEvent bounds an event; more than this belongs into the object store.
const maxEvent = 1 << 20

// Subscription is one event type and what handles it.
type Subscription struct {
	Type   string
	handle func(ctx context.Context, e *ce.Event) error
}

// others is the type of a subscription to whatever no other one takes.
const others = "*"

// OnOthers subscribes handle to every event that no other subscription takes,
// as it came, with the extension attributes that an Envelope does not have.
func OnOthers(handle func(ctx context.Context, e events.Envelope, extensions map[string]string) error) Subscription {
	return Subscription{Type: others, handle: func(ctx context.Context, e *ce.Event) error {
		envelope, extensions := fromEvent(e)
		return handle(ctx, envelope, extensions)
	}}
}

// On subscribes handle to the type of P.
func On[P events.Payload](handle func(ctx context.Context, p P) error) Subscription {
	var zero P
	return Subscription{Type: zero.EventType(), handle: func(ctx context.Context, e *ce.Event) error {
		var p P
		if err := decode(e.Data(), &p); err != nil {
			return fault.Invalid("event_data", "the event's data is not what its type says").Because(err)
		}
		return handle(ctx, p)
	}}
}

// decode reads a payload. JSON null would be one without any field.
func decode(data []byte, p any) error {
	if bytes.Equal(bytes.TrimSpace(data), []byte("null")) {
		return errors.New("no data")
	}
	return json.Unmarshal(data, p)
}

// Verify says whether an event is to be believed; signature is the token that
// it carries, or "".
type Verify func(ctx context.Context, e events.Envelope, signature string) error

// Open is the data of an event as its sender had it, before parts were sealed.
type Open func(ctx context.Context, e events.Envelope) (json.RawMessage, error)

// Receiver handles POST /events of one function.
func Receiver(log *slog.Logger, verify Verify, open Open, subscriptions ...Subscription) http.Handler {
	byType := make(map[string]Subscription, len(subscriptions))
	for _, s := range subscriptions {
		byType[s.Type] = s
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxEvent)
		e, err := read(r)
		if err == nil {
			err = believe(r.Context(), e, verify)
		}
		if err == nil {
			err = handle(r.Context(), e, open, byType)
		}
		if errors.Is(err, seal.ErrNoKey) {
			log.InfoContext(r.Context(), "event of an erased person dropped", "type", e.Type(), "id", e.ID())
			err = nil
		}
		if err != nil {
			answer(w, r, log.With("type", e.Type(), "id", e.ID()), err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
}

// read is the event of a request; it is empty and not nil when there is none.
func read(r *http.Request) (*ce.Event, error) {
	e, err := cehttp.NewEventFromHTTPRequest(r)
	if err == nil {
		err = e.Validate()
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return e, nil
	case errors.As(err, &tooLarge):
		err = fault.New(http.StatusRequestEntityTooLarge, "too_large", "an event is at most %d bytes", tooLarge.Limit)
	default:
		err = fault.BadRequest("not_an_event", "the request is not a valid CloudEvent").Because(err)
	}
	return new(ce.NewEvent()), err
}

func believe(ctx context.Context, e *ce.Event, verify Verify) error {
	envelope, _ := fromEvent(e)
	signature, _ := e.Extensions()[signatureAttribute].(string)
	return verify(ctx, envelope, signature)
}

func handle(ctx context.Context, e *ce.Event, open Open, byType map[string]Subscription) (err error) {
	s, ok := byType[e.Type()]
	if !ok {
		s, ok = byType[others]
	}
	if !ok {
		return fault.Invalid("event_type", "this function does not take events of type %q", e.Type())
	}
	traceparent, _ := e.Extensions()["traceparent"].(string)
	ctx = events.WithCause(ctx, events.Cause{ID: e.Source() + " " + e.ID(), Traceparent: traceparent})
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("eventing: panic while handling %s: %v\n%s", e.Type(), p, debug.Stack())
		}
	}()
	if s.Type != others { // what is kept for others stays as it came
		if err := unseal(ctx, e, open); err != nil {
			return err
		}
	}
	return s.handle(ctx, e)
}

func unseal(ctx context.Context, e *ce.Event, open Open) error {
	envelope, _ := fromEvent(e)
	data, err := open(ctx, envelope)
	if err != nil {
		return err
	}
	return e.SetData(e.DataContentType(), []byte(data))
}

// answer turns an error into a status by its retry effect. The code goes to
// the dead letters; the text of an internal error does not.
func answer(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	f := fault.Of(err)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		f = fault.Unavailable("unavailable", f.RetryAfter, err) // whatever the handler made of it
	}
	status := f.EventStatus()
	security.Answered(r.Context(), status, f.Code)
	level := slog.LevelWarn
	if status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	log.Log(context.Background(), level, "event refused", "status", status, "error", err)
	if seconds := f.RetrySeconds(); seconds != "" {
		w.Header().Set("Retry-After", seconds)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": f.Code, "detail": f.Detail}) // the status is the answer
}
