package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"paceline/shared/api"
	"paceline/shared/audit"
	"paceline/shared/function"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
	"paceline/shared/objects"
)

const (
	anchorPrefix = "audit/"  // of the objects
	anchorEvery  = time.Hour // at the latest, when there is something new
	anchorAfter  = 100       // entries, at the latest
	auditPage    = 500       // entries of the log that are in memory at once
	maxAnchor    = 4 << 10   // bytes
	anchorReads  = 10        // that are under way at once
)

// Anchored is how the log was when it was last looked at.
type Anchored struct {
	Anchor   audit.Anchor `json:"anchor"`   // the last
	Lines    int64        `json:"lines"`    // of the log that need not be looked at again
	Sequence int64        `json:"sequence"` // of the last of them, or 0 where it is not to be believed
	Hash     string       `json:"hash"`     // of the last of them
	Keys     []string     `json:"keys"`     // that parts of the platform sign with
}

// due says whether it is time for an anchor of head.
func (a Anchored) due(head audit.Entry, now time.Time) bool {
	fresh := head.Sequence - a.Anchor.Sequence
	return fresh >= anchorAfter || fresh > 0 && now.Sub(a.Anchor.At) >= anchorEvery
}

// from is the line with which the next look at the log begins: the last that is
// known, to see that it still is what it was.
func (a Anchored) from() int64 {
	if a.Sequence > 0 {
		return a.Lines - 1
	}
	return a.Lines
}

// walk is for the log from there on.
func (a Anchored) walk(page []audit.Entry) *audit.Walk {
	var before audit.Entry
	var witnesses []audit.Witness
	if a.Sequence > 0 {
		before.Sequence = a.Sequence - 1
		witnesses = append(witnesses, audit.Witness{Name: "the watch", Sequence: a.Sequence, Hash: a.Hash})
	}
	if a.Lines > 0 && len(page) > 0 {
		before = audit.Entry{Sequence: page[0].Sequence - 1, Hash: page[0].Previous}
	}
	return audit.NewWalk(before, witnesses...)
}

// watchLog looks whether the log is still what it was, tells when it is not, and
// then goes on from its end. What is whole is anchored when it is time. It tells
// of the platform's signing keys, too, which nobody changes through the API.
func (f *watch) watchLog(ctx context.Context) error {
	var was Anchored
	key := f.store.Key(ledger, "anchored")
	if _, err := f.store.GetSealed(ctx, seal.Platform, key, &was); err != nil {
		return err
	}
	is := was
	head, lines, err := f.since(ctx, was)
	var bad *audit.Broken
	switch {
	case errors.As(err, &bad):
		is.Sequence, is.Hash = 0, ""
		is.Lines, err = f.store.Client().LLen(ctx, f.log()).Result()
		err = store.Wrap(err)
	case err == nil && was.due(head, f.base.Now()):
		is.Anchor, err = f.put(ctx, was.Anchor, head)
		is.Sequence, is.Hash, is.Lines = is.Anchor.Sequence, is.Anchor.Hash, lines+is.Anchor.Sequence-head.Sequence
	}
	if err != nil {
		return err
	}
	if is.Keys, err = f.signing(ctx); err != nil || bad == nil && reflect.DeepEqual(is, was) {
		return err
	}
	return f.store.Update(ctx, ledger, func(t *store.Tx) error {
		var now Anchored
		if _, err := t.GetSealed(seal.Platform, key, &now); err != nil || !reflect.DeepEqual(now, was) {
			return err // another instance was faster
		}
		if bad != nil {
			f.base.Log.ErrorContext(ctx, "the audit log is not what it was", "error", bad)
			if err := f.broken(t, bad.Sequence); err != nil {
				return err
			}
		}
		if err := tellKeys(t, was.Keys, is.Keys); err != nil {
			return err
		}
		return t.SetSealed(seal.Platform, key, is, 0)
	})
}

