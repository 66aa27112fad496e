package upload

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/upload/archive/archivetest"
	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
)

// aDay is the n-th day's run.
func aDay(n int) []byte { return gpxtest.Run(morning.AddDate(0, 0, n), 60) }

// account is an archive with one of everything.
func account() []byte {
	inner := archivetest.Files(map[string][]byte{"deep.fit": fittest.Ride(morning.AddDate(0, 0, 5), 60), "deeper.zip": archivetest.Files(nil)})
	return archivetest.Of(
		archivetest.Entry{Name: "activities.csv", Content: []byte("Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Max Heart Rate,Relative Effort,Commute,Activity Private Note,Activity Gear,Filename\n" +
			"1,x,Round the lake,Run,\"two\nlines\",60,1,,,,,Red shoes,activities/1.gpx\n")},
		archivetest.Entry{Name: "activities/1.gpx", Content: aDay(0)},
		archivetest.Entry{Name: "activities/1 again.fit.gz", Content: gz(aDay(0))},
		archivetest.Entry{Name: "activities/2.fit", Content: fittest.Triathlon(morning.AddDate(0, 0, 2))},
		archivetest.Entry{Name: "activities/3.jpg", Content: []byte("a picture")},
		archivetest.Entry{Name: "activities/4.tcx", Content: []byte("<TrainingCenterDatabase>")},
		archivetest.Entry{Name: "activities/5.bin", Content: []byte("what is this")},
		archivetest.Entry{Name: "../6.gpx", Content: aDay(6)},
		archivetest.Entry{Name: "activities/7.gpx", Content: aDay(7), Change: func(h *zip.FileHeader) { h.Flags |= 1 }},
		archivetest.Entry{Name: "inner.zip", Content: inner},
	)
}

const accountSays = `activities.csv ignored not_a_workout
activities/1.gpx created 
activities/1 again.fit.gz duplicate 
activities/2.fit created 
activities/3.jpg ignored not_a_workout
activities/4.tcx failed xml_truncated
activities/5.bin ignored unsupported_format
../6.gpx failed zip_unsafe_name
activities/7.gpx failed zip_encrypted
inner.zip/deep.fit created 
inner.zip/deeper.zip failed zip_nested
`

func (r rig) imports(t *testing.T, who functiontest.Person, content []byte, fields ...part) api.Import {
	t.Helper()
	body, contentType := aForm(append(fields, aFile("export.zip", content))...)
	a := r.Call(who, "POST", "/v1/imports", body, "Content-Type", contentType)
	var out api.Import
	if a.Status != 202 {
		t.Fatalf("not taken: %d %s", a.Status, a.Body)
	}
	if a.JSON(t, &out); a.Header.Get("Location") != "/v1/imports/"+out.ID {
		t.Errorf("Location %q", a.Header.Get("Location"))
	}
	return out
}

func (r rig) imported(t *testing.T, who functiontest.Person, id string) (out api.Import) {
	t.Helper()
	a := r.Call(who, "GET", "/v1/imports/"+id+"?limit=100", nil)
	if a.Status != 200 {
		t.Fatalf("import: %d %s", a.Status, a.Body)
	}
	a.JSON(t, &out)
	return out
}

// own is the events that the function sends to itself.
var own = map[string]bool{
	events.TypeImportRequested: true, events.TypeImportFileFound: true, events.TypeImportFinished: true,
	events.TypeImportUndo: true, events.TypeWorkoutDeleted: true,
}

// pump delivers what the function sent to itself until there is nothing left, each
// event as often as times. From is how many events were delivered before.
func (r rig) pump(t *testing.T, from, times int, until func(e events.Envelope) bool) (at int) {
	t.Helper()
	for at = from; ; at++ {
		sent := r.Sent()
		if at >= len(sent) || until != nil && until(sent[at]) {
			return at
		}
		if !own[sent[at].Type] {
			continue
		}
		for range times {
			for try := 0; r.DeliverAsItIs(sent[at]) != 202; try++ {
				if try == 10 {
					t.Fatalf("%s is not taken", sent[at].Type)
				}
			}
		}
	}
}

func says(i api.Import) string {
	var b strings.Builder
	for _, f := range i.Items {
		fmt.Fprintf(&b, "%s %s %s\n", f.Name, f.Verdict, f.Code)
	}
	return b.String()
}

func TestImportingAnAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	i := r.imports(t, who, account(), part{field: "visibility", value: "private"})
	if i.State != api.ImportStateRunning || i.FileName != "export.zip" || i.SizeBytes != int64(len(account())) {
		t.Errorf("import %+v", i)
	}
	r.pump(t, 0, 1, nil)
	out := r.imported(t, who, i.ID)
	if got := says(out); got != accountSays {
		t.Errorf("got\n%swant\n%s", got, accountSays)
	}
	if out.State != api.ImportStateFinished || out.Files != 11 || out.Waiting != 0 || out.Created != 3 || out.Duplicates != 1 || out.Failed != 4 || out.Ignored != 3 {
		t.Errorf("totals %+v", out)
	}
	told := functiontest.SentOf[events.ImportFinished](r.Rig)
	if len(told) != 1 || told[0].Created != 3 || told[0].Files != 11 || told[0].FileName != "export.zip" {
		t.Errorf("told %+v", told)
	}
	if told := functiontest.SentOf[events.SecuritySignal](r.Rig); len(told) != 1 || told[0].Name != "upload_validation" || told[0].Code != "zip_unsafe_name" || told[0].ActorID != who.ID || told[0].TargetID != i.ID {
		t.Errorf("the watch was told %+v", told)
	}
	uploads := functiontest.SentOf[events.WorkoutUploaded](r.Rig)
	if len(uploads) == 0 || uploads[0].Name != "Round the lake" || uploads[0].Description != "two\nlines" || uploads[0].Source.Gear != "Red shoes" {
		t.Fatalf("the first %+v", uploads)
	}
	for _, u := range uploads {
		if u.ImportID != i.ID || u.Visibility != events.Private {
			t.Errorf("uploaded %+v", u.Workout)
		}
	}
	if slices.ContainsFunc(r.objects(t), func(key string) bool { return strings.HasPrefix(key, "import/") }) {
		t.Errorf("the archive is still there: %v", r.objects(t))
	}
}

// Whatever comes twice, and whenever the object store fails, every file is taken
// once and the answer is the same.
func TestAnImportGoesOn(t *testing.T) {
	t.Parallel()
	for n := range 12 {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			who := person()
			i := r.imports(t, who, account())
			puts := r.fault.puts.Load()
			r.fault.failBefore.Store(puts + int64(n))
			r.fault.failAfter.Store(puts + int64(n) + 3)
			r.pump(t, 0, 2, nil)
			if got := says(r.imported(t, who, i.ID)); got != accountSays {
				t.Errorf("got\n%swant\n%s", got, accountSays)
			}
			if told := functiontest.SentOf[events.ImportFinished](r.Rig); len(told) != 1 {
				t.Errorf("told %+v", told)
			}
		})
	}
}

