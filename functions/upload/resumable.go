package upload

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/tus/tusd/v2/pkg/handler"
	"golang.org/x/exp/slog"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// resumablePath is where archives come piece by piece.
const resumablePath = "/v1/archives/"

// A piece that comes while another one of its archive is being written waits for
// so long, and is let in anyway when the writer must be gone.
const (
	lockPatience = 5 * time.Second
	lockTTL      = 2 * time.Minute
	lockTick     = 50 * time.Millisecond
)

// resumable is archives that come piece by piece, by the tus protocol: an import
// in the state receiving, whose archive grows. The library speaks the protocol;
// what it says of errors is said as every function says it.
type resumable struct {
	f   *upload
	tus *handler.UnroutedHandler
}

func newResumable(f *upload) (*resumable, error) {
	r := &resumable{f: f}
	composer := handler.NewStoreComposer()
	composer.UseCore(r)
	composer.UseTerminater(r)
	composer.UseLocker(r)
	var err error
	r.tus, err = handler.NewUnroutedHandler(handler.Config{
		StoreComposer: composer, MaxSize: maxArchive, BasePath: resumablePath, DisableDownload: true, DisableConcatenation: true,
		Cors: &handler.CorsConfig{Disable: true}, AcquireLockTimeout: lockPatience, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	return r, err
}

// serve answers with one handler of the library.
func (r *resumable) serve(next http.HandlerFunc) rest.Handler {
	inner := r.tus.Middleware(next)
	return func(w http.ResponseWriter, req *http.Request) error {
		req = req.Clone(req.Context())
		req.Header.Del("X-Http-Method-Override") // the route has said what it is
		req.URL.Path = req.PathValue("id")       // which is all that the library wants to see of it
		t := &translated{ResponseWriter: w}
		inner.ServeHTTP(t, req)
		return t.fault()
	}
}

// translated keeps what the library says of an error, and makes its address of
// an upload one that holds behind the gateway.
type translated struct {
	http.ResponseWriter
	status int
	said   bytes.Buffer
}

// WriteHeader passes on what is no error.
func (t *translated) WriteHeader(status int) {
	if t.status != 0 {
		return
	}
	t.status = status
	if to := t.Header().Get("Location"); to != "" {
		t.Header().Set("Location", resumablePath+path.Base(to))
	}
	if status < 400 {
		t.Header().Set("Cache-Control", "no-store")
		t.ResponseWriter.WriteHeader(status)
	}
}

// Write passes on what is no error.
func (t *translated) Write(b []byte) (int, error) {
	if t.status == 0 {
		t.WriteHeader(http.StatusOK)
	}
	if t.status < 400 {
		return t.ResponseWriter.Write(b)
	}
	return t.said.Write(b)
}

// Unwrap lets the library set deadlines.
func (t *translated) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// fault is the error that the library answered with: "ERR_UPLOAD_NOT_FOUND:
// upload not found" is upload_not_found.
func (t *translated) fault() error {
	if t.status < 400 {
		return nil
	}
	code, detail, _ := strings.Cut(strings.TrimSpace(t.said.String()), ": ")
	code, ours := strings.ToLower(strings.TrimPrefix(code, "ERR_")), strings.HasPrefix(code, "ERR_")
	for _, name := range []string{"Content-Type", "Content-Length"} {
		t.Header().Del(name)
	}
	switch {
	case t.status == http.StatusServiceUnavailable:
		return fault.Unavailable("unavailable", 2*time.Second, errors.New(detail))
	case t.status == http.StatusNotFound:
		return errNoImport
	case t.status == http.StatusInternalServerError:
		return errors.New("upload: tus: " + detail)
	case !ours && code == "":
		code, detail = "tus_refused", "the request is not what the tus protocol says"
	}
	return fault.New(t.status, code, "%s", detail)
}

// told is an error of ours as the library passes it on.
func told(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, errNoImport) {
		return handler.ErrNotFound
	}
	f := fault.Of(err)
	if f.Status == http.StatusInternalServerError {
		return err
	}
	return handler.NewError("ERR_"+f.Code, f.Detail, f.Status)
}

// callerOf is who sends the request that the library handles.
func callerOf(ctx context.Context) string { return identity.CallerFrom(ctx).UserID }

// piecemeal is one archive that comes piece by piece.
type piecemeal struct {
	f *upload
	i Import
}

// NewUpload begins an import whose archive is to come.
func (r *resumable) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	user, now := callerOf(ctx), r.f.now()
	err := r.f.fits(ctx, user, info.Size)
	i := Import{
		ID: function.NewID(now), UserID: user, State: api.ImportStateReceiving, FileName: fileName(info.MetaData["filename"]),
		Visibility: events.Visibility(info.MetaData["visibility"]), SizeBytes: info.Size, Volumes: map[int]int64{0: 0}, CreatedAt: now.UTC(),
	}
	if err == nil && i.Visibility != "" {
		err = visibilityOf(api.Visibility(i.Visibility))
	}
	if err == nil {
		err = r.f.receive(ctx, i)
	}
	if err == nil {
		err = r.f.workouts.begin(ctx, i)
	}
	return &piecemeal{r.f, i}, told(err)
}

