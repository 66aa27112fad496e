package accounts_test

import (
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/functiontest"
)

// told waits for the signal of a name.
func (r rig) told(name string) events.SecuritySignal {
	r.T.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		for _, s := range functiontest.SentOf[events.SecuritySignal](r.Rig) {
			if s.Name == name {
				return s
			}
		}
	}
	r.T.Fatalf("there is no signal %s", name)
	return events.SecuritySignal{}
}

// A sign-in that works after many that failed is told as such, and whose it is.
func TestASignInAfterManyFailuresIsTold(t *testing.T) {
	t.Parallel()
	r := open(t)
	user := r.member("anna@example.com")
	for range 5 {
		r.want(r.guess("anna@example.com", "not the password", "192.0.2.1", ""), 401, "invalid_credentials")
	}
	failed := r.told("authn_login_fail")
	r.Advance(time.Minute)
	r.want(r.guess("anna@example.com", password, "192.0.2.1", ""), 200, "")
	if s := r.told("authn_login_successafterfail"); s.ActorID != user || s.Address != "192.0.2.1" || s.Level != "warn" || failed.ActorID != "" || failed.TargetID == "" {
		t.Errorf("%+v after %+v", s, failed)
	}
}

// Whoever guesses at the password of a session that is open, as before a change
// of it, is told of and slowed down like one who guesses at the door.
func TestGuessesInAnOpenSessionAreTold(t *testing.T) {
	t.Parallel()
	r := open(t)
	user := r.member("anna@example.com")
	me := r.in(r.login("anna@example.com", password))
	r.Advance(time.Hour)
	guess := func(password string) functiontest.Answer {
		return r.Call(me, "POST", "/v1/me/reauthenticate", map[string]any{"password": password})
	}
	for range 5 {
		r.want(guess("not the password"), 401, "invalid_credentials")
	}
	a := guess(password)
	r.want(a, 429, "too_many_attempts")
	if a.Header.Get("Retry-After") != "30" {
		t.Errorf("to wait: %q", a.Header.Get("Retry-After"))
	}
	if s := r.told("authn_login_fail"); s.ActorID != user || s.Route != "POST /v1/me/reauthenticate" {
		t.Errorf("%+v", s)
	}
	r.told("authn_login_lock")
	r.Advance(30 * time.Second)
	r.want(guess("not the password"), 401, "invalid_credentials")
	if a := guess(password); a.Header.Get("Retry-After") != "60" {
		t.Errorf("to wait after one more: %q", a.Header.Get("Retry-After"))
	}
	r.want(r.Call(me, "PUT", "/v1/me/password", map[string]any{"password": "quite another sentence"}), 403, "reauthentication_required")
	r.Advance(time.Minute)
	r.want(guess(password), 204, "")
	r.want(r.Call(me, "PUT", "/v1/me/password", map[string]any{"password": "quite another sentence"}), 204, "")
}
