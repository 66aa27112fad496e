package accounts

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
	"paceline/shared/objects"
)

// exports is the partition in which all that have pages are listed.
const exports = "exports"

// exportTTL is how long an export is remembered: until nobody has pages of it.
const exportTTL = exportEach + exportKept + time.Hour

func errExport() error {
	return fault.NotFound("export_not_found", "there is no export; ask for one with POST /v1/me/export")
}

func errLink() error { return fault.NotFound("link_not_found", "there is no such link of yours") }

// gone is for what was there and will not be again.
func gone(code, format string, args ...any) error {
	return fault.New(http.StatusGone, code, format, args...)
}

func (f *accounts) exportMe(w http.ResponseWriter, r *http.Request) error {
	return f.exportOne(w, r, caller(r).UserID)
}

// exportUser begins an export for somebody who asked support for it. The person
// gets the mail, and nobody else the files.
func (f *accounts) exportUser(w http.ResponseWriter, r *http.Request) error {
	return f.exportOne(w, r, r.PathValue("id"))
}

// exportOne asks every function for what it keeps of a person, once a day.
func (f *accounts) exportOne(w http.ResponseWriter, r *http.Request, id string) error {
	ctx := r.Context()
	if err := f.recent(r); err != nil {
		return err
	}
	a, err := f.people.account(ctx, id)
	if err != nil {
		return err
	}
	if !a.Verified {
		return fault.Conflict("email_not_verified", "the address has to be proven first: it gets the mail")
	}
	if err := f.people.list(ctx, exports, id); err != nil {
		return err
	}
	e := newExport(function.NewID(f.now()), f.now().UTC())
	err = f.people.Update(ctx, id, func(t *store.Tx) error {
		if known, err := t.Known(id); err != nil || !known {
			return cmp.Or(err, errAccount())
		}
		before, found, err := exportIn(t, id)
		if err != nil {
			return err
		}
		if wait := before.Again(e.At); found && wait > 0 {
			refused := fault.New(http.StatusTooManyRequests, "export_daily", "there is one export a day; see GET /v1/me/export")
			refused.RetryAfter = wait
			return refused
		}
		if err := saveExport(t, id, e); err != nil {
			return err
		}
		if err := f.audit(t, r, function.Deed{Action: "account.export", Target: id, Outcome: function.Asked}); err != nil {
			return err
		}
		return t.Emit(events.AccountExportRequested{UserID: id, ExportID: e.ID, At: e.AskedAt})
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/me/export")
	return rest.JSON(w, http.StatusAccepted, e.answer(f.now()))
}

func (f *accounts) exportState(w http.ResponseWriter, r *http.Request) error {
	e, err := f.people.export(r.Context(), caller(r).UserID)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, e.answer(f.now()))
}

// exportLink makes the link to the next file that was not downloaded. An earlier
// link ends with it.
func (f *accounts) exportLink(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), caller(r).UserID
	if err := f.recent(r); err != nil {
		return err
	}
	token := rand.Text()
	var e Export
	err := f.people.Update(ctx, id, func(t *store.Tx) error {
		var found bool
		var err error
		if e, found, err = exportIn(t, id); err != nil {
			return err
		}
		if !found {
			return errExport()
		}
		switch now := t.Now(); e.State(now) {
		case api.ExportStatePreparing:
			wait := fault.Conflict("export_not_ready", "functions are still writing what they keep of you")
			wait.RetryAfter = 10 * time.Second
			return wait
		case api.ExportStateReady:
			e.Link = Link{Digest: storedToken(token), Volume: e.Taken + 1, Until: now.Add(linkTTL)}
		default:
			return gone("export_over", "this export was downloaded, or waited for too long; ask for another one")
		}
		if err := saveExport(t, id, e); err != nil {
			return err
		}
		return f.audit(t, r, function.Deed{Action: "account.export.link", Target: id, Outcome: function.Done})
	})
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusCreated, api.ExportLink{
		URL: "/v1/me/export/links/" + token, ExpiresAt: e.Link.Until, Volume: e.Link.Volume, Volumes: e.Volumes,
	})
}

