package upload

import (
	"cmp"
	"context"
	"errors"
	"mime"
	"net/http"
	"slices"

	"paceline/functions/upload/zone"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
	"paceline/shared/track"
)

// maxPlans bounds how often a submission is planned again because the same
// content was taken or deleted meanwhile.
const maxPlans = 8

// create takes a file or an entry by hand.
func (f *upload) create(w http.ResponseWriter, r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var out api.UploadAccepted
	var err error
	switch kind {
	case "multipart/form-data":
		out, err = f.createFromFile(r)
	case "application/json":
		out, err = f.createFromEntry(w, r)
	default:
		err = fault.New(http.StatusUnsupportedMediaType, "unsupported_media_type", "the body must be multipart/form-data or application/json")
	}
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/uploads/"+out.UploadID)
	return rest.JSON(w, http.StatusAccepted, out)
}

func (f *upload) createFromFile(r *http.Request) (api.UploadAccepted, error) {
	in, err := readForm(r)
	if err != nil {
		return api.UploadAccepted{}, err
	}
	done, err := f.admission.turn(r.Context())
	if err != nil {
		return api.UploadAccepted{}, err
	}
	defer done()
	file, err := recognise(in.file)
	if err != nil {
		return api.UploadAccepted{}, err
	}
	return f.accept(r.Context(), Submission{
		UserID: identity.UserID(r), Asked: in.asked, Original: file.original, Content: file.plain,
		ContentType: file.contentType, Extension: file.extension, FileName: in.fileName,
	}, func() ([]Session, error) { return f.sessions(file) }, alone)
}

// sessions decodes a file and finds the clock of each workout.
func (f *upload) sessions(file file) ([]Session, error) {
	tracks, err := file.tracks()
	if err != nil {
		return nil, err
	}
	out := make([]Session, len(tracks))
	for i, t := range tracks {
		place := ""
		if lat, lng, ok := firstPosition(t); ok {
			if place, err = f.zones.Name(lat, lng); err != nil {
				return nil, err
			}
		}
		out[i].Track = t
		out[i].Started, out[i].Zone = zone.Local(t.StartedAt, t.UTCOffset, place)
	}
	return out, nil
}

// firstPosition is the first sample that has one, in degrees.
func firstPosition(t *track.Track) (lat, lng float64, ok bool) {
	for i, lat := range t.Samples.Lat {
		if lng := t.Samples.Lng[i]; lat == lat && lng == lng { // neither is NaN
			return lat, lng, true
		}
	}
	return 0, 0, false
}

func (f *upload) createFromEntry(w http.ResponseWriter, r *http.Request) (api.UploadAccepted, error) {
	var in api.ManualWorkout
	if err := rest.Read(w, r, &in); err != nil {
		return api.UploadAccepted{}, err
	}
	e, err := entryOf(in, f.now())
	if err != nil {
		return api.UploadAccepted{}, err
	}
	original, err := e.original()
	if err != nil {
		return api.UploadAccepted{}, err
	}
	return f.accept(r.Context(), Submission{
		UserID: identity.UserID(r), Asked: e.asked, Original: original, Content: original, ContentType: "application/json",
	}, func() ([]Session, error) { return []Session{{Track: e.track(), Started: e.started, Zone: e.zone}}, nil }, alone)
}

// alone is what goes along with a plan that nothing goes along with.
func alone(*store.Tx, Plan) error { return nil }