// since walks through the log from what is known on, and answers with the last
// entry and how many lines there are. Its error is a *audit.Broken for the first
// entry that is not as it should be.
func (f *watch) since(ctx context.Context, was Anchored) (head audit.Entry, lines int64, err error) {
	lines = was.from()
	page, err := f.page(ctx, lines, auditPage)
	if err != nil {
		return head, lines, err
	}
	walk := was.walk(page)
	for len(page) > 0 {
		if err := walk.Page(page); err != nil {
			return head, lines, err
		}
		lines += int64(len(page))
		if page, err = f.page(ctx, lines, auditPage); err != nil {
			return head, lines, err
		}
	}
	return walk.Head, lines, walk.End()
}

// put keeps a signed anchor of head, and answers with it. When its number is
// taken, by an instance that was killed or by a time that Redis forgot, it
// answers with the one that is there: the next look at the log begins at what
// that remembers.
func (f *watch) put(ctx context.Context, last audit.Anchor, head audit.Entry) (audit.Anchor, error) {
	a, err := audit.NextAnchor(last, head, f.base.Now())
	if err != nil {
		return a, err
	}
	digest, err := a.Digest()
	if err != nil {
		return a, err
	}
	if a.Signature, err = f.base.Signer.AnchorToken(digest); err != nil {
		return a, err
	}
	b, err := json.Marshal(a)
	if err != nil {
		return a, fmt.Errorf("watch: encode anchor %d: %w", a.Number, err)
	}
	key := fmt.Sprintf("%s%010d.json", anchorPrefix, a.Number)
	_, err = f.objects.Put(ctx, key, bytes.NewReader(b), objects.Options{IfAbsent: true, ContentType: "application/json"})
	if errors.Is(err, objects.ErrExists) {
		return f.kept(ctx, key)
	}
	return a, err
}

// kept is the anchor under a key.
func (f *watch) kept(ctx context.Context, key string) (a audit.Anchor, err error) {
	b, _, err := objects.ReadAll(ctx, f.objects, key, maxAnchor)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("watch: %s is no anchor: %w", key, err)
	}
	return a, nil
}

// signing is the ids of the keys that parts of the platform sign with.
func (f *watch) signing(ctx context.Context) ([]string, error) {
	doc, err := f.base.Keys(ctx)
	if err != nil {
		return nil, err
	}
	set, err := identity.ParseKeySet(doc)
	return set.Signing(), err
}

// tellKeys tells the audit log of keys that came and went; the first look tells
// of none.
func tellKeys(t *store.Tx, was, is []string) error {
	if was == nil {
		return nil
	}
	tell := func(action string, keys, others []string) error {
		for _, id := range keys {
			if slices.Contains(others, id) {
				continue
			}
			d := function.Deed{Action: action, Target: id, Outcome: function.Done}
			if err := function.AuditSeen(t, "watch", d); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.Join(tell("key.publish", is, was), tell("key.retire", was, is))
}

// anchors shows the anchors from the first on, as they were written.
func (f *watch) anchors(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 1)
	if err != nil {
		return err
	}
	after := ""
	if page.After != nil {
		if after = page.After[0]; !strings.HasPrefix(after, anchorPrefix) || objects.ValidateKey(after) != nil {
			return rest.Parameter("cursor", "what a page before it answered")
		}
	}
	list, err := f.objects.List(r.Context(), anchorPrefix, after, page.Limit)
	if err != nil {
		return err
	}
	out := api.AuditAnchors{Items: make([]api.AuditAnchor, len(list))}
	if len(list) == page.Limit {
		out.NextCursor = rest.Cursor([]string{list[len(list)-1].Key})
	}
	errs := make([]error, len(list))
	for from := 0; from < len(list); from += anchorReads {
		var reads sync.WaitGroup
		for i := from; i < min(from+anchorReads, len(list)); i++ {
			reads.Go(func() {
				a, err := f.kept(r.Context(), list[i].Key)
				out.Items[i], errs[i] = api.AuditAnchor(a), err
			})
		}
		reads.Wait()
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, out)
}