// kept is the state without what an undo leaves on purpose: the import itself as
// one that was undone, counts of what was deleted, and marks of events.
func (r rig) kept(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	keys, err := r.redis.Keys(ctx, "upload:*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	var b strings.Builder
	for _, k := range keys {
		_, name, _ := strings.Cut(k, "}:")
		kind, _, _ := strings.Cut(name, ":")
		switch kind {
		case "import", "imports", "file", "deleted", "done", "outbox", "owned":
		case "used":
			if v := r.redis.Get(ctx, k).Val(); v != "0" {
				fmt.Fprintln(&b, k, v)
			}
		default:
			fmt.Fprintf(&b, "%s %x\n", k, r.redis.Dump(ctx, k).Val())
		}
	}
	return b.String() + strings.Join(r.objects(t), "\n")
}

func TestUndoingAnImport(t *testing.T) {
	t.Parallel()
	// cut is how many events of the import are delivered before the undo: -1 is all.
	for _, cut := range []int{-1, 0, 1, 3, 5} {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			who := person()
			before := taken(t, r.Rig, who, aFile("2.fit", fittest.Triathlon(morning.AddDate(0, 0, 2))))
			state := r.kept(t)
			i := r.imports(t, who, account())
			left := cut
			at := r.pump(t, 0, 1, func(e events.Envelope) bool {
				if own[e.Type] {
					left--
				}
				return left == -1 && cut >= 0
			})
			if cut < 0 {
				w := functiontest.SentOf[events.WorkoutUploaded](r.Rig)
				patched(t, r.Rig, who, w[len(w)-1].WorkoutID)
			}
			for range 2 {
				if a := r.Call(who, "DELETE", "/v1/imports/"+i.ID, nil); a.Status != 202 {
					t.Fatalf("undo: %d %s", a.Status, a.Body)
				}
			}
			r.pump(t, at, 2, nil)
			if out := r.imported(t, who, i.ID); out.State != api.ImportStateUndone || out.Files != 0 || len(out.Items) != 0 {
				t.Errorf("undone %+v", out)
			}
			if got := r.kept(t); got != state {
				t.Errorf("left\n%s\nwant\n%s", got, state)
			}
			if told := functiontest.SentOf[events.ImportUndone](r.Rig); len(told) != 1 {
				t.Errorf("told %+v", told)
			}
			if a := r.Call(who, "GET", "/v1/workouts/"+before.Workouts[0].ID+"/file", nil); a.Status != 200 {
				t.Errorf("what was there before: %d", a.Status)
			}
			// What was undone can come again.
			again := r.imports(t, who, account())
			r.pump(t, at, 1, nil)
			if out := r.imported(t, who, again.ID); out.Created != 2 || out.Duplicates != 2 {
				t.Errorf("again %+v", out)
			}
		})
	}
}

// aBomb is an archive that says it unpacks to far more than it has.
func aBomb() []byte {
	return archivetest.Of(archivetest.Entry{Name: "a.gpx", Content: []byte("abc"), Change: func(h *zip.FileHeader) { h.UncompressedSize64 = 8 << 20 }})
}

func TestArchivesThatAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	taken(t, r.Rig, who, aFile("a.gpx", aRun()))
	before, told := r.state(t), r.told()
	for name, c := range map[string]struct {
		parts  []part
		status int
		code   string
	}{
		"no archive":    {[]part{aFile("a.zip", aRun())}, 415, "unsupported_format"},
		"damaged":       {[]part{aFile("a.zip", account()[:2000])}, 422, "zip_corrupt"},
		"a bomb":        {[]part{aFile("a.zip", aBomb())}, 413, "zip_bomb"},
		"too much":      {[]part{aFile("a.zip", bytes.Repeat([]byte("PK\x03\x04"), testQuota/4))}, 413, "quota_exceeded"},
		"no file":       {[]part{{field: "visibility", value: "private"}}, 422, "missing_file"},
		"an empty file": {[]part{aFile("a.zip", nil)}, 422, "missing_file"},
		"two":           {[]part{aFile("a.zip", account()), aFile("a.zip", account())}, 422, "invalid_member"},
		"another field": {[]part{aFile("a.zip", account()), {field: "name", value: "x"}}, 422, "invalid_member"},
		"for whom":      {[]part{aFile("a.zip", account()), {field: "visibility", value: "all"}}, 422, "invalid_member"},
		"nothing":       {nil, 422, "missing_file"},
	} {
		body, contentType := aForm(c.parts...)
		if a := r.Call(who, "POST", "/v1/imports", body, "Content-Type", contentType); a.Status != c.status || a.Code() != c.code {
			t.Errorf("%s: %d %s, want %d %s", name, a.Status, a.Body, c.status, c.code)
		}
	}
	if a := r.Call(who, "POST", "/v1/imports", map[string]any{}); a.Status != 415 {
		t.Errorf("JSON: %d", a.Status)
	}
	body, contentType := aForm(aFile("a.zip", account()))
	if a := r.Call(who, "POST", "/v1/imports", body[:len(body)/2], "Content-Type", contentType); a.Status != 400 || a.Code() != "body_unreadable" {
		t.Errorf("half of it: %d %s", a.Status, a.Body)
	}
	for n := range 4 {
		r.fault.failBefore.Store(r.fault.puts.Load() + int64(n) + 1)
		r.Call(who, "POST", "/v1/imports", body[:len(body)/2], "Content-Type", contentType)
	}
	if got := r.state(t); got != before || r.told() != told {
		t.Errorf("something stays: %s, before %s", got, before)
	}
}

