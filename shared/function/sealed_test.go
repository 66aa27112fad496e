package function_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
)

// keeper keeps the address of whoever proves it, sealed, and tells whose it was.
func keeper(_ context.Context, e function.Env) (*function.Function, error) {
	base, err := function.OpenBase(e, "keeper")
	if err != nil {
		return nil, err
	}
	keep := func(ctx context.Context, a events.AccountVerified) error {
		return base.Store.UpdateOnce(ctx, a.UserID, func(t *store.Tx) error {
			return t.SetSealed(a.UserID, t.Key("address"), a.Email, 0)
		})
	}
	return base.Function(http.NotFoundHandler(), eventing.On(keep)), nil
}

func kept(t *testing.T, r *functiontest.Rig, user string) (address string) {
	t.Helper()
	client, err := store.Dial(r.Redis, store.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	kek, err := seal.OpenKEK(r.Vars["KEK_URI"])
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(store.Config{Function: "keeper", Client: client, KEK: kek})
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.GetSealed(t.Context(), user, s.Key(user, "address"), &address); err != nil {
		t.Fatal(err)
	}
	return address
}

// What an event hides is there for its handler. When the person is erased the
// event is done and does nothing; while keys cannot be read it comes again.
func TestEventsOfPeopleWhoseKeysAreGone(t *testing.T) {
	t.Parallel()
	r := functiontest.New(t, "keeper", keeper, nil)
	ann := events.AccountVerified{UserID: "ann", Email: "ann@example.com"}
	if status := r.Deliver(ann); status != http.StatusAccepted || kept(t, r, "ann") != ann.Email {
		t.Fatalf("ann: %d, kept %q", status, kept(t, r, "ann"))
	}
	r.Know("bob")
	under := sealedEvent(t, r, events.AccountVerified{UserID: "bob", Email: "bob@example.com"})
	r.Erase("bob")
	if status := r.DeliverAsItIs(under); status != http.StatusAccepted || kept(t, r, "bob") != "" {
		t.Errorf("of one who is erased: %d, kept %q", status, kept(t, r, "bob"))
	}

	r.Erase("ann") // whose key the function remembers
	r.Advance(seal.KeptFor)
	if got := kept(t, r, "ann"); got != "" {
		t.Errorf("what was kept of ann is still %q", got)
	}

	r.Know("cy")
	under = sealedEvent(t, r, events.AccountVerified{UserID: "cy", Email: "cy@example.com"})
	file := strings.TrimPrefix(r.Vars["KEK_URI"], "file://")
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	cold := r.Reopen(keeper)
	if status := cold.DeliverAsItIs(under); status != http.StatusServiceUnavailable {
		t.Errorf("without the KEK: %d", status)
	}
	if err := os.WriteFile(file, doc, 0o600); err != nil {
		t.Fatal(err)
	}
	if status := cold.DeliverAsItIs(under); status != http.StatusAccepted || kept(t, r, "cy") != "cy@example.com" {
		t.Errorf("with it again: %d, kept %q", status, kept(t, r, "cy"))
	}
}

func sealedEvent(t *testing.T, r *functiontest.Rig, p events.AccountVerified) events.Envelope {
	t.Helper()
	ctx := events.WithCause(t.Context(), events.Cause{ID: "cause of " + p.UserID})
	e, err := events.New(ctx, "accounts", p, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if e, err = r.Keys().SealEvent(ctx, e); err != nil || strings.Contains(string(e.Data), "@") {
		t.Fatalf("%s, %v", e.Data, err)
	}
	return e
}
