package store_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/redistest"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
)

// addSealed is add on a sealed number.
func addSealed(t *store.Tx, id string, n int) error {
	key := t.Key("sealed", id)
	var have int
	if _, err := t.GetSealed(id, key, &have); err != nil {
		return err
	}
	return t.SetSealed(id, key, have+n, 0)
}

func put(t *testing.T, s *store.Store, owner, key string, v any) {
	t.Helper()
	err := s.Update(t.Context(), owner, func(tx *store.Tx) error { return tx.SetSealed(owner, key, v, 0) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsSealedIsNotInTheServer(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		ctx := cause(t.Context(), "sealed")
		f.broker.refuse(true) // so that the event stays in the outbox
		err := f.Update(ctx, "ann", func(tx *store.Tx) error {
			if err := tx.SetSealed("bob", tx.Key("name"), "hunter2", 0); err != nil {
				return err
			}
			return tx.Emit(events.ProfileUpdated{UserID: "ann", DisplayName: "hunter2"})
		})
		if err != nil {
			t.Fatal(err)
		}
		outbox, err := f.Client().XRange(ctx, f.Key("ann", "outbox"), "-", "+").Result()
		if err != nil || len(outbox) != 1 {
			t.Fatal(outbox, err)
		}
		kept := f.Client().Get(ctx, f.Key("ann", "name")).Val() + outbox[0].Values["event"].(string)
		if strings.Contains(kept, "hunter2") {
			t.Errorf("the server has %q", kept)
		}
		var name string
		if found, err := f.instance(t).GetSealed(ctx, "bob", f.Key("ann", "name"), &name); !found || err != nil || name != "hunter2" {
			t.Errorf("another process reads %q, %v, %v", name, found, err)
		}
	})
}

// A value that was moved to another key, field or person does not open.
func TestAValueIsBoundToItsPlace(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		put(t, f.Store, "ann", f.Key("ann", "a"), 1)
		raw := f.Client().Get(ctx, f.Key("ann", "a")).Val()
		for name, p := range map[string]store.Place{
			"another key":              {Owner: "ann", Key: f.Key("ann", "b")},
			"another person's":         {Owner: "bob", Key: f.Key("ann", "a")},
			"another person's and key": {Owner: "bob", Key: f.Key("bob", "a")},
		} {
			if err := f.Client().Set(ctx, p.Key, raw, 0).Err(); err != nil {
				t.Fatal(err)
			}
			var n int
			if found, err := f.GetSealed(ctx, p.Owner, p.Key, &n); found || err == nil || fault.Of(err).Status != http.StatusInternalServerError {
				t.Errorf("%s: opens as %d, %v, %v", name, n, found, err)
			}
		}
		var sealed []byte
		err := f.Update(ctx, "ann", func(tx *store.Tx) (err error) {
			sealed, err = tx.SealField("ann", tx.Key("h"), "one", 1)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if found, err := f.OpenField(ctx, "ann", f.Key("ann", "h"), "one", sealed, &n); !found || err != nil || n != 1 {
			t.Errorf("a field in its place: %d, %v, %v", n, found, err)
		}
		if found, err := f.OpenField(ctx, "ann", f.Key("ann", "h"), "two", sealed, &n); found || err == nil {
			t.Errorf("a field in another place opens: %v, %v", found, err)
		}
	})
}

func TestADestroyedKeyIsNotFound(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		user := "erased " + f.name
		know(t, f.Store, user)
		key := f.Key(user, "v")
		put(t, f.Store, user, key, 7)
		put(t, f.Store, "bob", f.Key("bob", "v"), 8)
		if err := f.Update(ctx, user, func(tx *store.Tx) error { tx.DestroyKey(user); return nil }); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*store.Store{f.Store, f.instance(t)} {
			var n int
			if found, err := s.GetSealed(ctx, user, key, &n); found || err != nil {
				t.Errorf("read %d, %v, %v", n, found, err)
			}
			many, err := store.GetManySealed[int](ctx, s, []store.Place{{Owner: user, Key: key}, {Owner: "bob", Key: f.Key("bob", "v")}})
			if err != nil || many[0] != nil || many[1] == nil || *many[1] != 8 {
				t.Errorf("read %v, %v", many, err)
			}
			err = s.Update(ctx, user, func(tx *store.Tx) error {
				if found, err := tx.GetSealed(user, key, &n); found || err != nil {
					t.Errorf("in a change: %d, %v, %v", n, found, err)
				}
				return tx.SetSealed(user, key, 9, 0)
			})
			if !errors.Is(err, seal.ErrNoKey) || fault.Of(err).Status != http.StatusNotFound {
				t.Errorf("written: %v", err)
			}
		}
	})
}

// Keys that cannot be read now are another matter than keys that are gone.
func TestKeysThatCannotBeReadAreUnavailable(t *testing.T) {
	t.Parallel()
	f := &fixture{url: redistest.URL(t), broker: new(broker), name: uniqueName(t)}
	f.Store = f.instance(t)
	know(t, f.Store, "ann")
	put(t, f.Store, "ann", f.Key("ann", "v"), 1)
	client, err := store.Dial(f.url, store.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	away := store.New(store.Config{Function: f.name, Client: client, KEK: noKEK{}})
	t.Cleanup(func() { _ = away.Close() })
	var n int
	found, err := away.GetSealed(t.Context(), "ann", f.Key("ann", "v"), &n)
	if known := fault.Of(err); found || known.Status != http.StatusServiceUnavailable || known.Code != "keys_unavailable" || known.RetryAfter <= 0 {
		t.Errorf("without the KEK: %d, %v, %v", n, found, err)
	}
}

// noKEK is a KMS that is away.
type noKEK struct{}

func (noKEK) EncryptWithContext(context.Context, []byte, []byte) ([]byte, error) {
	return nil, errors.New("the KMS is away")
}

func (noKEK) DecryptWithContext(context.Context, []byte, []byte) ([]byte, error) {
	return nil, errors.New("the KMS is away")
}

func TestAKeyOfARegistrationExpiresUnlessItIsKept(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		ctx, user := t.Context(), "new "+f.name
		err := f.Update(ctx, user, func(tx *store.Tx) error {
			if err := tx.MakeKey(user, time.Hour); err != nil {
				return err
			}
			return tx.SetSealed(user, tx.Key("v"), 1, 0)
		})
		if err != nil {
			t.Fatal(err)
		}
		key := f.PublishedKey(user, "person", user)
		if ttl := f.Client().TTL(ctx, key).Val(); ttl <= 0 || ttl > time.Hour {
			t.Errorf("it lives %v", ttl)
		}
		if err := f.Update(ctx, user, func(tx *store.Tx) error { tx.KeepKey(user); return nil }); err != nil {
			t.Fatal(err)
		}
		if ttl := f.Client().TTL(ctx, key).Val(); ttl != -1 {
			t.Errorf("kept, it lives %v", ttl)
		}
		if raw, err := f.Client().Get(ctx, key).Bytes(); err != nil || bytes.Contains(raw, []byte(user)) {
			t.Errorf("kept is %q, %v", raw, err)
		}
	})
}
