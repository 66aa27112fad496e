package accounts_test

import (
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/store"
)

// answer has every function but one answer to the newest account.erased.
func (r rig) answer(but string) events.AccountErased {
	r.T.Helper()
	asked := functiontest.SentOf[events.AccountErased](r.Rig)
	last := asked[len(asked)-1]
	e := events.Erased(last)
	for _, p := range []events.Payload{
		events.FeedErased{Erased: e}, events.MailErased{Erased: e}, events.NotifyErased{Erased: e},
		events.SocialErased{Erased: e}, events.StatsErased{Erased: e}, events.UploadErased{Erased: e},
	} {
		if events.Senders(p.EventType())[0] != but {
			r.deliver(p)
		}
	}
	return last
}

func (r rig) deliver(p events.Payload) {
	r.T.Helper()
	if status := r.Deliver(p); status/100 != 2 {
		r.T.Fatalf("%s: %d", p.EventType(), status)
	}
}

func (r rig) sweep() {
	r.T.Helper()
	r.deliver(events.Ping{Schedule: "sweep"})
}

// listed is at whom the sweep looks.
func (r rig) listed(name string) []string {
	r.T.Helper()
	client, err := store.Dial(r.Redis, store.TLS{})
	if err != nil {
		r.T.Fatal(err)
	}
	s := store.New(store.Config{Function: "accounts", Client: client})
	r.T.Cleanup(func() { _ = s.Close() })
	ids, err := client.ZRange(r.T.Context(), s.Key(name, name), 0, -1).Result()
	if err != nil {
		r.T.Fatal(err)
	}
	return ids
}

// ended is how often the audit log was told of an end.
func (r rig) ended() (n int) {
	for _, a := range functiontest.SentOf[events.AuditRecorded](r.Rig) {
		if a.Action == "account.erased" {
			n++
		}
	}
	return n
}

func TestAnErasureEndsWhenAllHaveAnsweredTwice(t *testing.T) {
	t.Parallel()
	r := open(t)
	id := r.member("anna@example.com")
	tokens := r.login("anna@example.com", password)
	anna := functiontest.Person{ID: id}
	r.want(r.Call(functiontest.Person{ID: id, AuthTime: r.Now().Add(-6 * time.Minute)}, "DELETE", "/v1/me", nil), 403, "reauthentication_required")
	if n := len(functiontest.SentOf[events.AccountErased](r.Rig)); n != 0 {
		t.Fatalf("a refusal sent %d events", n)
	}
	r.want(r.Call(anna, "DELETE", "/v1/me", nil), 202, "")
	r.Erase(id) // for the rig, which gives keys to whom it speaks of
	r.want(r.Call(anna, "DELETE", "/v1/me", nil), 404, "account_not_found")
	r.want(r.refresh(tokens.RefreshToken), 400, "invalid_grant")
	r.want(r.post("/v1/auth/login", map[string]any{"email": "anna@example.com", "password": password}), 401, "invalid_credentials")
	if other := r.member("anna@example.com"); other == id {
		t.Error("the address is still the old account's")
	}

	first := r.answer("stats")
	r.sweep()
	if n := len(functiontest.SentOf[events.AccountErased](r.Rig)); n != 1 {
		t.Fatalf("asked %d times in the first minute", n)
	}
	r.Advance(2 * time.Minute)
	r.sweep()
	if again := r.answer("upload"); again.At.Equal(first.At) {
		t.Fatal("whoever did not answer is not asked again")
	}
	r.Advance(2 * time.Minute)
	r.sweep() // the second round
	r.answer("upload")
	r.deliver(events.UploadErased{Erased: events.Erased(first)}) // late, of the first
	r.sweep()
	if n := r.ended(); n != 0 {
		t.Fatal("over without upload's second answer")
	}
	r.answer("")
	r.Advance(2 * time.Minute)
	for range 2 {
		r.sweep()
	}
	if n := r.ended(); n != 1 {
		t.Errorf("the audit log was told %d times", n)
	}
	asked := len(functiontest.SentOf[events.AccountErased](r.Rig))
	r.Advance(time.Hour)
	r.sweep()
	if n := len(functiontest.SentOf[events.AccountErased](r.Rig)); n != asked {
		t.Error("functions are asked after the end")
	}
}

func TestAnAdminGivesTheRoleBackFirst(t *testing.T) {
	t.Parallel()
	r := open(t)
	r.want(r.Call(functiontest.Person{ID: r.member("root@example.com")}, "DELETE", "/v1/me", nil), 409, "own_admin_role")
}

// What the broker could not take goes out with the next sweep.
func TestAnErasureSurvivesTheBroker(t *testing.T) {
	t.Parallel()
	r := open(t)
	id := r.member("anna@example.com")
	r.FailSink(true)
	r.want(r.Call(functiontest.Person{ID: id}, "DELETE", "/v1/me", nil), 202, "")
	r.Erase(id)
	r.FailSink(false)
	r.sweep()
	if got := functiontest.SentOf[events.AccountErased](r.Rig); len(got) != 1 || got[0].UserID != id {
		t.Errorf("sent: %+v", got)
	}
}
