package upload

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"paceline/events"
	"paceline/functions/upload/zone"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/export"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/objects"
	"paceline/shared/objects/all"
	"paceline/shared/objects/sealed"
)

// Objects is what of the bucket this function touches.
var Objects = objects.Access{Function: "upload", Writes: []string{"import/", "raw/", "track/"}}

// Open opens the upload function.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	c, err := function.Parse[Config](e)
	if err != nil {
		return nil, err
	}
	if c.Decoders < 1 {
		return nil, errors.New("UPLOAD_DECODERS: at least 1")
	}
	store, err := all.Open(c.ObjectsURL)
	if err != nil {
		return nil, err
	}
	return open(e, c, store)
}

// open is Open with an object store of the caller's.
func open(e function.Env, c Config, s objects.Store) (*function.Function, error) {
	base, err := function.OpenBase(e, "upload")
	if err != nil {
		return nil, err
	}
	f := &upload{
		workouts: workouts{base.Store, base.Signal}, shelf: shelf{sealed.Store{Store: objects.Confine(s, Objects), Keys: base.Store.Keys()}}, admission: newAdmission(c.Decoders),
		zones: &zone.Finder{}, quota: c.Quota, log: base.Log, now: e.Now,
	}
	pieces, err := newResumable(f)
	if err != nil {
		return nil, err
	}
	base.OnSweep(f.sweep)
	fn := base.Function(f.routes(base, pieces),
		eventing.On(f.processed), eventing.On(f.failed), eventing.On(f.deleted), eventing.On(f.erase),
		eventing.On(f.find), eventing.On(f.take), eventing.On(f.finished), eventing.On(f.undoFiles),
		export.From(base.Store, func(e events.Exported) events.Payload { return events.UploadExported{Exported: e} }, originals))
	fn.Check = func(ctx context.Context) error { return objects.Check(ctx, s) }
	fn.Closes(s)
	return fn, nil
}

type upload struct {
	workouts  workouts
	shelf     shelf
	admission *admission
	zones     *zone.Finder
	quota     int64 // bytes
	log       *slog.Logger
	now       func() time.Time
}

func (f *upload) routes(base *function.Base, pieces *resumable) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/workouts", member(f.admission.body(rest.Command(base.Store, f.create))))
	mux.Handle("GET /v1/uploads/{id}", member(f.status))
	mux.Handle("PATCH /v1/workouts/{id}", member(rest.Command(base.Store, f.update)))
	mux.Handle("DELETE /v1/workouts/{id}", member(rest.Command(base.Store, f.delete)))
	mux.Handle("GET /v1/workouts/{id}/file", member(f.file))
	mux.Handle("POST /v1/workouts/{id}/crop", member(rest.Command(base.Store, f.crop)))
	mux.Handle("POST /v1/workouts/{id}/split", member(rest.Command(base.Store, f.split)))
	mux.Handle("POST /v1/workouts/{id}/merge", member(rest.Command(base.Store, f.merge)))
	mux.Handle("POST /v1/workouts/{id}/undo", member(rest.Command(base.Store, f.undo)))
	mux.Handle("POST /v1/gear", member(rest.Command(base.Store, f.addGear)))
	mux.Handle("PUT /v1/gear/{id}", member(rest.Command(base.Store, f.putGear)))
	mux.Handle("DELETE /v1/gear/{id}", member(rest.Command(base.Store, f.dropGear)))
	mux.Handle("POST /v1/imports", member(rest.Command(nil, f.createImport)))
	mux.Handle("GET /v1/imports", member(f.listImports))
	mux.Handle("GET /v1/imports/{id}", member(f.showImport))
	mux.Handle("DELETE /v1/imports/{id}", member(rest.Command(base.Store, f.undoImport)))
	mux.Handle("GET /v1/imports/{id}/stream", member(f.streamImport))
	mux.Handle("POST /v1/archive-links", member(rest.Command(base.Store, f.createLink)))
	mux.Handle("POST /v1/imports/{id}/complete", member(rest.Command(base.Store, f.completeImport)))
	mux.Handle("POST /v1/archives", member(rest.Command(nil, pieces.serve(pieces.tus.PostFile))))
	mux.Handle("HEAD /v1/archives/{id}", member(pieces.serve(pieces.tus.HeadFile)))
	mux.Handle("PATCH /v1/archives/{id}", member(rest.Command(nil, pieces.serve(pieces.tus.PatchFile))))
	mux.Handle("DELETE /v1/archives/{id}", member(rest.Command(nil, pieces.serve(pieces.tus.DelFile))))
	return mux
}

// member lets through who is somebody. The gateway has checked it before.
func member(next rest.Handler) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if caller := identity.CallerFrom(r.Context()); caller.UserID == "" || !caller.Has(identity.Member) {
			return fault.Forbidden("role_missing", "only a member has workouts")
		}
		return next(w, r)
	}
}

func (f *upload) processed(ctx context.Context, p events.WorkoutProcessed) error {
	return f.workouts.settle(ctx, p.UserID, p.WorkoutID, (*Record).Processed)
}

func (f *upload) failed(ctx context.Context, p events.WorkoutFailed) error {
	return f.workouts.settle(ctx, p.UserID, p.WorkoutID, func(r *Record) bool {
		return r.Failed(Failure{Code: p.Code, Detail: p.Detail})
	})
}

// deleted removes the objects of a workout, and goes on failing until they are
// gone: nothing else removes what a DELETE could not.
func (f *upload) deleted(ctx context.Context, p events.WorkoutDeleted) error {
	t, err := f.workouts.tombstone(ctx, p.UserID, p.WorkoutID)
	if err != nil {
		return err
	}
	return f.shelf.remove(ctx, t.Keys)
}
