package broker

import (
	"encoding/base64"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"
)

// Attributes that Knative's broker sets.
const (
	hopsAttribute    = "knativebrokerttl"
	arrivalAttribute = "knativearrivaltime"
	errorDest        = "knativeerrordest"
	errorCode        = "knativeerrorcode"
	errorData        = "knativeerrordata"
)

// maxHops is what a new event gets, as in Knative's broker ingress.
const maxHops = 255

// maxErrorData bounds knativeerrordata, as Knative does.
const maxErrorData = 1024

// enter counts the hops of an event that comes in and stamps its arrival. It
// is false when no hop is left: the event must not go in.
func enter(e *event.Event, now time.Time) bool {
	hops := int32(maxHops)
	if v, ok := e.Extensions()[hopsAttribute]; ok {
		if n, err := types.ToInteger(v); err == nil {
			hops = n - 1
		}
	}
	if hops <= 0 {
		return false
	}
	e.SetExtension(hopsAttribute, hops)
	e.SetExtension(arrivalAttribute, types.FormatTime(now))
	return true
}

// leave takes the hop count off before delivery and returns it.
func leave(e *event.Event) int32 {
	n, err := types.ToInteger(e.Extensions()[hopsAttribute])
	e.SetExtension(hopsAttribute, nil)
	if err != nil {
		return maxHops
	}
	return n
}

// deadLetter is e with the reason why nobody took it.
func deadLetter(e event.Event, dest string, a answer) event.Event {
	e = e.Clone()
	e.SetExtension(hopsAttribute, nil)
	e.SetExtension(errorDest, dest)
	e.SetExtension(errorCode, int32(a.code))
	data := base64.StdEncoding.EncodeToString(a.body)
	e.SetExtension(errorData, data[:min(len(data), maxErrorData)])
	return e
}
