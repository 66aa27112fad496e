package function_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// echo is a small function: it says who calls, and answers an upload with the
// end of a follow.
func echo(_ context.Context, e function.Env) (*function.Function, error) {
	base, err := function.OpenBase(e, "echo")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /v1/who", rest.Handler(func(w http.ResponseWriter, r *http.Request) error {
		return rest.JSON(w, http.StatusOK, identity.CallerFrom(r.Context()))
	}))
	mux.Handle("PUT /v1/follow", rest.Command(base.Store, func(w http.ResponseWriter, r *http.Request) error {
		err := base.Store.Update(r.Context(), "ann", func(t *store.Tx) error { return t.Emit(followed) })
		if err != nil {
			return err
		}
		return rest.NoContent(w)
	}))
	handle := func(ctx context.Context, _ events.WorkoutDeleted) error {
		return base.Store.UpdateOnce(ctx, "ann", func(t *store.Tx) error { return t.Emit(unfollowed) })
	}
	return base.Function(mux, eventing.On(handle)), nil
}

var (
	followed   = events.Followed{Follow: events.Follow{FollowerID: "ann", FolloweeID: "bob"}}
	unfollowed = events.Unfollowed{Follow: events.Follow{FollowerID: "ann", FolloweeID: "bob"}}
	ann        = functiontest.Person{ID: "ann"}
)

func TestACallKnowsItsCaller(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "echo", echo, nil)
	for _, c := range []struct {
		who  functiontest.Person
		want identity.Caller
	}{
		{ann, identity.Caller{Issuer: "gateway", UserID: "ann", SessionID: "session-ann", Actor: "gateway", Roles: []identity.Role{"member"}}},
		{functiontest.Person{}, identity.Caller{Issuer: "gateway", Actor: "gateway", Roles: []identity.Role{"guest"}}},
	} {
		var got identity.Caller
		a := rig.Call(c.who, "GET", "/v1/who", nil)
		a.JSON(t, &got)
		if a.Status != 200 || got.UserID != c.want.UserID || got.SessionID != c.want.SessionID || got.Actor != c.want.Actor || !got.Has(c.want.Roles...) {
			t.Errorf("%+v is %d %+v", c.who, a.Status, got)
		}
	}
}

// Every way in needs a token of its own kind, from its own sender, for this
// function, also where there is nothing.
func TestNothingIsOpen(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "echo", echo, nil)
	call, err := rig.Gateway().CallToken("echo", identity.Caller{UserID: "ann"})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, _ := rig.Gateway().CallToken("social", identity.Caller{UserID: "ann"})
	delivery, _ := rig.Broker().WorkloadToken("echo")
	posing, _ := rig.Gateway().WorkloadToken("echo")
	access, _ := rig.Gateway().AccessToken(identity.Caller{UserID: "ann", SessionID: "s"})
	cases := map[string]struct {
		method, path, token string
		want                int
	}{
		"a call":                            {"GET", "/v1/who", call, 200},
		"a call to nowhere":                 {"GET", "/nowhere", call, 404},
		"no token":                          {"GET", "/v1/who", "", 401},
		"no token, to nowhere":              {"GET", "/nowhere", "", 401},
		"a token for another function":      {"GET", "/v1/who", elsewhere, 401},
		"a person's own token":              {"GET", "/v1/who", access, 401},
		"the broker's token on a route":     {"GET", "/v1/who", delivery, 401},
		"an event without a token":          {"POST", "/events", "", 401},
		"an event with a call token":        {"POST", "/events", call, 401},
		"an event from another part":        {"POST", "/events", posing, 401},
		"a delivery that is no event":       {"POST", "/events", delivery, 400},
		"another method on the events' way": {"GET", "/events", "", 401},
		"liveness":                          {"GET", "/health/liveness", "", 200},
		"readiness":                         {"GET", "/health/readiness", "", 200},
	}
	for name, c := range cases {
		req, _ := http.NewRequestWithContext(t.Context(), c.method, rig.Base+c.path, nil)
		if c.token != "" {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s: %d, want %d", name, resp.StatusCode, c.want)
		}
		if c.want == 401 && !strings.HasPrefix(resp.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: no challenge", name)
		}
	}
}

// While the broker is away a command succeeds, and the scheduled sweep says
// that something is left, so that it comes again soon.
func TestTheSweepPublishesWhatIsLeft(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "echo", echo, nil)
	rig.FailSink(true)
	if a := rig.Call(ann, "PUT", "/v1/follow", nil, "Idempotency-Key", "k"); a.Status != 204 {
		t.Fatalf("with the broker away: %d %s", a.Status, a.Body)
	}
	if status := rig.Redeliver("upload", events.WorkoutDeleted{WorkoutID: "w"}); status != 202 {
		t.Fatalf("delivery with the broker away: %d", status)
	}
	sweep := events.Ping{Schedule: function.ScheduleSweep}
	if status := rig.Deliver(sweep); status != 503 {
		t.Errorf("a sweep that leaves something: %d", status)
	}
	rig.FailSink(false)
	if status := rig.Deliver(sweep); status != 202 {
		t.Errorf("a sweep with the broker back: %d", status)
	}
	if f, u := functiontest.SentOf[events.Followed](rig), functiontest.SentOf[events.Unfollowed](rig); len(f) != 1 || len(u) != 1 {
		t.Errorf("sent %v and %v", f, u)
	}
	before := len(rig.Sent())
	if rig.Call(ann, "PUT", "/v1/follow", nil, "Idempotency-Key", "k"); len(rig.Sent()) != before {
		t.Errorf("the command again sends again")
	}
}

func TestTwoInstancesShareTheirState(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "echo", echo, nil)
	other := rig.Reopen(echo)
	for _, r := range []*functiontest.Rig{rig, other, rig} {
		if status := r.Redeliver("the event", events.WorkoutDeleted{WorkoutID: "w"}); status != 202 {
			t.Errorf("delivery: %d", status)
		}
	}
	if got := rig.Sent(); len(got) != 1 {
		t.Errorf("one event delivered three times sent %d", len(got))
	}
}

func TestASignerOfItsOwnForEachPart(t *testing.T) {
	t.Parallel()
	rig := functiontest.New(t, "echo", echo, nil)
	if rig.Gateway().Issuer() != function.GatewayName || rig.Broker().Issuer() != function.BrokerName {
		t.Errorf("signers %s, %s", rig.Gateway().Issuer(), rig.Broker().Issuer())
	}
}
