package stats_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/track"
)

// pass delivers what stats told itself about cohorts since, each twice.
func (r *rig) pass(from int) int {
	r.T.Helper()
	sent := functiontest.SentOf[events.StatsCohortChanged](r.Rig)
	for _, e := range sent[from:] {
		r.deliver(e)
		r.deliver(e)
	}
	return len(sent)
}

func (r *rig) compared(path string) (c api.Comparison) {
	r.T.Helper()
	r.get(anna, path, 200).JSON(r.T, &c)
	return c
}

func TestTimesAreComparedWithThoseOfPeopleAlike(t *testing.T) {
	t.Parallel()
	r := open(t)
	start := time.Date(2026, 5, 1, 7, 0, 0, 0, berlin)
	year := 1990
	r.deliver(events.AthleteSettingsChanged{UserID: anna, Version: 1, Entries: []events.AthleteSettings{{ValidFrom: "2000-01-01", BirthYear: &year, Sex: "female"}}})
	r.upload("01A", workout("01A", start, events.Everyone), run(start, 400)) // 3 m/s, 333 s a kilometre
	told := r.pass(0)
	if told != 1 {
		t.Fatalf("told %d times", told)
	}
	first := functiontest.SentOf[events.StatsCohortChanged](r.Rig)[0]
	const cohort = "running|1000|30-39|female|2026-05"
	mine := first.Buckets[cohort]
	if mine == 0 {
		t.Fatalf("buckets %v", first.Buckets)
	}
	other := func(i int, bucket int, version int64) {
		id := fmt.Sprintf("01P%02d", i)
		r.Know(id)
		r.deliver(events.StatsCohortChanged{UserID: id, Sport: "running", Month: "2026-05", Version: version, Token: "token of " + id, Buckets: map[string]int{cohort: bucket}})
	}
	at := func(c api.Comparison) *api.CohortComparison {
		for i := range c.Items {
			if c.Items[i].DistanceM == 1000 {
				return &c.Items[i]
			}
		}
		t.Fatalf("no kilometre in %+v", c)
		return nil
	}
	for i := range 18 { // 12 slower, 6 faster
		other(i, mine+20-60*(i/12), 1)
	}
	if c := at(r.compared("/v1/stats/comparison?month=2026-05")); c.People != nil || c.FasterThanPct != nil || c.MedianS != nil {
		t.Errorf("19 people are told of: %+v", c)
	}
	other(18, mine+20, 1)
	for _, path := range []string{"/v1/stats/comparison?sport=running&month=2026-05", "/v1/workouts/01A/comparison"} {
		if c := at(r.compared(path)); c.People == nil || *c.People != 20 || *c.FasterThanPct != 67.5 || *c.MedianS <= c.ElapsedTimeS {
			t.Errorf("%s: %+v", path, c)
		}
	}
	// An older event changes nothing, a newer one moves a person, who is still one.
	other(3, mine-40, 2)
	other(3, mine+20, 1)
	if c := at(r.compared("/v1/stats/comparison")); *c.People != 20 || *c.FasterThanPct != 62.5 {
		t.Errorf("after one was faster: %d people, %v %%", *c.People, *c.FasterThanPct)
	}
	// A faster workout takes the place of the slower one.
	r.upload("01B", workout("01B", start.AddDate(0, 0, 1), events.Private), at3(start.AddDate(0, 0, 1)))
	told = r.pass(told)
	if c := at(r.compared("/v1/stats/comparison")); *c.People != 20 || math.Abs(c.ElapsedTimeS-1000/3.5) > 2 {
		t.Errorf("after a faster one: %+v", c)
	}
	// Who takes the own times out is neither told nor counted; and comes back.
	share := func(yes bool) {
		if a := r.Call(functiontest.Person{ID: anna}, "PUT", "/v1/stats/comparison", api.ComparisonChoice{Share: yes}); a.Status != 204 {
			t.Fatalf("share %v: %d %s", yes, a.Status, a.Body)
		}
		told = r.pass(told)
	}
	share(false)
	if c := r.compared("/v1/stats/comparison"); c.Share || len(c.Items) != 0 {
		t.Errorf("without sharing: %+v", c)
	}
	other(19, mine, 1) // the 20th of those who are left
	other(19, 0, 2)
	r.upload("01C", workout("01C", start.AddDate(0, 0, 2), events.Private), run(start.AddDate(0, 0, 2), 300))
	if n := r.pass(told); n != told {
		t.Error("a workout was shared in spite of the choice")
	}
	share(true)
	if c := at(r.compared("/v1/stats/comparison")); c.People == nil || *c.People != 20 {
		t.Errorf("back again: %+v", c)
	}
	r.get(ben, "/v1/workouts/01A/comparison", 404)
	r.get(anna, "/v1/stats/comparison?month=May", 422)
}

// at3 is a run at 3.5 m/s.
func at3(start time.Time) *track.Track { return at(start, 400, 3.5) }
