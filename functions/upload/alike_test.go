package upload

import (
	"sync"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/gpx"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/functions/upload/tcx/tcxtest"
	"paceline/shared/function/functiontest"
	"paceline/shared/track"
)

// recorded is a run of ten minutes as GPX, its points changed by change.
func recorded(t *testing.T, kind string, change func(i int, p *gpxtest.Point)) *track.Track {
	t.Helper()
	points := gpxtest.Points(morning, 600)
	for i := range points {
		if change != nil {
			change(i, &points[i])
		}
	}
	got, err := gpx.Decode(gpxtest.File(gpxtest.Track{Type: kind, Segments: [][]gpxtest.Point{points}}), track.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return got[0]
}

func TestAlike(t *testing.T) {
	t.Parallel()
	later := func(d time.Duration) func(int, *gpxtest.Point) {
		return func(_ int, p *gpxtest.Point) { p.Time = p.Time.Add(d) }
	}
	first, ok := seenOf(recorded(t, "running", nil))
	if !ok || len(first.Path) != pathPlaces {
		t.Fatalf("seen %+v", first)
	}
	for name, c := range map[string]struct {
		kind   string
		change func(int, *gpxtest.Point)
		same   bool
	}{
		"as it is":               {"running", nil, true},
		"of unknown sport":       {"", nil, true},
		"a clock of 5 s later":   {"running", later(5 * time.Second), true},
		"a receiver 30 m beside": {"running", func(_ int, p *gpxtest.Point) { p.Lng += 0.0004 }, true},
		"every fifth second": {"running", func(i int, p *gpxtest.Point) {
			p.Time = morning.Add(time.Duration(i/5*5) * time.Second)
			p.Lat = 47.5 + float64(i/5*5)*3/111_195
		}, true},
		"another sport":                 {"cycling", nil, false},
		"five minutes later":            {"running", later(5 * time.Minute), false},
		"the next day":                  {"running", later(24 * time.Hour), false},
		"on the other side of the lake": {"running", func(_ int, p *gpxtest.Point) { p.Lng += 0.1 }, false},
		"a friend who turns round":      {"running", func(i int, p *gpxtest.Point) { p.Lat = 47.5 + float64(max(0, 300-i))*6/111_195 }, false},
		"a part of it":                  {"running", func(i int, p *gpxtest.Point) { p.Time = morning.Add(time.Duration(i/2) * time.Second) }, false},
	} {
		now := recorded(t, c.kind, c.change)
		seen, _ := seenOf(now)
		if got := first.same(seen, now); got != c.same {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Without positions the way is its length, and without one the moments count.
func TestAlikeWithoutPositions(t *testing.T) {
	t.Parallel()
	indoors := func(start time.Time, seconds, metres float64) *track.Track {
		tr := &track.Track{Format: "fit", Sport: "rowing", StartedAt: start, Session: track.Totals{ElapsedS: &seconds}}
		if metres > 0 {
			tr.Session.DistanceM = &metres
		}
		return tr
	}
	for name, c := range map[string]struct {
		a, b *track.Track
		same bool
	}{
		"two devices":     {indoors(morning, 1800, 5000), indoors(morning.Add(time.Minute), 1790, 5100), true},
		"another length":  {indoors(morning, 1800, 5000), indoors(morning, 1800, 5500), false},
		"another start":   {indoors(morning, 1800, 5000), indoors(morning.Add(3*time.Minute), 1800, 5000), false},
		"two formats":     {indoors(morning, 1800, 0), indoors(morning, 1801, 0), true},
		"two heart rates": {indoors(morning, 1800, 0), indoors(morning.Add(10*time.Second), 1800, 0), false},
	} {
		a, _ := seenOf(c.a)
		b, _ := seenOf(c.b)
		if got := a.same(b, c.b); got != c.same {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTheSameWorkoutInAnotherFormat(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	first := taken(t, r.Rig, who, aFile("a.gpx", gpxtest.Run(morning, 300)))
	before, told := r.state(t), r.told()
	again := taken(t, r.Rig, who, aFile("a.tcx", tcxtest.Run(morning, 300)))
	if ids(again) != ids(first) || !again.Workouts[0].Duplicate || again.UploadID != first.UploadID {
		t.Errorf("again %+v", again)
	}
	if r.state(t) != before || r.told() != told {
		t.Error("a duplicate stored or sent something")
	}
	if other := taken(t, r.Rig, person(), aFile("a.tcx", tcxtest.Run(morning, 300))); other.Workouts[0].Duplicate {
		t.Errorf("another person's: %+v", other)
	}
	both := taken(t, r.Rig, who, aFile("a.tcx", tcxtest.Run(morning, 300)), part{field: "keep_duplicate", value: "true"})
	if both.Workouts[0].Duplicate || ids(both) == ids(first) {
		t.Errorf("both: %+v", both)
	}
	for _, id := range []string{ids(first), ids(both)} {
		if a := r.Call(who, "DELETE", "/v1/workouts/"+id, nil); a.Status != 204 {
			t.Fatalf("delete: %d", a.Status)
		}
	}
	if later := taken(t, r.Rig, who, aFile("a.tcx", tcxtest.Run(morning, 300))); later.Workouts[0].Duplicate {
		t.Errorf("after the delete: %+v", later)
	}
}

func TestTwoFormatsAtOnceAreOneWorkout(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	var wg sync.WaitGroup
	for i := range 2 { // as many as are decoded at once
		wg.Go(func() {
			content := gpxtest.Run(morning, 300)
			if i%2 == 1 {
				content = tcxtest.Run(morning, 300)
			}
			taken(t, r.Rig, who, aFile("a", content))
		})
	}
	wg.Wait()
	if sent := functiontest.SentOf[events.WorkoutUploaded](r.Rig); len(sent) != 1 || len(r.objects(t)) != 2 {
		t.Errorf("%d workouts, objects %v", len(sent), r.objects(t))
	}
}

// A file of several workouts brings those that are not there.
func TestAFileOfWhichOneIsThere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	first := taken(t, r.Rig, who, aFile("a.fit", fittest.Triathlon(morning)))
	one := first.Workouts[1].ID
	for i, w := range first.Workouts {
		if i != 1 {
			r.Call(who, "DELETE", "/v1/workouts/"+w.ID, nil)
		}
	}
	other := fittest.Triathlon(morning.Add(2 * time.Second)) // other bytes
	again := taken(t, r.Rig, who, aFile("b.fit", other))
	if len(again.Workouts) != len(first.Workouts) {
		t.Fatalf("again %+v", again)
	}
	for _, w := range again.Workouts {
		if w.Duplicate != (w.ID == one) {
			t.Errorf("%+v", w)
		}
	}
	if third := taken(t, r.Rig, who, aFile("b.fit", other)); ids(third) != ids(again) || !third.Workouts[0].Duplicate {
		t.Errorf("third %+v", third)
	}
}
