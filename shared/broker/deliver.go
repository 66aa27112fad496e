package broker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"paceline/shared/broker/manifest"
)

// answer is what came back from a destination.
type answer struct {
	code       int    // 0: none came
	body       []byte // the first bytes of a failure, or the error's text
	retryAfter time.Duration
	reply      *event.Event
}

func (a answer) ok() bool { return a.code/100 == 2 }

func noAnswer(err error) answer { return answer{body: []byte("dispatch error: " + err.Error())} }

var errNotReply = errors.New("received a non-empty response not recognized as CloudEvent: a response is empty or a valid CloudEvent")

// deliver sends e to d, seen from namespace. It returns the address it used.
func (b *Broker) deliver(ctx context.Context, e *event.Event, d manifest.Destination, namespace string) (string, answer) {
	url, err := address(d, namespace, b.config.Resolve)
	if err != nil {
		return "", noAnswer(err)
	}
	req, err := b.request(ctx, e, url, d.Audience)
	if err != nil {
		return url, noAnswer(err)
	}
	resp, err := b.config.Client.Do(req)
	if err != nil {
		return url, noAnswer(err)
	}
	defer resp.Body.Close()
	return url, b.read(resp)
}

func (b *Broker) request(ctx context.Context, e *event.Event, url, audience string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return nil, fmt.Errorf("broker: request: %w", err)
	}
	if err := cehttp.WriteRequest(binding.WithForceBinary(ctx), binding.ToMessage(e), req); err != nil {
		return nil, fmt.Errorf("broker: request: %w", err)
	}
	req.Header.Set("Prefer", "reply")
	for _, name := range []string{"traceparent", "tracestate"} {
		if v, ok := e.Extensions()[name].(string); ok {
			req.Header.Set(name, v)
		}
	}
	if audience != "" && b.config.Token != nil {
		token, err := b.config.Token(audience)
		if err != nil {
			return nil, fmt.Errorf("broker: token for %s: %w", audience, err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req, nil
}

func (b *Broker) read(resp *http.Response) answer {
	a := answer{code: resp.StatusCode}
	body, err := io.ReadAll(io.LimitReader(resp.Body, b.config.MaxEvent+1))
	if err != nil {
		return noAnswer(err)
	}
	if !a.ok() {
		a.body = body[:min(len(body), maxErrorData)]
		a.retryAfter = retryAfter(a.code, resp.Header.Get("Retry-After"), b.config.Now())
		return a
	}
	if a.reply, err = parseReply(resp.Header, body, b.config.MaxEvent); err != nil {
		return answer{code: http.StatusBadGateway, body: []byte(err.Error())}
	}
	return a
}

// parseReply takes a successful answer apart: an event, nothing, or a fault.
func parseReply(header http.Header, body []byte, limit int64) (*event.Event, error) {
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("broker: the reply is longer than %d bytes", limit)
	}
	message := cehttp.NewMessage(header, io.NopCloser(bytes.NewReader(body)))
	switch message.ReadEncoding() {
	case binding.EncodingBinary, binding.EncodingStructured:
	default:
		if len(body) > 0 {
			return nil, errNotReply
		}
		return nil, nil
	}
	e, err := binding.ToEvent(context.Background(), message)
	if err != nil {
		return nil, fmt.Errorf("broker: reply: %w", err)
	}
	e.Context = e.Context.AsV1()
	if err := checkEvent(e); err != nil {
		return nil, fmt.Errorf("broker: reply: %w", err)
	}
	return e, nil
}