// accept makes workouts of a submission, once: what the person has of it
// already is answered as it is. decode is called when something is missing, with
// in the transaction that makes it.
func (f *upload) accept(ctx context.Context, s Submission, decode func() ([]Session, error), with func(*store.Tx, Plan) error) (api.UploadAccepted, error) {
	if err := f.workouts.owned(ctx, s.UserID, s.Asked.gear); err != nil {
		return api.UploadAccepted{}, err
	}
	digest := digestOf(s.Content)
	var sessions []Session
	var before *Plan // one that came too late
	for range maxPlans {
		known, err := f.workouts.known(ctx, s.UserID, digest)
		if err != nil {
			return api.UploadAccepted{}, err
		}
		if before != nil {
			f.tidy(ctx, before.Unused(known))
		}
		if known.Complete() {
			return f.accepted(ctx, s.UserID, known.Upload, nil, nil)
		}
		if err := f.room(ctx, s, known); err != nil {
			return api.UploadAccepted{}, err
		}
		if sessions == nil {
			if sessions, err = decode(); err != nil {
				return api.UploadAccepted{}, err
			}
		}
		alike, err := f.workouts.alike(ctx, s, sessions)
		if err != nil {
			return api.UploadAccepted{}, err
		}
		p := NewPlan(s, sessions, known, alike, f.now())
		if len(p.Fresh) == 0 {
			return f.accepted(ctx, s.UserID, known.Upload, nil, alike)
		}
		if err := f.shelf.keep(ctx, p, s.Original); err != nil {
			return api.UploadAccepted{}, err
		}
		switch done, err := f.workouts.commit(ctx, p, with); {
		case errors.Is(err, errSettled):
			return api.UploadAccepted{}, errors.Join(err, f.forgo(ctx, p))
		case err != nil:
			return api.UploadAccepted{}, err
		case done:
			return f.accepted(ctx, s.UserID, p.Next.Upload, p.Fresh, alike)
		}
		before = &p
	}
	return api.UploadAccepted{}, fault.Conflict("in_progress", "the same file is being uploaded and deleted at the same time; try again")
}

// forgo removes what was stored for a plan that is no longer wanted.
func (f *upload) forgo(ctx context.Context, p Plan) error {
	known, err := f.workouts.known(ctx, p.UserID, p.Next.Upload.Digest)
	if err == nil {
		f.tidy(ctx, p.Unused(known))
	}
	return err
}

// room says whether the original still fits into the person's store.
func (f *upload) room(ctx context.Context, s Submission, known Known) error {
	if known.Content.UploadID != "" {
		return nil // it is there
	}
	used, err := f.workouts.used(ctx, s.UserID)
	if err == nil && used+int64(len(s.Original)) > f.quota {
		err = f.full()
	}
	return err
}

// accepted is the answer for an upload, of which some workouts are fresh and
// some are alike others that the person has.
func (f *upload) accepted(ctx context.Context, user string, u Upload, fresh []Fresh, alike []string) (api.UploadAccepted, error) {
	states := map[string]api.UploadedWorkout{}
	for _, made := range fresh {
		id := made.Record.WorkoutID
		states[id] = api.UploadedWorkout{ID: id, State: made.Record.State}
	}
	all := union(u.Live(), slices.DeleteFunc(slices.Clone(alike), func(id string) bool { return id == "" }))
	had := slices.DeleteFunc(slices.Clone(all), func(id string) bool { return states[id].ID != "" })
	records, err := f.workouts.records(ctx, user, had)
	if err != nil {
		return api.UploadAccepted{}, err
	}
	out := api.UploadAccepted{UploadID: u.ID, Workouts: []api.UploadedWorkout{}}
	for _, r := range records {
		states[r.WorkoutID] = api.UploadedWorkout{ID: r.WorkoutID, State: r.State, Duplicate: true}
		out.UploadID = cmp.Or(out.UploadID, r.UploadID)
	}
	for _, id := range all {
		if w, ok := states[id]; ok {
			out.Workouts = append(out.Workouts, w)
		}
	}
	return out, nil
}

// tidy removes objects that no state points to. It is no harm when it fails.
func (f *upload) tidy(ctx context.Context, keys []string) {
	if err := f.shelf.remove(ctx, keys); err != nil {
		f.log.WarnContext(ctx, "objects without a workout stay behind", "keys", keys, "error", err)
	}
}
