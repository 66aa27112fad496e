package export

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"paceline/events"
	"paceline/shared/function/eventing"
	"paceline/shared/function/store"
	"paceline/shared/inventory"
)

const (
	// pageSize is where a page ends, in bytes before they are packed; an event is
	// well below what brokers take.
	pageSize = 256 << 10
	// batch is how many documents are read in one trip.
	batch = 100
	// kept is how long the progress is: longer than an export is asked for.
	kept = 48 * time.Hour
)

// Originals is the files that belong to a document.
type Originals func(d inventory.Document, value json.RawMessage) ([]events.Original, error)

// From is the subscription with which a function answers: as makes the answer
// its own. A nil originals means that it keeps no files.
func From(s *store.Store, as func(events.Exported) events.Payload, originals Originals) eventing.Subscription {
	w := writer{s, as, originals}
	return eventing.On(w.answer)
}

type writer struct {
	store     *store.Store
	as        func(events.Exported) events.Payload
	originals Originals
}

// progress is how far the answer to one asking has come.
type progress struct {
	ExportID string    `json:"export_id"`
	At       time.Time `json:"at"`
	Page     int       `json:"page"`  // the last that was sent
	After    string    `json:"after"` // the last place that is in it
	Done     bool      `json:"done"`
}

func (p progress) is(other progress) bool {
	return p.ExportID == other.ExportID && p.At.Equal(other.At) && p.Page == other.Page
}

// answer sends page after page until all is sent.
func (w writer) answer(ctx context.Context, e events.AccountExportRequested) error {
	known, err := w.store.Known(ctx, e.UserID)
	if err != nil || !known {
		return err
	}
	all, err := w.items(ctx, e.UserID)
	if err != nil {
		return err
	}
	for {
		if over, err := w.step(ctx, e, all); err != nil || over {
			return err
		}
	}
}

// step sends the next page, and says whether there is none after it, or none is
// wanted any more.
func (w writer) step(ctx context.Context, e events.AccountExportRequested, all []item) (over bool, err error) {
	var kp progress
	key := w.store.Key(e.UserID, "exporting", e.UserID)
	if _, err := w.store.Get(ctx, key, &kp); err != nil {
		return false, err
	}
	p := kp
	switch {
	case p.ExportID == e.ExportID && p.At.Equal(e.At):
		if p.Done {
			return true, nil
		}
	case p.At.After(e.At): // a later asking is being answered
		return true, nil
	default:
		p = progress{ExportID: e.ExportID, At: e.At.UTC()}
	}
	rest := all[sort.Search(len(all), func(i int) bool { return all[i].place() > p.After }):]
	page, n, err := w.page(ctx, e.UserID, rest)
	if err != nil {
		return false, err
	}
	p.Page, p.Done = p.Page+1, n == len(rest)
	if n > 0 {
		p.After = rest[n-1].place()
	}
	page.UserID, page.ExportID, page.At, page.Page, page.Last = e.UserID, e.ExportID, p.At, p.Page, p.Done
	return p.Done, w.store.Update(ctx, e.UserID, func(t *store.Tx) error {
		var now progress
		if _, err := t.Get(key, &now); err != nil || !now.is(kp) {
			return err // another delivery was faster; the next step sees it
		}
		if known, err := t.Known(e.UserID); err != nil || !known {
			return err
		}
		t.Own(e.UserID, key, kept)
		if err := t.Set(key, p, kept); err != nil {
			return err
		}
		return t.Emit(w.as(page))
	})
}

// page reads documents of one file until a page is full, and says how many
// places are in it.
func (w writer) page(ctx context.Context, user string, rest []item) (page events.Exported, n int, err error) {
	var body bytes.Buffer
	for n < len(rest) && rest[n].file == rest[0].file && body.Len() < pageSize {
		some := alike(rest[n:])
		values, err := w.read(ctx, user, some)
		if err != nil {
			return page, 0, err
		}
		for i, value := range values {
			if value == nil { // it went meanwhile
				continue
			}
			if w.originals != nil {
				files, err := w.originals(some[i].document, value)
				if err != nil {
					return page, 0, err
				}
				page.Originals = append(page.Originals, files...)
			}
			if err := write(&body, some[i], value); err != nil {
				return page, 0, err
			}
			page.Count++
		}
		n += len(some)
	}
	if page.Count > 0 {
		page.File = rest[0].file
	}
	page.Documents, err = pack(body.Bytes())
	return page, n, err
}

// write adds one document, without what is withheld.
func write(to *bytes.Buffer, it item, value json.RawMessage) error {
	value, err := without(value, it.document.Withheld())
	if err != nil {
		return fmt.Errorf("export: %s: %w", it.name, err)
	}
	b, err := json.Marshal(struct {
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	}{it.name, value})
	if err != nil {
		return fmt.Errorf("export: %s: %w", it.name, err)
	}
	if to.Len() > 0 {
		to.WriteString(",\n")
	}
	to.Write(b)
	return nil
}

func pack(b []byte) (string, error) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(b); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	if err := z.Close(); err != nil {
		return "", fmt.Errorf("export: %w", err)
	}
	return base64.StdEncoding.EncodeToString(packed.Bytes()), nil
}

// Unpack is the documents of a page.
func Unpack(e events.Exported) ([]byte, error) {
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader([]byte(e.Documents))))
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(z); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return out.Bytes(), nil
}

// without is a value without members of the given names, at any depth.
func without(value json.RawMessage, names map[string]bool) (json.RawMessage, error) {
	if len(names) == 0 {
		return value, nil
	}
	d := json.NewDecoder(bytes.NewReader(value))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	drop(v, names)
	return json.Marshal(v)
}

func drop(v any, names map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if names[name] {
				delete(v, name)
				continue
			}
			drop(inner, names)
		}
	case []any:
		for _, inner := range v {
			drop(inner, names)
		}
	}
}
