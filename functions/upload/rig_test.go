package upload

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
	"paceline/shared/objects"
	"paceline/shared/objects/dir"
)

var morning = time.Date(2026, 5, 1, 5, 12, 3, 0, time.UTC)

const testQuota = 1 << 20 // bytes

// rig is the function on a Redis and a folder of its own.
type rig struct {
	*functiontest.Rig
	store objects.Store // seen past the faults
	fault *faulty
	redis *redis.Client
}

func newRig(t *testing.T) rig {
	t.Helper()
	s, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return newRigOn(t, s)
}

// newRigOn is newRig on another object store.
func newRigOn(t *testing.T, s objects.Store) rig {
	t.Helper()
	f := &faulty{Store: s}
	r := functiontest.New(t, "upload", func(_ context.Context, e function.Env) (*function.Function, error) {
		return open(e, Config{Decoders: 2, Quota: testQuota}, f)
	}, nil)
	return rig{r, s, f, dial(t, r)}
}

func dial(t *testing.T, r *functiontest.Rig) *redis.Client {
	o, err := redis.ParseURL(r.Redis)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// faulty fails puts and deletes on demand.
type faulty struct {
	objects.Store
	puts       atomic.Int64 // how many puts there were
	failAfter  atomic.Int64 // the put of this number stores and its answer is lost; 0 for none
	failBefore atomic.Int64 // the put of this number stores nothing
	failDelete atomic.Bool
}

func (f *faulty) Put(ctx context.Context, key string, body io.Reader, o objects.Options) (objects.Info, error) {
	n := f.puts.Add(1)
	if n == f.failBefore.Load() {
		return objects.Info{}, objects.ErrUnavailable.Wrap("put", key, nil)
	}
	info, err := f.Store.Put(ctx, key, body, o)
	if n == f.failAfter.Load() {
		return objects.Info{}, objects.ErrUnavailable.Wrap("put", key, nil)
	}
	return info, err
}

func (f *faulty) Delete(ctx context.Context, key string) error {
	if f.failDelete.Load() {
		return objects.ErrUnavailable.Wrap("delete", key, nil)
	}
	return f.Store.Delete(ctx, key)
}

// state is a digest of everything in Redis, and the keys of all objects.
func (r rig) state(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	keys, err := r.redis.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	keys = slices.DeleteFunc(keys, func(k string) bool { // what the rig knows of people, and signals that went out
		return strings.HasPrefix(k, "keys:") || strings.HasSuffix(k, ":outbox")
	})
	slices.Sort(keys)
	h := sha256.New()
	for _, k := range keys {
		v, err := r.redis.Dump(ctx, k).Result()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(h, "%s %x\n", k, v)
	}
	return fmt.Sprintf("%d keys %s, objects %v", len(keys), hex.EncodeToString(h.Sum(nil)), r.objects(t))
}

// told is how many events there were but those of who did wrong.
func (r rig) told() int {
	return len(slices.DeleteFunc(r.Sent(), func(e events.Envelope) bool { return e.Type == events.TypeSecuritySignal }))
}

// opened is what an object of the user's holds.
func (r rig) opened(t *testing.T, user, key string) []byte {
	t.Helper()
	sealed, _, err := objects.ReadAll(t.Context(), r.store, key, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := r.Keys().OpenFileBytes(t.Context(), user, key, sealed)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func (r rig) objects(t *testing.T) []string { return list(t, r.store) }

func list(t *testing.T, s objects.Store) []string {
	t.Helper()
	entries, err := s.List(t.Context(), "", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, e := range entries {
		keys = append(keys, e.Key)
	}
	return keys
}

func person() functiontest.Person { return functiontest.Person{ID: ulid.Make().String()} }

// part is one field of a form.
type part struct{ field, fileName, value string }

func aFile(name string, content []byte) part { return part{"file", name, string(content)} }

func aForm(parts ...part) (body []byte, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		header := make(map[string][]string)
		disposition := fmt.Sprintf(`form-data; name="%s"`, p.field)
		if p.fileName != "" {
			disposition += fmt.Sprintf(`; filename="%s"`, p.fileName)
			header["Content-Type"] = []string{"image/png"} // it does not count
		}
		header["Content-Disposition"] = []string{disposition}
		pw, _ := w.CreatePart(header) // a buffer never fails
		_, _ = pw.Write([]byte(p.value))
	}
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

func post(r *functiontest.Rig, who functiontest.Person, parts ...part) functiontest.Answer {
	body, contentType := aForm(parts...)
	return r.Call(who, "POST", "/v1/workouts", body, "Content-Type", contentType)
}

// taken posts a form and expects it to be taken.
func taken(t testing.TB, r *functiontest.Rig, who functiontest.Person, parts ...part) api.UploadAccepted {
	t.Helper()
	return accepted(t, post(r, who, parts...))
}

func accepted(t testing.TB, a functiontest.Answer) (out api.UploadAccepted) {
	t.Helper()
	if a.Status != 202 {
		t.Fatalf("not taken: %d %s", a.Status, a.Body)
	}
	a.JSON(t, &out)
	if got, want := a.Header.Get("Location"), "/v1/uploads/"+out.UploadID; got != want {
		t.Errorf("Location %q, want %q", got, want)
	}
	return out
}

// patched is the workout, read by an edit that changes nothing.
func patched(t *testing.T, r *functiontest.Rig, who functiontest.Person, id string) (out api.Workout) {
	t.Helper()
	a := r.Call(who, "PATCH", "/v1/workouts/"+id, map[string]any{"visibility": "followers"})
	if a.Status != 200 {
		t.Fatalf("patch: %d %s", a.Status, a.Body)
	}
	a.JSON(t, &out)
	return out
}

func gz(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(content) // a buffer never fails
	_ = w.Close()
	return b.Bytes()
}

func aRun() []byte  { return gpxtest.Run(morning, 60) }
func aRide() []byte { return fittest.Ride(morning, 60) }

func ids(a api.UploadAccepted) string {
	var out []string
	for _, w := range a.Workouts {
		out = append(out, w.ID)
	}
	return strings.Join(out, " ")
}
