package upload

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
	"paceline/shared/objects"
)

const (
	linkWithin = time.Hour
	// linked is the volume of ImportRequested that is what came by a link: it is
	// sealed part by part before anything else is done with it.
	linked    = -1
	copyParts = 128 // that one event seals
)

// linkedKey is where an archive comes by a link. It lies there as it is, under
// nobody's key but the bucket's own, until it is sealed.
func linkedKey(user, id string) string { return importPrefix(user, id) + "incoming" }

// createLink begins an import whose archive goes to the object store without
// passing through us.
func (f *upload) createLink(w http.ResponseWriter, r *http.Request) error {
	ctx, user, now := r.Context(), identity.UserID(r), f.now()
	var in api.ArchiveLinkRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	if in.SizeBytes < 1 || in.SizeBytes > maxArchive {
		return invalid("size_bytes", "must be from 1 to %d", int64(maxArchive))
	}
	if in.Visibility != "" {
		if err := visibilityOf(in.Visibility); err != nil {
			return err
		}
	}
	if err := f.fits(ctx, user, in.SizeBytes); err != nil {
		return err
	}
	i := Import{
		ID: function.NewID(now), UserID: user, State: api.ImportStateReceiving, FileName: fileName(in.FileName),
		Visibility: events.Visibility(in.Visibility), SizeBytes: in.SizeBytes, Volumes: map[int]int64{0: 0}, Linked: true, CreatedAt: now.UTC(),
	}
	link, err := f.shelf.Link(ctx, linkedKey(user, i.ID), i.SizeBytes, linkWithin)
	if errors.Is(err, objects.ErrUnsupported) {
		return fault.New(http.StatusNotImplemented, "links_unsupported", "this platform keeps files where you cannot reach them: send the archive by /v1/archives")
	}
	if err != nil {
		return away(err)
	}
	if err := f.receive(ctx, i); err != nil {
		return err
	}
	if err := f.workouts.begin(ctx, i); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusCreated, api.ArchiveLink{
		ImportID: i.ID, Method: link.Method, URL: link.URL, Headers: link.Header, ExpiresAt: now.Add(linkWithin).UTC(),
	})
}

// completeImport goes on with an archive that came by a link. Once more is the
// same answer.
func (f *upload) completeImport(w http.ResponseWriter, r *http.Request) error {
	ctx, user, id := r.Context(), identity.UserID(r), r.PathValue("id")
	i, tally, err := f.progress(ctx, user, id)
	if err != nil {
		return err
	}
	if i.Linked && i.State == api.ImportStateReceiving && !i.Completed {
		info, err := f.shelf.Head(ctx, linkedKey(user, id))
		switch {
		case errors.Is(err, objects.ErrNotFound), err == nil && info.Size != i.SizeBytes:
			return fault.Conflict("not_received", "the archive is not there, or not as large as was said")
		case err != nil:
			return away(err)
		}
		if i, err = f.workouts.complete(ctx, user, id); err != nil {
			return err
		}
	}
	return rest.JSON(w, http.StatusAccepted, i.answer(tally))
}

// complete asks for an archive to be sealed that came by a link, once.
func (s workouts) complete(ctx context.Context, user, id string) (i Import, err error) {
	err = s.Update(ctx, user, func(t *store.Tx) error {
		if i, err = importIn(t, user, id); err != nil || i.Completed || i.State != api.ImportStateReceiving {
			return err
		}
		i.Completed = true
		if err := setImport(t, i, 0); err != nil {
			return err
		}
		return t.Emit(events.ImportRequested{ImportID: id, UserID: user, Volume: linked})
	})
	return i, err
}

// sealStep seals the next parts of an archive that came by a link, and asks for
// the rest, or for its files.
func (f *upload) sealStep(ctx context.Context, e events.ImportRequested, i Import) error {
	from := objects.Range{Offset: int64(e.After) * partSize, Length: copyParts * partSize}
	body, _, err := f.shelf.Get(ctx, linkedKey(e.UserID, e.ImportID), from)
	if err != nil {
		return away(err)
	}
	defer func() { _ = body.Close() }() // what was read of it was read
	v := f.volume(e.UserID, e.ImportID, 0)
	end, err := v.write(ctx, from.Offset, body, i.SizeBytes)
	if err != nil {
		return away(err)
	}
	if err := f.workouts.sealed(ctx, e, end); err != nil || end < i.SizeBytes {
		return err
	}
	i.Volumes[0] = end
	if err := f.startOrGiveUp(ctx, i); err != nil {
		if _, _, final := verdictOn(err); final {
			return nil // the import says so
		}
		return err
	}
	return away(f.shelf.Delete(ctx, linkedKey(e.UserID, e.ImportID)))
}

// startOrGiveUp runs an import whose archive has come. One that cannot be read
// is undone, and says why.
func (f *upload) startOrGiveUp(ctx context.Context, i Import) error {
	err := f.openable(ctx, i)
	if _, why, final := verdictOn(err); err != nil && final {
		_, failed := f.workouts.revoke(ctx, i.UserID, i.ID, why)
		return cmp.Or(failed, err)
	}
	if err == nil {
		err = f.workouts.start(ctx, i.UserID, i.ID)
	}
	if err == nil {
		f.received(ctx, i.UserID, i.ID)
	}
	return err
}

// sealed notes how far an archive is sealed, and asks for the rest.
func (s workouts) sealed(ctx context.Context, e events.ImportRequested, end int64) error {
	return s.UpdateOnce(ctx, e.UserID, func(t *store.Tx) error {
		i, err := importIn(t, e.UserID, e.ImportID)
		if err != nil || i.State != api.ImportStateReceiving {
			return err
		}
		i.Volumes[0] = end
		if end < i.SizeBytes {
			e.After += copyParts
			if err := t.Emit(e); err != nil {
				return err
			}
		}
		return setImport(t, i, 0)
	})
}
