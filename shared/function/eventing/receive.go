package eventing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	ce "github.com/cloudevents/sdk-go/v2"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"paceline/events"
	"paceline/shared/function/fault"
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
		if err := json.Unmarshal(e.Data(), &p); err != nil {
			return fault.Invalid("event_data", "the event's data is not what its type says").Because(err)
		}
		return handle(ctx, p)
	}}
}

// Receiver handles POST /events of one function.
func Receiver(log *slog.Logger, subscriptions ...Subscription) http.Handler {
	byType := make(map[string]Subscription, len(subscriptions))
	for _, s := range subscriptions {
		byType[s.Type] = s
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxEvent)
		if err := receive(r, byType); err != nil {
			answer(w, r, log, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
}

func receive(r *http.Request, byType map[string]Subscription) (err error) {
	e, err := cehttp.NewEventFromHTTPRequest(r)
	if err != nil {
		return fault.BadRequest("not_an_event", "the request is not a CloudEvent").Because(err)
	}
	if err := e.Validate(); err != nil {
		return fault.BadRequest("not_an_event", "the CloudEvent is not valid").Because(err)
	}
	s, ok := byType[e.Type()]
	if !ok {
		s, ok = byType[others]
	}
	if !ok {
		return fault.Invalid("event_type", "this function does not take events of type %q", e.Type())
	}
	traceparent, _ := e.Extensions()["traceparent"].(string)
	ctx := events.WithCause(r.Context(), events.Cause{ID: e.Source() + " " + e.ID(), Traceparent: traceparent})
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("eventing: panic while handling %s: %v\n%s", e.Type(), p, debug.Stack())
		}
	}()
	return s.handle(ctx, e)
}

// answer turns an error into a status by its retry effect. The code goes to
// the dead letters; the text of an internal error does not.
func answer(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	f := fault.Of(err)
	status := f.EventStatus()
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		status = http.StatusServiceUnavailable
	}
	level := slog.LevelWarn
	if status == http.StatusInternalServerError {
		level = slog.LevelError
	}
	log.Log(r.Context(), level, "event refused", "type", r.Header.Get("Ce-Type"), "id", r.Header.Get("Ce-Id"), "status", status, "error", err)
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(int(f.RetryAfter/time.Second)))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"code": f.Code, "detail": f.Detail}) // the status is the answer
}
