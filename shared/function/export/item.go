package export

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"paceline/shared/function/store"
	"paceline/shared/inventory"
)

// item is a document of a person, or a member of a list.
type item struct {
	document inventory.Document // zero for a member of a list
	file     string
	key      string // in the store
	name     string // the key without function and partition
	member   string
	at       time.Time // of the member
}

// place orders items: a file is in one piece.
func (i item) place() string { return i.file + " " + i.name + " " + i.member }

// items is everything of a person that an export has, in order.
func (w writer) items(ctx context.Context, user string) ([]item, error) {
	keys, err := w.store.Owned(ctx, user)
	if err != nil {
		return nil, err
	}
	exported := inventory.Exported(w.store.Function())
	var all []item
	for _, key := range keys {
		_, name, _ := strings.Cut(key, "}:")
		kind, _, _ := strings.Cut(name, ":")
		if d, ok := exported[kind]; ok {
			all = append(all, item{document: d, file: d.File(), key: key, name: name})
		}
	}
	for _, l := range inventory.Lists {
		if l.Function != w.store.Function() {
			continue
		}
		name := strings.ReplaceAll(l.Key, "<user>", user)
		members, err := w.store.Members(ctx, w.store.Key(user, name))
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			all = append(all, item{file: l.Export, name: name, member: m.ID, at: m.At})
		}
	}
	slices.SortFunc(all, func(a, b item) int { return strings.Compare(a.place(), b.place()) })
	return all, nil
}

// alike is the items that begin some and can be read in one trip.
func alike(some []item) []item {
	end := slices.IndexFunc(some, func(i item) bool { return i.document.Type != some[0].document.Type || i.file != some[0].file })
	if end < 0 {
		end = len(some)
	}
	return some[:min(end, batch)]
}

// read is the values of items that are alike; nil for what is gone.
func (w writer) read(ctx context.Context, user string, some []item) ([]json.RawMessage, error) {
	switch d := some[0].document; {
	case d.Type == "":
		return members(some)
	case inventory.Hashes[d.Type]:
		return w.hashes(ctx, user, some)
	case d.Sealed:
		places := make([]store.Place, len(some))
		for i, it := range some {
			places[i] = store.Place{Owner: user, Key: it.key}
		}
		return values(store.GetManySealed[json.RawMessage](ctx, w.store, places))
	}
	keys := make([]string, len(some))
	for i, it := range some {
		keys[i] = it.key
	}
	return values(store.GetMany[json.RawMessage](ctx, w.store, keys))
}

func values(found []*json.RawMessage, err error) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, len(found))
	for i, v := range found {
		if v != nil {
			out[i] = *v
		}
	}
	return out, err
}

func members(some []item) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, len(some))
	for i, it := range some {
		b, err := json.Marshal(struct {
			ID string    `json:"id"`
			At time.Time `json:"at"`
		}{it.member, it.at})
		if err != nil {
			return nil, err
		}
		out[i] = b
	}
	return out, nil
}

// hashes reads hashes whole.
func (w writer) hashes(ctx context.Context, user string, some []item) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, len(some))
	for i, it := range some {
		fields, err := w.store.Fields(ctx, user, it.key)
		if err != nil {
			return nil, err
		}
		if len(fields) == 0 {
			continue
		}
		if out[i], err = json.Marshal(fields); err != nil {
			return nil, err
		}
	}
	return out, nil
}
