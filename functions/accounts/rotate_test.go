package accounts_test

import (
	"fmt"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/accounts"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
	"paceline/shared/function/store"
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

// Wherever accounts is killed in a rotation, the next process goes on: everybody's
// data opens, nothing is left under the old master, and the audit log has an end
// for each beginning.
func TestAKillInARotationLosesNobodysKeys(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{true, false} {
		t.Run(fmt.Sprintf("before %v", before), func(t *testing.T) {
			t.Parallel()
			cuts := 0
			for n, cut := 1, true; cut; n++ {
				r, kill := openKillable(t)
				k := &killed{rig: r, first: r, kill: kill, me: functiontest.Person{ID: r.member("anna@example.com")}}
				ben := r.register("ben@example.com")
				old := k.master("")
				kill.At(n, before)
				k.rotation()
				if cut = k.cut; cut {
					cuts++
				}
				next := rig{r.Reopen(accounts.Open)}
				next.login("anna@example.com", password)
				next.want(next.Call(k.me, "GET", "/v1/me", nil), 200, "")
				next.want(next.post("/v1/auth/verify", map[string]any{"token": r.token("verify_email", "ben@example.com")}), 204, "")
				next.want(next.Call(functiontest.Person{ID: ben}, "GET", "/v1/me", nil), 200, "")
				k.master(old)
				thief := rig{r.Reopen(accounts.Open)}
				thief.want(thief.post("/v1/auth/login", map[string]any{"email": "anna@example.com", "password": password}), 500, "internal")
			}
			if cuts < 6 {
				t.Errorf("killed at %d places only", cuts)
			}
			t.Logf("killed at %d places", cuts)
		})
	}
}

// rotation is all steps of one, by whoever lives.
func (k *killed) rotation() {
	k.T.Helper()
	ops := functiontest.Person{ID: "01OPS", Roles: []identity.Role{identity.Operator}}
	for step := (api.KeyRotation{}); !step.Done; k.Advance(time.Duration(step.WaitS) * time.Second) {
		k.until("a step", func() int {
			a := k.Call(ops, "POST", "/v1/admin/keys/rotate", nil)
			if step = (api.KeyRotation{}); a.Status == 200 {
				a.JSON(k.T, &step)
			}
			return a.Status
		})
	}
	if k.kill.Heal() {
		k.cut = true
	}
	k.sweeps(time.Second)
	told := map[string]int{}
	for _, a := range functiontest.SentOf[events.AuditRecorded](k.first.Rig) {
		if a.Action == "keys.rotate" {
			told[a.Outcome]++
		}
	}
	if told[function.Asked] == 0 || told[function.Asked] != told[function.Done] {
		k.T.Errorf("the audit log was told of %v", told)
	}
}

// master is the wrapped master as it is kept; another is put in its place when
// there is one.
func (k *killed) master(other string) (kept string) {
	k.T.Helper()
	client, err := store.Dial(k.Redis, store.TLS{})
	if err != nil {
		k.T.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	key := store.New(store.Config{Function: "accounts", Client: client}).PublishedKey("master", "master")
	if kept, err = client.Get(k.T.Context(), key).Result(); err == nil && other != "" {
		err = client.Set(k.T.Context(), key, other, 0).Err()
	}
	if err != nil {
		k.T.Fatal(err)
	}
	return kept
}
