package upload

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"paceline/shared/api"
	"paceline/shared/track"
)

func TestDefaultName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		hour        int
		sport, want string
	}{
		{0, "running", "Night run"}, {4, "running", "Night run"}, {5, "cycling", "Morning ride"}, {10, "swimming", "Morning swim"},
		{11, "walking", "Lunchtime walk"}, {14, "hiking", "Afternoon hike"}, {18, "rowing", "Evening row"}, {22, "generic", "Night workout"},
		{7, "cross_country_skiing", "Morning cross country skiing"}, {7, "", "Morning workout"},
	} {
		if got := DefaultName(time.Date(2026, 5, 1, test.hour, 59, 0, 0, time.UTC), test.sport); got != test.want {
			t.Errorf("%d h, %s: %q, want %q", test.hour, test.sport, got, test.want)
		}
	}
}

func TestFileNamesAreDataOnly(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"run.fit":                      "run.fit",
		"../../etc/passwd":             "passwd",
		`C:\Users\me\run.fit`:          "run.fit",
		"a\r\nSet-Cookie: x=1.gpx":     "a Set-Cookie x=1.gpx",
		"nul\x00byte.fit":              "nul byte.fit",
		"evil\u202Etig.exe":            "eviltig.exe",
		`a"b<c>.gpx`:                   "abc.gpx",
		"...":                          "",
		"":                             "",
		"\xff.fit":                     "\uFFFD.fit",
		"Mu\u0308ggelsee.gpx":          "Müggelsee.gpx",
		strings.Repeat("ü", 500) + "x": strings.Repeat("ü", maxFileName),
	} {
		if got := fileName(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	for _, test := range [][4]string{
		{"run.fit", "ID", ".fit", "run.fit"}, {"", "ID", ".fit.gz", "ID.fit.gz"},
		{"run.html", "ID", ".gpx", "run.html.gpx"}, {"RUN.FIT", "ID", ".fit", "RUN.FIT"},
	} {
		if got := attachment(test[0], test[1], test[2]); got != test[3] {
			t.Errorf("%v: %q", test, got)
		}
	}
}

func TestScrubKeepsWhatCanBeShown(t *testing.T) {
	t.Parallel()
	if got := scrub(" a\x00b\n\tc  d ", 100, false); got != "a b c d" {
		t.Errorf("line: %q", got)
	}
	if got := scrub("a\r\nb\x07\tc\n", 100, true); got != "a\nb \tc" {
		t.Errorf("text: %q", got)
	}
}

// A workout's state does not depend on the order in which events come.
func TestStateDoesNotDependOnOrder(t *testing.T) {
	t.Parallel()
	steps := []func(*Record) bool{
		(*Record).Processed, (*Record).Processed,
		func(r *Record) bool { return r.Failed(Failure{"a", "a"}) },
		func(r *Record) bool { return r.Failed(Failure{"b", "b"}) },
	}
	for range 50 {
		r := Record{State: api.WorkoutStateProcessing}
		for _, i := range rand.Perm(len(steps)) {
			steps[i](&r)
		}
		if r.State != api.WorkoutStateReady || r.Fault != nil {
			t.Fatalf("%+v", r)
		}
	}
}

func TestAPlanComesOutTheSameAgain(t *testing.T) {
	t.Parallel()
	sessions := []Session{
		{Track: &track.Track{Format: "fit", Sport: "running", SubSport: "trail", StartedAt: morning, Warnings: []string{"truncated"}}, Started: morning},
		{Track: &track.Track{Format: "fit", Sport: "Bad Sport", StartedAt: time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)}, Started: morning},
	}
	s := Submission{UserID: "u", Original: []byte("x"), Content: []byte("x"), Extension: ".fit"}
	none := make([]string, len(sessions)) // is alike another
	one, two := NewPlan(s, sessions, Known{}, none, morning), NewPlan(s, sessions, Known{}, none, morning.Add(time.Hour))
	if one.Next.Upload.ID != two.Next.Upload.ID || strings.Join(one.Keys(), " ") != strings.Join(two.Keys(), " ") {
		t.Errorf("%v\n%v", one.Keys(), two.Keys())
	}
	if len(one.Fresh) != 2 || one.Fresh[0].Record.WorkoutID == one.Fresh[1].Record.WorkoutID || !one.Next.Complete() {
		t.Fatalf("%+v", one)
	}
	if r := one.Fresh[0].Record; r.SubSport != "trail" || r.Visibility != "followers" {
		t.Errorf("%+v", r)
	}
	if r := one.Fresh[1].Record; r.Sport != "generic" || !strings.HasPrefix(r.WorkoutID, "0000000000") {
		t.Errorf("%+v", r)
	}
	s.UserID = "v"
	if other := NewPlan(s, sessions, Known{}, none, morning); other.Next.Upload.ID == one.Next.Upload.ID || other.Fresh[0].Record.WorkoutID == one.Fresh[0].Record.WorkoutID {
		t.Error("two people have the same ids")
	}
	known := one.Next
	known.Delete(one.Fresh[0].Record)
	s.UserID = "u"
	again := NewPlan(s, sessions, known, none, morning)
	if len(again.Fresh) != 1 || again.Fresh[0].Record.WorkoutID == one.Fresh[0].Record.WorkoutID || again.NewOriginal() {
		t.Errorf("after deleting one: %+v", again.Fresh)
	}
}
