package upload

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"

	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/objects"
)

// status answers how far an upload is.
func (f *upload) status(w http.ResponseWriter, r *http.Request) error {
	u, records, err := f.workouts.upload(r.Context(), identity.UserID(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	out := api.Upload{
		ID: u.ID, State: status(records), Workouts: []api.UploadedWorkout{},
		Errors: []api.UploadError{}, Warnings: append([]string{}, u.Warnings...),
	}
	for _, record := range records {
		out.Workouts = append(out.Workouts, api.UploadedWorkout{ID: record.WorkoutID, State: record.State})
		if record.Fault != nil {
			out.Errors = append(out.Errors, api.UploadError{Code: record.Fault.Code, Detail: record.Fault.Detail})
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// update changes what a person may edit.
func (f *upload) update(w http.ResponseWriter, r *http.Request) error {
	var in api.UpdateWorkoutRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	if in.GearID != nil {
		if err := f.workouts.owned(r.Context(), identity.UserID(r), *in.GearID); err != nil {
			return err
		}
	}
	record, err := f.workouts.edit(r.Context(), identity.UserID(r), r.PathValue("id"), func(record *Record) (bool, error) {
		if err := rest.CheckIfMatch(r, record.Version); err != nil {
			return false, err
		}
		return record.Edit(in)
	})
	if err != nil {
		return err
	}
	rest.SetETag(w, record.Version)
	return rest.JSON(w, http.StatusOK, record.workout())
}

// delete answers when the workout is gone from the state; its objects follow
// at once or, when that fails, by the event.
func (f *upload) delete(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	gone, err := f.workouts.remove(ctx, identity.UserID(r), r.PathValue("id"), func(record Record) error {
		return rest.CheckIfMatch(r, record.Version)
	})
	if err != nil {
		return err
	}
	if err := f.shelf.remove(ctx, gone.Keys); err != nil {
		f.log.WarnContext(ctx, "objects of a deleted workout wait for its event", "workout", r.PathValue("id"), "error", err)
	}
	return rest.NoContent(w)
}

// file hands out the original.
func (f *upload) file(w http.ResponseWriter, r *http.Request) error {
	ctx, user, id := r.Context(), identity.UserID(r), r.PathValue("id")
	record, err := f.workouts.workout(ctx, user, id)
	if err != nil {
		return err
	}
	u, _, err := f.workouts.upload(ctx, user, record.UploadID)
	if err != nil {
		return err
	}
	if u.Original.Extension == "" {
		return fault.NotFound("no_file", "the workout was entered by hand")
	}
	body, err := f.shelf.open(ctx, user, u.Original.Key)
	if errors.Is(err, objects.ErrNotFound) {
		if _, gone := f.workouts.workout(ctx, user, id); gone != nil {
			return gone // deleted between the two reads
		}
	}
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }() // nothing that was sent depends on it
	name := attachment(u.Original.FileName, id, u.Original.Extension)
	h := w.Header()
	h.Set("Content-Type", u.Original.ContentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Length", strconv.FormatInt(u.Original.SizeBytes, 10))
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	// An original that turns out to be damaged ends early: the client sees that
	// it is shorter than Content-Length.
	if _, err := io.Copy(w, body); err != nil {
		f.log.ErrorContext(ctx, "an original was not handed out whole", "workout", id, "error", err)
	}
	return nil
}
