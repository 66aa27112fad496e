package broker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/nats-io/nats.go"
)

// putTimeout bounds how long a sender waits for the disk.
const putTimeout = 10 * time.Second

var (
	errNoHops  = errors.New("broker: the event has no hop left (knativebrokerttl)")
	errTooLong = errors.New("broker: the event is too long")
)

// Handler is the ingress: POST /{namespace}/{broker}. It answers
//
//	202 the event is on disk          400 not a CloudEvent, or no hop left
//	401 Config.Authorize refuses      404 no such broker
//	405 not POST (OPTIONS gives 200)  413 longer than Config.MaxEvent
//	503 try again after Retry-After: not started, closing, full, or ErrTryLater
func (b *Broker) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", "POST, OPTIONS")
		switch r.Method {
		case http.MethodOptions: // the webhook handshake of the CloudEvents HTTP spec
			w.Header().Set("WebHook-Allowed-Origin", "*")
			w.Header().Set("WebHook-Allowed-Rate", "*")
			w.WriteHeader(http.StatusOK)
		case http.MethodPost:
			b.ingest(w, r)
		default:
			http.Error(w, "broker: only POST", http.StatusMethodNotAllowed)
		}
	})
}

func (b *Broker) ingest(w http.ResponseWriter, r *http.Request) {
	if !b.enterRequest() {
		unavailable(w, errors.New("broker: not running"))
		return
	}
	defer b.requests.Done()
	if b.config.Authorize != nil {
		if err := b.config.Authorize(r); errors.Is(err, ErrTryLater) {
			unavailable(w, ErrTryLater)
			return
		} else if err != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "broker: not authorised", http.StatusUnauthorized)
			return
		}
	}
	key := strings.Trim(r.URL.Path, "/")
	if !b.brokers[key] {
		http.Error(w, "broker: there is no broker "+key, http.StatusNotFound)
		return
	}
	e, err := b.parse(w, r)
	if err == nil {
		err = b.accept(r.Context(), key, e)
	}
	var invalid invalidEvent
	switch {
	case err == nil:
		w.WriteHeader(http.StatusAccepted)
	case errors.Is(err, errTooLong):
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
	case errors.As(err, &invalid), errors.Is(err, errNoHops):
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		b.log.Error("event was not taken", "broker", key, "error", err)
		unavailable(w, errors.New("broker: cannot store the event now"))
	}
}

func unavailable(w http.ResponseWriter, err error) {
	w.Header().Set("Retry-After", "2")
	http.Error(w, err.Error(), http.StatusServiceUnavailable)
}

// invalidEvent is a request that holds no valid CloudEvent.
type invalidEvent struct{ error }

// parse reads the event of a request.
func (b *Broker) parse(w http.ResponseWriter, r *http.Request) (*event.Event, error) {
	for name, values := range r.Header {
		if strings.HasPrefix(name, "Ce-") && len(values) > 1 {
			return nil, invalidEvent{fmt.Errorf("broker: attribute %s is given twice", strings.ToLower(name[3:]))}
		}
	}
	if r.ContentLength > b.config.MaxEvent {
		return nil, errTooLong
	}
	r.Body = http.MaxBytesReader(w, r.Body, b.config.MaxEvent)
	e, err := cehttp.NewEventFromHTTPRequest(r)
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return nil, errTooLong
	}
	if err != nil {
		return nil, invalidEvent{fmt.Errorf("broker: not a CloudEvent: %w", err)}
	}
	e.Context = e.Context.AsV1()
	if err := checkEvent(e); err != nil {
		return nil, invalidEvent{fmt.Errorf("broker: not a CloudEvent: %w", err)}
	}
	return e, nil
}

// accept takes a valid event into the broker key; nil means that it is on disk.
func (b *Broker) accept(ctx context.Context, key string, e *event.Event) error {
	if !enter(e, b.config.Now()) {
		return errNoHops
	}
	base := brokerSubject(key)
	return b.put(ctx, base+"."+typeToken(e.Type()), messageID(base, e), e)
}

func (b *Broker) put(ctx context.Context, subject, id string, e *event.Event) error {
	data, err := encodeRecord(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	return b.store.put(ctx, &nats.Msg{Subject: subject, Data: data, Header: nats.Header{}}, id)
}
