package upload

import (
	"io"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestTheStoreOfAPersonIsFull(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	large := func(n int) []byte { // about 600 kB, by a comment
		return append(aRun(), "<!--"+strings.Repeat("x", 600_000+n)+"-->"...)
	}
	first := taken(t, r.Rig, who, aFile("a.gpx", large(1)))
	before := r.state(t)
	if a := post(r.Rig, who, aFile("b.gpx", large(2))); a.Status != 413 || a.Code() != "quota_exceeded" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	if r.state(t) != before {
		t.Error("a refusal stored something")
	}
	taken(t, r.Rig, who, aFile("a.gpx", large(1)))      // what is there
	taken(t, r.Rig, person(), aFile("b.gpx", large(2))) // another person's
	if a := r.Call(who, "DELETE", "/v1/workouts/"+first.Workouts[0].ID, nil); a.Status != 204 {
		t.Fatal(a.Status)
	}
	taken(t, r.Rig, who, aFile("b.gpx", large(2)))
}

func TestWhatIsTooMuchAtOnceComesLater(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	// Bodies that announce 33 MiB each and do not come.
	var writers []*io.PipeWriter
	var wg sync.WaitGroup
	for range 2 {
		body, w := io.Pipe()
		writers = append(writers, w)
		wg.Go(func() { r.Call(who, "POST", "/v1/workouts", body, "Content-Type", "multipart/form-data; boundary=b") })
		if _, err := io.WriteString(w, "--b\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	refused := func() bool {
		body, contentType := aForm(aFile("a.gpx", make([]byte, 31<<20)))
		a := r.Call(who, "POST", "/v1/workouts", body, "Content-Type", contentType)
		return a.Status == 503 && a.Header.Get("Retry-After") != ""
	}
	for deadline := time.Now().Add(10 * time.Second); !refused(); {
		if time.Now().After(deadline) {
			t.Fatal("a third large body is let in")
		}
	}
	taken(t, r.Rig, who, aFile("small.gpx", aRun()))
	for _, w := range writers {
		_ = w.Close() // it never fails
	}
	wg.Wait()
}
