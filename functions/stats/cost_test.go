package stats_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/store"
)

// commands is how many commands Redis has taken.
func (r *rig) commands() int {
	r.T.Helper()
	client, err := store.Dial(r.Redis, store.TLS{})
	if err != nil {
		r.T.Fatal(err)
	}
	defer client.Close()
	info, err := client.Info(r.T.Context(), "stats").Result()
	if err != nil {
		r.T.Fatal(err)
	}
	_, after, _ := strings.Cut(info, "total_commands_processed:")
	n, err := strconv.Atoi(strings.TrimSpace(strings.SplitN(after, "\n", 2)[0]))
	if err != nil {
		r.T.Fatal(err)
	}
	return n
}

// What is read over time, and what a workout costs, does not depend on how much
// history there is. Not in parallel: other tests share the server whose commands
// are counted.
func TestNoCostGrowsWithTheHistory(t *testing.T) {
	r := open(t)
	now := functiontest.Start
	add := func(i int) {
		start := now.AddDate(0, 0, -400-3*i)
		id := fmt.Sprintf("01H%03d", i)
		r.upload(id, workout(id, start, events.Private), at(start, 300, 3))
	}
	add(0)
	m := &mill{rig: r}
	s := m.makes(anna, "01H000", map[string]any{"from_m": 100, "to_m": 600}) // all of them pass it
	costs := func(i int) map[string]int {
		out := map[string]int{}
		measure := func(what string, do func()) {
			before := r.commands()
			do()
			out[what] = r.commands() - before
		}
		for _, path := range []string{
			"/v1/stats/records", "/v1/stats/eddington", "/v1/stats/streaks", "/v1/stats/load", "/v1/stats/pace-curve",
			"/v1/stats/summary?by=week&from=2026-01-01&to=2026-12-31", "/v1/goals",
			"/v1/segments/" + s.ID + "/efforts?limit=3", "/v1/segments/" + s.ID + "/leaderboard",
		} {
			measure(path, func() { r.get(anna, path, 200) })
		}
		measure("a workout", func() { add(i) })
		return out
	}
	for i := 1; i < 5; i++ {
		add(i)
	}
	few := costs(5)
	for i := 6; i < 60; i++ {
		add(i)
	}
	for what, n := range costs(60) {
		if n > few[what] {
			t.Errorf("%s: %d commands with 60 workouts, %d with 5", what, n, few[what])
		}
	}
}

// Functions run beside each other: what comes at once is counted once.
func TestWorkoutsThatComeAtOnce(t *testing.T) {
	t.Parallel()
	r := open(t)
	day := time.Date(2026, 4, 1, 7, 0, 0, 0, berlin)
	var all sync.WaitGroup
	for i := range 8 {
		start := day.AddDate(0, 0, i)
		w, id := workout(fmt.Sprintf("01P%d", i), start, events.Private), fmt.Sprintf("01P%d", i)
		key := r.store(id, at(start, 400, 3+float64(i)/10))
		all.Go(func() {
			for range 50 { // as the broker does
				if status := r.Deliver(events.WorkoutUploaded{Workout: w, UploadID: "01UP", TrackKey: key}); status/100 == 2 {
					return
				}
			}
			t.Errorf("%s was never taken", id)
		})
	}
	all.Wait()
	rec := r.records("")["running distance1000"]
	if rec.Best.WorkoutID != "01P7" || len(rec.History) != 7 {
		t.Errorf("record %+v", rec)
	}
	var s api.Streaks
	r.get(anna, "/v1/stats/streaks", 200).JSON(t, &s)
	if s.ActiveDays != 8 || s.LongestDays.Length != 8 {
		t.Errorf("streaks %+v", s)
	}
	if sums := r.summary("by=year"); !strings.HasPrefix(sums, "2026-01-01–2027-01-01 8 ") {
		t.Errorf("sums %q", sums)
	}
}
