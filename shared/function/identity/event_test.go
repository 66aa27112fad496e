package identity_test

import (
	"context"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
)

// deletion is an event of upload.
func deletion(t *testing.T) events.Envelope {
	t.Helper()
	ctx := events.WithCause(context.Background(), events.Cause{ID: "c"})
	e, err := events.New(ctx, "upload", events.WorkoutDeleted{WorkoutID: "w1", UserID: "ann"}, start)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// eventParts is a platform in which upload, stats and deadletter sign, too.
func eventParts(t *testing.T) (*parts, *identity.EventVerifier) {
	p := platform(t)
	for _, issuer := range []string{"upload", "deadletter"} {
		p.newKey(issuer)
	}
	p.publish()
	return p, identity.NewEventVerifier(p.source, p.clock)
}

func TestAnEventIsBelievedForItsSender(t *testing.T) {
	t.Parallel()
	p, v := eventParts(t)
	sign := func(issuer string, e events.Envelope) string {
		raw, err := p.signers[issuer].EventToken(e)
		p.must(err)
		return raw
	}
	e := deletion(t)
	changed := func(change func(*events.Envelope)) events.Envelope {
		other := e
		change(&other)
		return other
	}
	workload, err := p.signers["upload"].WorkloadToken("paceline-events")
	p.must(err)
	cases := map[string]struct {
		event  events.Envelope
		token  string
		status int
	}{
		"its sender":              {e, sign("upload", e), 0},
		"a replay":                {e, sign("deadletter", e), 0},
		"with another trace":      {changed(func(e *events.Envelope) { e.Traceparent = "00-other" }), sign("upload", e), 0},
		"in another time zone":    {changed(func(e *events.Envelope) { e.Time = e.Time.In(time.FixedZone("", 7200)) }), sign("upload", e), 0},
		"no token":                {e, "", 401},
		"a token of another kind": {e, workload, 401},
		"a person's token":        {e, p.call(), 401},
		"another function":        {e, sign("stats", e), 403},
		"another id":              {changed(func(e *events.Envelope) { e.ID = "x" }), sign("upload", e), 401},
		"another type":            {changed(func(e *events.Envelope) { e.Type = events.TypeWorkoutUpdated }), sign("upload", e), 401},
		"another subject":         {changed(func(e *events.Envelope) { e.Subject = "w2" }), sign("upload", e), 401},
		"another person":          {changed(func(e *events.Envelope) { e.PartitionKey = "bob" }), sign("upload", e), 401},
		"another time":            {changed(func(e *events.Envelope) { e.Time = e.Time.Add(1) }), sign("upload", e), 401},
		"other data":              {changed(func(e *events.Envelope) { e.Data = []byte(`{}`) }), sign("upload", e), 401},
		"other data in base64":    {changed(func(e *events.Envelope) { e.DataBase64 = []byte(`{}`) }), sign("upload", e), 401},
	}
	posing := changed(func(e *events.Envelope) { e.Type = events.TypeMailRequested })
	cases["what upload never sends"] = struct {
		event  events.Envelope
		token  string
		status int
	}{posing, sign("upload", posing), 403}
	for name, c := range cases {
		err := v.Event(t.Context(), c.event, c.token)
		if status := statusOf(err); status != c.status {
			t.Errorf("%s: %d (%v), want %d", name, status, err, c.status)
		}
	}
}

func statusOf(err error) int {
	if err == nil {
		return 0
	}
	return fault.Of(err).Status
}

// A broker may hold an event for hours.
func TestAnEventsTokenOutlivesTheBrokersPatience(t *testing.T) {
	t.Parallel()
	p, v := eventParts(t)
	e := deletion(t)
	raw, err := p.signers["upload"].EventToken(e)
	p.must(err)
	p.advance(6 * 24 * time.Hour)
	if err := v.Event(t.Context(), e, raw); err != nil {
		t.Errorf("after six days: %v", err)
	}
	p.advance(25 * time.Hour)
	if err := v.Event(t.Context(), e, raw); statusOf(err) != 401 {
		t.Errorf("after seven days: %v", err)
	}
}
