package deadletter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
	"paceline/shared/objects"
	"paceline/shared/objects/all"
)

// Objects is what of the bucket this function touches.
var Objects = objects.Access{Function: "deadletter", Writes: []string{"deadletter/"}}

// Access is what this function may do in Redis.
var Access = store.Declare(store.Access{Function: "deadletter"})

// Config is what this function reads besides function.Config.
type Config struct {
	// ObjectsURL is where the events themselves are kept.
	ObjectsURL string `env:"OBJECTS_URL,notEmpty,required"`
}

// Open opens the deadletter function.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	c, err := function.Parse[Config](e)
	if err != nil {
		return nil, err
	}
	base, err := function.OpenBase(e, "deadletter")
	if err != nil {
		return nil, err
	}
	kept, err := all.Open(c.ObjectsURL)
	if err != nil {
		return nil, err
	}
	f := &deadletter{base: base, store: base.Store, objects: objects.Confine(kept, Objects)}
	mux := http.NewServeMux()
	mux.Handle("GET /v1/admin/deadletters", rest.Handler(f.list))
	mux.Handle("GET /v1/admin/deadletters/{id}", rest.Handler(f.show))
	mux.Handle("POST /v1/admin/deadletters/{id}/replay", rest.Command(base.Store, f.replay))
	fn := base.Function(mux, eventing.OnOthers(f.keep))
	fn.Check = func(ctx context.Context) error { return objects.Check(ctx, kept) }
	fn.Closes(kept)
	return fn, nil
}

type deadletter struct {
	base    *function.Base
	store   *store.Store
	objects objects.Store
}

// keep stores the event first, then the letter that refers to it.
func (f *deadletter) keep(ctx context.Context, e events.Envelope, extensions map[string]string) error {
	l := newLetter(e, extensions, f.base.Now())
	if !json.Valid(e.Data) {
		e.Data, e.DataBase64 = nil, e.Data
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("deadletter: encode %s: %w", e.ID, err)
	}
	if _, err := f.objects.Put(ctx, l.objectKey(), bytes.NewReader(body), objects.Options{ContentType: "application/json"}); err != nil {
		return fmt.Errorf("deadletter: keep %s: %w", l.ID, err)
	}
	f.base.Log.WarnContext(ctx, "dead letter", "letter", l.ID, "type", e.Type, "id", e.ID, "destination", l.Destination, "status", l.Status)
	return f.store.Update(ctx, partition, func(t *store.Tx) error {
		var before Letter
		found, err := t.GetSealed(seal.Platform, t.Key("letter", l.ID), &before)
		if err != nil {
			return err
		}
		if found {
			l.Again(before)
		}
		list := t.Key("letters")
		t.Write(func(p redis.Pipeliner) { p.ZAdd(ctx, list, redis.Z{Score: store.Score(l.ReceivedAt), Member: l.ID}) })
		return t.SetSealed(seal.Platform, t.Key("letter", l.ID), l, 0)
	})
}

// list shows letters, newest first; ?type= leaves out other types.
func (f *deadletter) list(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	wanted := r.URL.Query().Get("type")
	out := api.DeadLetterList{Items: []api.DeadLetter{}}
	for after := page.After; ; {
		entries, last, err := f.store.Page(r.Context(), f.store.Key(partition, "letters"), page.Limit, after)
		if err != nil {
			return err
		}
		places := make([]store.Place, len(entries))
		for i, e := range entries {
			places[i] = store.Place{Owner: seal.Platform, Key: f.store.Key(partition, "letter", e.ID)}
		}
		letters, err := store.GetManySealed[Letter](r.Context(), f.store, places)
		if err != nil {
			return err
		}
		for i, l := range letters {
			if l == nil || (wanted != "" && l.EventType != wanted) {
				continue
			}
			if out.Items = append(out.Items, l.DeadLetter); len(out.Items) == page.Limit && (last != nil || i+1 < len(letters)) {
				out.NextCursor = rest.Cursor(entries[i].Position())
				return rest.JSON(w, http.StatusOK, out)
			}
		}
		if last == nil {
			return rest.JSON(w, http.StatusOK, out)
		}
		after = last.Position()
	}
}

func (f *deadletter) show(w http.ResponseWriter, r *http.Request) error {
	l, event, err := f.load(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, l.whole(event))
}

func (f *deadletter) load(ctx context.Context, id string) (Letter, []byte, error) {
	var l Letter
	found, err := f.store.GetSealed(ctx, seal.Platform, f.store.Key(partition, "letter", id), &l)
	if err == nil && !found {
		err = fault.NotFound("deadletter_not_found", "there is no such dead letter")
	}
	if err != nil {
		return l, nil, err
	}
	event, _, err := objects.ReadAll(ctx, f.objects, l.objectKey(), maxEvent)
	if err != nil {
		return l, nil, fmt.Errorf("deadletter: event of %s: %w", id, err)
	}
	return l, event, nil
}

// replay puts the event into the outbox under its own id, so that whoever took
// it before passes it over.
func (f *deadletter) replay(w http.ResponseWriter, r *http.Request) error {
	l, event, err := f.load(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	var e events.Envelope
	if err := json.Unmarshal(event, &e); err != nil {
		return fmt.Errorf("deadletter: event of %s: %w", l.ID, err)
	}
	err = f.store.Update(r.Context(), partition, func(t *store.Tx) error {
		key := t.Key("letter", l.ID)
		l = Letter{}
		if _, err := t.GetSealed(seal.Platform, key, &l); err != nil {
			return err
		}
		l.Replay(f.base.Now())
		e.Replay = strconv.Itoa(l.Replays) // a broker must not take it for the one that it dropped
		t.Forward(e)
		if err := function.Audit(t, "deadletter", r, function.Deed{Action: "deadletter.replay", Target: l.ID, Outcome: function.Done}); err != nil {
			return err
		}
		return t.SetSealed(seal.Platform, key, l, 0)
	})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusAccepted, l.DeadLetter)
}
