package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"paceline/functions/stats/figures"
)

func TestSketchKnowsItsQuantiles(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	s := Sketch{}
	var all []float64
	for range 5000 {
		v := 900 * math.Exp(random.NormFloat64()/4)
		all = append(all, v)
		s[bucketOf(v)]++
	}
	slices.Sort(all)
	for _, q := range []float64{0, 0.01, 0.25, 0.5, 0.9, 0.99, 1} {
		want := all[int(q*float64(len(all)-1))]
		if got, ok := s.quantile(q); !ok || math.Abs(got/want-1) > sketchError*1.01 {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if got, _ := s.fasterThan(all[1000]); math.Abs(got-80) > 1 {
		t.Errorf("the 1000th of 5000 is faster than %v %%", got)
	}
	for _, v := range all[19:] { // as they withdraw
		s[bucketOf(v)]--
	}
	if n := s.people(); n != 19 {
		t.Errorf("%d people are left", n)
	}
	if _, ok := s.fasterThan(900); ok {
		t.Error("19 people are told of")
	}
	if _, ok := s.quantile(0.5); ok {
		t.Error("the median of 19 people is told")
	}
}

func TestCohorts(t *testing.T) {
	t.Parallel()
	age := func(v float64) *float64 { return &v }
	for _, c := range []struct {
		a    figures.Athlete
		want string
	}{
		{figures.Athlete{AgeYears: age(30), Sex: figures.Female}, "running|21097.5|30-39|female|2026-05"},
		{figures.Athlete{AgeYears: age(39), Sex: figures.Male}, "running|21097.5|30-39|male|2026-05"},
		{figures.Athlete{AgeYears: age(9), Sex: figures.Male}, ""},
		{figures.Athlete{AgeYears: age(40)}, ""},
		{figures.Athlete{Sex: figures.Male}, ""},
	} {
		if got := cohortName("running", "2026-05", 21_097.5, c.a); got != c.want {
			t.Errorf("%+v: %q, want %q", c.a, got, c.want)
		}
	}
	at := time.Date(2026, 5, 1, 7, 0, 0, 0, time.UTC)
	l := Ladders{"distance/5000": {{1300, "01A", at, 0}, {1250, "01B", at, 0}}, "power/300": {{280, "01A", at, 0}}}
	got := shares("running", "2026-05", l, figures.Athlete{AgeYears: age(30), Sex: figures.Female})
	if len(got) != 1 || got["running|5000|30-39|female|2026-05"] != bucketOf(1250) {
		t.Errorf("shares %v", got)
	}
}