func TestImportsAreTheirOwners(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who, stranger := person(), person()
	i := r.imports(t, who, account())
	before := r.state(t)
	for _, c := range []struct{ method, path string }{{"GET", ""}, {"DELETE", ""}, {"GET", "/stream"}} {
		if a := r.Call(stranger, c.method, "/v1/imports/"+i.ID+c.path, nil); a.Status != 404 || a.Code() != "import_not_found" {
			t.Errorf("%s %s: %d %s", c.method, c.path, a.Status, a.Body)
		}
	}
	if r.state(t) != before {
		t.Error("a stranger changed something")
	}
	var all api.ImportList
	r.Call(stranger, "GET", "/v1/imports", nil).JSON(t, &all)
	if len(all.Items) != 0 {
		t.Errorf("the stranger's: %+v", all)
	}
	r.Advance(time.Minute)
	second := r.imports(t, who, account())
	r.Call(who, "GET", "/v1/imports?limit=1", nil).JSON(t, &all)
	if len(all.Items) != 1 || all.Items[0].ID != second.ID {
		t.Errorf("the newest: %+v", all)
	}
	r.Call(who, "GET", "/v1/imports?limit=1&cursor="+all.NextCursor, nil).JSON(t, &all)
	if len(all.Items) != 1 || all.Items[0].ID != i.ID {
		t.Errorf("the next: %+v", all)
	}
}

func TestPagesOfAnImport(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	i := r.imports(t, who, account())
	r.pump(t, 0, 1, nil)
	var got string
	for cursor, pages := "", 0; ; pages++ {
		var page api.Import
		r.Call(who, "GET", "/v1/imports/"+i.ID+"?limit=3&cursor="+cursor, nil).JSON(t, &page)
		got += says(page)
		if cursor = page.NextCursor; cursor == "" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if got != accountSays {
		t.Errorf("got\n%s", got)
	}
}

func TestTheStreamOfAnImport(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	i := r.imports(t, who, account())
	whole := make(chan functiontest.Answer)
	go func() { whole <- r.Call(who, "GET", "/v1/imports/"+i.ID+"/stream", nil) }()
	r.pump(t, 0, 1, nil)
	a := <-whole
	if a.Status != 200 || a.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("stream: %d %s", a.Status, a.Body)
	}
	for _, f := range r.imported(t, who, i.ID).Items {
		if n := bytes.Count(a.Body, []byte(`"name":"`+f.Name+`"`)); n != 1 {
			t.Errorf("%s is told of %d times", f.Name, n)
		}
	}
	if !bytes.Contains(a.Body, []byte("id: 11\n")) || !bytes.Contains(a.Body, []byte(`"state":"finished"`)) {
		t.Errorf("stream %s", a.Body)
	}
	a = r.Call(who, "GET", "/v1/imports/"+i.ID+"/stream", nil, "Last-Event-ID", "10")
	if n := bytes.Count(a.Body, []byte("event: file")); n != 1 {
		t.Errorf("after the tenth: %s", a.Body)
	}
	if a := r.Call(who, "GET", "/v1/imports/"+i.ID+"/stream", nil, "Last-Event-ID", "x"); a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong id: %d", a.Status)
	}
}

// An archive that stopped coming is gone a day later.
func TestWhatNeverCameWhole(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	before := r.state(t)
	r.fault.failDelete.Store(true)
	body, contentType := aForm(aFile("a.zip", account()[:2000]))
	if a := r.Call(who, "POST", "/v1/imports", body, "Content-Type", contentType); a.Status < 400 {
		t.Fatalf("taken: %d", a.Status)
	}
	r.fault.failDelete.Store(false)
	if len(r.objects(t)) == 0 {
		t.Fatal("nothing was left")
	}
	sweep := func() {
		if status := r.Deliver(events.Ping{Schedule: function.ScheduleSweep}); status != 202 {
			t.Errorf("sweep: %d", status)
		}
	}
	if sweep(); len(r.objects(t)) == 0 {
		t.Error("it is gone at once")
	}
	r.Advance(receivedWithin + time.Minute)
	if sweep(); r.state(t) != before {
		t.Errorf("still there: %s", r.state(t))
	}
}