// downloadExport sends one file of an export. The link is used when that begins;
// when it breaks off, the connection ends without the end of the file, and the
// person asks for another link.
func (f *accounts) downloadExport(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), caller(r).UserID
	e, err := f.people.use(ctx, id, storedToken(r.PathValue("link")))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="paceline-%s-%d-of-%d.zip"`, e.At.Format(time.DateOnly), e.Link.Volume, e.Volumes))
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	to := &counted{to: w}
	switch err := f.people.archive(ctx, to, id, e); {
	case err != nil && to.n == 0:
		h.Del("Content-Disposition")
		return err
	case err != nil:
		f.log.ErrorContext(ctx, "an export was not handed out whole", "export", e.ID, "error", err)
		panic(http.ErrAbortHandler) // what was sent must not look like a whole file
	}
	if err := f.people.taken(context.WithoutCancel(ctx), id, e); err != nil { // the file was sent; what stays is the sweep's
		f.log.WarnContext(ctx, "a download is not noted", "export", e.ID, "error", err)
	}
	return nil
}

// counted knows whether something was written.
type counted struct {
	to io.Writer
	n  int64
}

// Write passes on.
func (c *counted) Write(b []byte) (int, error) {
	n, err := c.to.Write(b)
	c.n += int64(n)
	return n, err
}

// use takes a link, which works once.
func (p people) use(ctx context.Context, id, stored string) (e Export, err error) {
	err = p.Update(ctx, id, func(t *store.Tx) error {
		var found bool
		var err error
		if e, found, err = exportIn(t, id); err != nil {
			return err
		}
		switch {
		case !found || !e.Link.Is(stored):
			return errLink()
		case !e.Link.Works(t.Now()) || e.State(t.Now()) != api.ExportStateReady:
			return gone("link_used", "the link was used, or is older than %.0f minutes; ask for another one", linkTTL.Minutes())
		}
		e.Link.Used = true
		return saveExport(t, id, e)
	})
	return e, err
}

// taken notes that a file was downloaded whole. With the last one the pages go;
// what fails is the sweep's.
func (p people) taken(ctx context.Context, id string, got Export) error {
	over := false
	err := p.Update(ctx, id, func(t *store.Tx) error {
		e, found, err := exportIn(t, id)
		if err != nil || !found || e.ID != got.ID {
			return err
		}
		e.Taken = max(e.Taken, got.Link.Volume)
		over = e.Over(t.Now())
		return saveExport(t, id, e)
	})
	if err == nil && over {
		err = p.objects.RemoveAll(ctx, exportsOf(id)+got.ID+"/")
	}
	return err
}

// export reads the export of a person.
func (p people) export(ctx context.Context, id string) (e Export, err error) {
	found, err := p.GetSealed(ctx, id, p.Key(id, "export", id), &e)
	if err == nil && !found {
		err = errExport()
	}
	return e, err
}

func exportIn(t *store.Tx, id string) (e Export, found bool, err error) {
	found, err = t.GetSealed(id, t.Key("export", id), &e)
	return e, found, err
}

func saveExport(t *store.Tx, id string, e Export) error {
	return t.SetSealed(id, t.Key("export", id), e, exportTTL)
}

// exported takes a page of a function: first to the objects, then into the state,
// so that the state never points to a page that is not there. What is not wanted
// any more is passed over.
func (p people) exported(ctx context.Context, from string, page events.Exported) error {
	var e Export
	found, err := p.GetSealed(ctx, page.UserID, p.Key(page.UserID, "export", page.UserID), &e)
	if err != nil || !found || !e.Wants(from, page) {
		return err
	}
	b, err := json.Marshal(page)
	if err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	if err := p.objects.PutFor(ctx, page.UserID, pageKey(page.UserID, e.ID, from, page.At, page.Page), b); err != nil {
		return err
	}
	return p.UpdateOnce(ctx, page.UserID, func(t *store.Tx) error {
		e, found, err := exportIn(t, page.UserID)
		if err != nil || !found || !e.Wants(from, page) {
			return err
		}
		if e.Take(from, page, t.Now().UTC()) {
			if err := tellReady(t, page.UserID, e); err != nil {
				return err
			}
		}
		return saveExport(t, page.UserID, e)
	})
}

// tellReady tells the person, whose mail leads to the app and carries no secret.
func tellReady(t *store.Tx, id string, e Export) error {
	done := function.Deed{Action: "account.exported", Target: id, Outcome: function.Done}
	if err := function.AuditEnd(t, "accounts", "export."+e.ID, done); err != nil {
		return err
	}
	return t.Emit(events.MailRequested{
		Key: "export_ready/" + id + "/" + e.ID, UserID: id, Template: "export_ready", Data: map[string]string{"valid_for": exportKept.String()},
	})
}

// goOnExport takes the next step of one export: it asks again who has not
// answered, and removes pages that nobody needs. It says whether none are left.
func (p people) goOnExport(ctx context.Context, id string) (over bool, err error) {
	var e Export
	err = p.Update(ctx, id, func(t *store.Tx) error {
		var found bool
		var err error
		if e, found, err = exportIn(t, id); err != nil {
			return err
		}
		now := t.Now().UTC()
		if over = !found || e.Over(now); over || !e.ReadyAt.IsZero() || !e.Due(now, askExportAgain) {
			return nil
		}
		e.AskedAt = now
		if err := saveExport(t, id, e); err != nil {
			return err
		}
		return t.Emit(events.AccountExportRequested{UserID: id, ExportID: e.ID, At: e.AskedAt})
	})
	if err != nil {
		return false, err
	}
	return over, p.removePages(ctx, id, e, over)
}

// removePages removes the pages of earlier exports of a person, and those of this
// one when it is over.
func (p people) removePages(ctx context.Context, id string, e Export, over bool) error {
	var old []string
	for entry, err := range objects.All(ctx, p.objects, exportsOf(id)) {
		if err != nil {
			return err
		}
		if over || !strings.HasPrefix(entry.Key, exportsOf(id)+e.ID+"/") {
			old = append(old, entry.Key)
		}
	}
	return p.objects.Remove(ctx, old)
}
