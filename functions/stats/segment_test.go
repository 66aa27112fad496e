package stats

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"paceline/functions/stats/figures"
)

func TestAPolylineIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, line := range [][]int32{nil, {3850000, -12020000, 4070000, -12095000, 4325200, -12645300}, {-8999999, 17999999, 8999999, -17999999, 0, 0}} {
		if got := unpolyline(polyline(line)); !slices.Equal(got, line) {
			t.Errorf("%v became %v", line, got)
		}
	}
}

func TestClassesOfPeople(t *testing.T) {
	t.Parallel()
	of := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		a    figures.Athlete
		want string
	}{
		{figures.Athlete{AgeYears: of(30), Sex: figures.Female, WeightKG: of(59.9)}, "female|30-39|50-59"},
		{figures.Athlete{AgeYears: of(9)}, "||"},
		{figures.Athlete{AgeYears: of(10), WeightKG: of(29)}, "|10-19|"},
		{figures.Athlete{AgeYears: of(250), WeightKG: of(500), Sex: figures.Male}, "male||"},
	} {
		if got := classOf(c.a).String(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.a, got, c.want)
		}
	}
	for text, want := range map[string]bool{"30-39": true, "100-109": true, "30-40": false, "3-9": false, "030-039": false, "x": false, "": false, "NaN-1": false} {
		if isBand(text) != want {
			t.Errorf("%q is a band: %v", text, !want)
		}
	}
	if n := len((Class{"male", "30-39", "70-79"}).wider()); n != 8 {
		t.Errorf("%d wider classes", n)
	}
	if n := len((Class{Sex: "male"}).wider()); n != 2 {
		t.Errorf("%d wider classes of who says the sex alone", n)
	}
}

// A board shows the best, whatever comes and goes in whatever order, and its name
// tells nothing.
func TestStandingsFollowPasses(t *testing.T) {
	t.Parallel()
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 7, 0, 0, 0, time.UTC) }
	s, now := Segment{Seed: []byte("a")}, day(2026, 6, 1)
	young, old := Class{"female", "20-29", ""}, Class{"female", "30-39", ""}
	var st Standing
	years := map[string][]Pass{}
	put := func(id string, at time.Time, c Class, shown bool, seconds ...float64) {
		var of []Passage
		for i, v := range seconds {
			of = append(of, Passage{StartS: float64(i) * 1000, ElapsedS: v})
		}
		y := at.Format("2006")
		years[y] = repass(years[y], id, &Placed{At: at, Class: c, Shown: shown}, of)
		st.mark(y, years[y])
	}
	at := func(period string, c Class) string {
		m, is := Ranked{Marks: st.onBoards(s, now)}.on(s.board(period, c))
		if !is {
			return ""
		}
		return fmt.Sprint(m.WorkoutID, " ", m.ElapsedMS)
	}
	check := func(what string, want ...string) {
		t.Helper()
		got := []string{at(allTime, Class{}), at(allTime, young), at(allTime, old), at("2026", Class{}), at("2026-05", Class{}), at("2024-05", Class{})}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	put("A", day(2024, 5, 1), young, true, 400, 390, 410)
	check("laps", "A 390000", "A 390000", "", "", "", "")
	put("B", day(2026, 5, 2), old, true, 395)
	check("a year later", "A 390000", "A 390000", "B 395000", "B 395000", "B 395000", "")
	put("C", day(2026, 3, 3), old, false, 100)
	check("a private one", "A 390000", "A 390000", "B 395000", "B 395000", "B 395000", "")
	put("C", day(2026, 3, 3), old, true, 380)
	check("a better one", "C 380000", "A 390000", "C 380000", "C 380000", "B 395000", "")
	put("C", day(2026, 3, 3), old, true)
	put("A", day(2024, 5, 1), young, true)
	check("what is gone", "B 395000", "", "B 395000", "B 395000", "B 395000", "")
	if other := (Segment{Seed: []byte("b")}); other.board(allTime, Class{}) == s.board(allTime, Class{}) {
		t.Error("boards of two segments have one name")
	}
	if m := st.onBoards(s, now); len(m) != 1 || len(m[0].Boards) != 8 || len(m[0].Months) != 4 {
		t.Errorf("marks %+v", m)
	}
	if m := st.onBoards(s, now.AddDate(2, 0, 0)); len(m) != 1 || len(m[0].Months) != 0 {
		t.Errorf("marks two years later %+v", m)
	}
}

// What was found of segments that were not asked for stays, as long as it is the
// same track.
func TestAPassIsTakenOver(t *testing.T) {
	t.Parallel()
	r := Record{}
	r.Workout.Sport, r.Workout.Track = "running", "one"
	r.pass(map[string]bool{"A": true}, []Passage{{"A", 10, 100, true}})
	r.pass(map[string]bool{"B": true}, []Passage{{"B", 5, 50, false}})
	if got := fmt.Sprint(r.Passed.Passages); got != "[{B 5 50 false} {A 10 100 true}]" {
		t.Errorf("after two: %s", got)
	}
	r.pass(map[string]bool{"A": true, "B": true}, []Passage{{"A", 11, 99, false}})
	if got := fmt.Sprint(r.Passed.Passages); got != "[{A 11 99 true}]" {
		t.Errorf("after both anew: %s", got)
	}
	r.Workout.Track = "two"
	r.pass(map[string]bool{}, nil)
	if len(r.Passed.Passages) != 0 {
		t.Errorf("of another track: %v", r.Passed.Passages)
	}
}
