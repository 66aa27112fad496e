package accounts_test

import (
	"testing"
	"time"

	"paceline/functions/accounts"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
)

func (r rig) rotate() (out api.KeyRotation) {
	r.T.Helper()
	a := r.Call(functiontest.Person{ID: "01OPS", Roles: []identity.Role{identity.Operator}}, "POST", "/v1/admin/keys/rotate", nil)
	r.want(a, 200, "")
	a.JSON(r.T, &out)
	return out
}

// A rotation waits for registrations under way, gives everybody new keys, and
// then forgets the old master; whoever starts afterwards opens everything.
func TestEverybodyGetsNewKeys(t *testing.T) {
	t.Parallel()
	r := open(t)
	emails := []string{"anna@example.com", "ben@example.com", "cleo@example.com"}
	for _, email := range emails {
		r.member(email)
	}
	pending := r.register("dora@example.com")
	for i, want := range []int{60, 60} {
		if step := r.rotate(); step.Done || step.WaitS != want {
			t.Errorf("step %d: %+v, want a wait of %d s", i, step, want)
		}
	}
	late := r.member("late@example.com") // registers while the master settles
	r.Advance(time.Minute)
	steps, last := 0, api.KeyRotation{}
	for ; !last.Done && steps < 20; steps++ {
		last = r.rotate()
	}
	if !last.Done || last.People != 5 {
		t.Errorf("after %d steps: %+v, want 5 people", steps, last)
	}
	other := rig{r.Reopen(accounts.Open)}
	for _, email := range append(emails, "late@example.com") {
		other.login(email, password)
	}
	var me api.Me
	other.Call(functiontest.Person{ID: late}, "GET", "/v1/me", nil).JSON(t, &me)
	if me.Email != "late@example.com" {
		t.Errorf("read %+v", me)
	}
	other.want(other.post("/v1/auth/verify", map[string]any{"token": r.token("verify_email", "dora@example.com")}), 204, "")
	if out := other.login("dora@example.com", password); out.AccessToken == "" || pending == "" {
		t.Error("an account that was not proven yet is lost")
	}
	if again := r.rotate(); again.Done || again.WaitS != 60 || again.People != 0 {
		t.Errorf("a second rotation begins with %+v", again)
	}
}