// GetUpload finds an import of the caller's that is coming, or has come.
func (r *resumable) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	i, err := r.f.workouts.imported(ctx, callerOf(ctx), id)
	if err == nil && (i.Linked || i.State == api.ImportStateUndoing || i.State == api.ImportStateUndone) {
		err = errNoImport
	}
	return &piecemeal{r.f, i}, told(err)
}

// GetInfo says how much is there.
func (p *piecemeal) GetInfo(context.Context) (handler.FileInfo, error) {
	info := handler.FileInfo{ID: p.i.ID, Size: p.i.SizeBytes, Offset: p.i.Volumes[0]}
	if p.i.FileName != "" {
		info.MetaData = handler.MetaData{"filename": p.i.FileName}
	}
	return info, nil
}

// WriteChunk keeps a piece, and how far it came when it was cut.
func (p *piecemeal) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	end, err := p.f.volume(p.i.UserID, p.i.ID, 0).write(ctx, offset, src, p.i.SizeBytes)
	kept := p.f.workouts.Update(ctx, p.i.UserID, func(t *store.Tx) error {
		i, err := importIn(t, p.i.UserID, p.i.ID)
		if err != nil {
			return err
		}
		if i.State != api.ImportStateReceiving || i.Volumes[0] != offset {
			return fault.Conflict("upload_changed", "the archive has grown, or is no longer wanted")
		}
		i.Volumes[0] = end
		p.i = i
		return setImport(t, i, 0)
	})
	if kept != nil {
		return 0, told(kept)
	}
	return end - offset, told(err)
}

// FinishUpload takes an archive that is there whole; one that cannot be read is
// given up.
func (p *piecemeal) FinishUpload(ctx context.Context) error { return told(p.f.startOrGiveUp(ctx, p.i)) }

// GetReader is for downloads, which there are none of.
func (p *piecemeal) GetReader(context.Context) (io.ReadCloser, error) {
	return nil, handler.ErrNotFound
}

// AsTerminatableUpload gives an upload that can be given up.
func (r *resumable) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return u.(*piecemeal)
}

// Terminate gives an archive up that is coming. What has come is undone, not
// given up.
func (p *piecemeal) Terminate(ctx context.Context) error {
	if p.i.State != api.ImportStateReceiving {
		return told(fault.Conflict("already_received", "the archive has come: undo the import"))
	}
	_, err := p.f.workouts.revoke(ctx, p.i.UserID, p.i.ID, nil)
	return told(err)
}

// NewLock keeps pieces of one archive from being written at once, by whatever
// instance.
func (r *resumable) NewLock(id string) (handler.Lock, error) {
	if _, err := ulid.ParseStrict(id); err != nil {
		return nil, handler.ErrNotFound
	}
	return lock{r.f.workouts, r.f.workouts.Key(id, "lock", id)}, nil
}

type lock struct {
	workouts workouts
	key      string
}

// Lock waits for the lock until ctx ends.
func (l lock) Lock(ctx context.Context, _ func()) error {
	for {
		got, err := l.workouts.Client().SetNX(ctx, l.key, "1", lockTTL).Result()
		switch {
		case ctx.Err() != nil:
			return handler.ErrFileLocked
		case err != nil:
			return told(store.Wrap(err))
		case got:
			return nil
		}
		select {
		case <-ctx.Done():
			return handler.ErrFileLocked
		case <-time.After(lockTick):
		}
	}
}

// Unlock gives the lock back.
func (l lock) Unlock() error {
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	return store.Wrap(l.workouts.Client().Del(ctx, l.key).Err())
}
