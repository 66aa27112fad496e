package functiontest_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
	"paceline/shared/function/store"
)

// clockwork answers a call with its caller, its clock and the body, and an
// upload with what the clock says.
func clockwork(_ context.Context, e function.Env) (*function.Function, error) {
	base, err := function.OpenBase(e, "clockwork")
	if err != nil {
		return nil, err
	}
	routes := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		caller := identity.CallerFrom(r.Context())
		w.Header().Set("X-Got", r.Header.Get("Content-Type")+" "+r.Header.Get("X-Mine"))
		_, _ = io.WriteString(w, caller.UserID+" "+string(caller.Roles[0])+" "+base.Now().Format(time.TimeOnly)+" "+string(body))
	})
	return base.Function(routes, eventing.On(func(ctx context.Context, p events.WorkoutDeleted) error {
		return base.Store.UpdateOnce(ctx, p.UserID, func(t *store.Tx) error {
			return t.Emit(events.NotificationCreated{NotificationID: p.WorkoutID, UserID: p.UserID, At: t.Now()})
		})
	})), nil
}

func TestCallsAreThoseOfTheGateway(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "clockwork", clockwork, nil)
	rig.Advance(90 * time.Second)
	coach := functiontest.Person{ID: "cy", Roles: []identity.Role{identity.Coach}}
	for want, got := range map[string]functiontest.Answer{
		"ann member 10:01:30 ":         rig.Call(functiontest.Person{ID: "ann"}, "GET", "/x", nil),
		" guest 10:01:30 ":             rig.Call(functiontest.Person{}, "GET", "/x", nil),
		"cy coach 10:01:30 {\"a\":1}":  rig.Call(coach, "POST", "/x", map[string]int{"a": 1}),
		"cy coach 10:01:30 bare bytes": rig.Call(coach, "POST", "/x", []byte("bare bytes"), "Content-Type", "text/plain", "X-Mine", "yes"),
	} {
		if got.Status != 200 || string(got.Body) != want {
			t.Errorf("%d %q, want %q", got.Status, got.Body, want)
		}
	}
	if a := rig.Call(coach, "POST", "/x", []byte("x"), "Content-Type", "text/plain", "X-Mine", "yes"); a.Header.Get("X-Got") != "text/plain yes" {
		t.Errorf("headers %q", a.Header.Get("X-Got"))
	}
}

func TestTheBrokerRecordsWhatItTook(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "clockwork", clockwork, nil)
	rig.Advance(time.Hour)
	first := events.WorkoutDeleted{WorkoutID: "w1", UserID: "ann"}
	for range 2 {
		if status := rig.Redeliver("e", first); status != 202 {
			t.Errorf("delivery: %d", status)
		}
	}
	rig.FailSink(true)
	rig.Deliver(events.WorkoutDeleted{WorkoutID: "w2", UserID: "ann"})
	if got := functiontest.SentOf[events.NotificationCreated](rig); len(got) != 1 || got[0].NotificationID != "w1" || !got[0].At.Equal(functiontest.Start.Add(time.Hour)) {
		t.Errorf("sent %+v", got)
	}
	rig.FailSink(false)
	rig.Deliver(events.Ping{Schedule: function.ScheduleSweep})
	if got := functiontest.SentOf[events.NotificationCreated](rig); len(got) != 2 {
		t.Errorf("sent %+v", got)
	}
	if got := functiontest.SentOf[events.MailSent](rig); len(got) != 0 {
		t.Errorf("sent mails %+v", got)
	}
}
