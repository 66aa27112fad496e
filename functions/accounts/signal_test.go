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
