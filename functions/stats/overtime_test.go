package stats_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
	"paceline/shared/function/store"
	"paceline/shared/track"
)

// at is a run of so many seconds and metres a second.
func at(start time.Time, seconds int, mps float64) *track.Track {
	t := run(start, seconds)
	for i := range t.Samples.Lat {
		t.Samples.Lat[i] = 52 + float64(i)*mps/111_267
	}
	return t
}

func (r *rig) records(query string) map[string]api.Record {
	r.T.Helper()
	var list api.RecordList
	r.get(anna, "/v1/stats/records"+query, 200).JSON(r.T, &list)
	out := map[string]api.Record{}
	for _, rec := range list.Items {
		key := string(rec.Kind) + rec.Name
		if rec.Kind == api.PeakKindDistance {
			key += fmt.Sprint(*rec.Best.DistanceM)
		} else if rec.Best.ElapsedTimeS != nil {
			key += fmt.Sprint(*rec.Best.ElapsedTimeS)
		}
		out[rec.Sport+" "+key] = rec
	}
	return out
}

func TestRecordsHaveTheirHistory(t *testing.T) {
	t.Parallel()
	r := open(t)
	day := func(n int) time.Time { return time.Date(2026, 4, n, 7, 0, 0, 0, berlin) }
	r.upload("01A", workout("01A", day(1), events.Private), at(day(1), 600, 3))
	r.upload("01C", workout("01C", day(20), events.Private), at(day(20), 600, 3.5))
	r.upload("01B", workout("01B", day(10), events.Private), at(day(10), 600, 3.2)) // late, between the two
	r.upload("01D", workout("01D", day(25), events.Private), at(day(25), 600, 3.1)) // no record
	rec := r.records("?sport=running")["running distance1000"]
	if rec.Best.WorkoutID != "01C" || math.Abs(*rec.Best.ElapsedTimeS-1000/3.5) > 2 || len(rec.History) != 2 ||
		rec.History[0].WorkoutID != "01B" || rec.History[1].WorkoutID != "01A" {
		t.Errorf("record %+v", rec)
	}
	sent := functiontest.SentOf[events.RecordSet](r.Rig)
	if len(sent) != 2 || sent[0].WorkoutID != "01A" || sent[1].WorkoutID != "01C" {
		t.Fatalf("records told: %+v", sent)
	}
	for _, s := range sent[1].Records {
		if s.Previous == nil {
			t.Errorf("a second record without the one before: %+v", s)
		}
	}
	// The same again, as another event: nothing changes, nothing is told.
	r.upload("01C", workout("01C", day(20), events.Private), at(day(20), 600, 3.5))
	if again := functiontest.SentOf[events.RecordSet](r.Rig); len(again) != 2 {
		t.Errorf("a repeat told a record: %+v", again)
	}
	// A bicycle ridden as a run makes none.
	r.upload("01E", workout("01E", day(26), events.Private), at(day(26), 1200, 9))
	if rec := r.records("")["running distance1000"]; rec.Best.WorkoutID != "01C" {
		t.Errorf("a bicycle holds the record: %+v", rec.Best)
	}
	// Deleted, the record goes back to who held it; another sport takes its own along.
	r.deliver(events.WorkoutDeleted{WorkoutID: "01C", UserID: anna, Version: 2})
	if rec := r.records("")["running distance1000"]; rec.Best.WorkoutID != "01B" || len(rec.History) != 1 {
		t.Errorf("after the deletion: %+v", rec)
	}
	b := workout("01B", day(10), events.Private)
	b.Version, b.Sport = 2, "walking"
	r.deliver(events.WorkoutUpdated{Workout: b})
	all := r.records("")
	if rec := all["running distance1000"]; rec.Best.WorkoutID != "01D" || len(rec.History) != 1 {
		t.Errorf("after the change of sport: %+v", rec)
	}
	if rec := all["walking distance1000"]; rec.Best.WorkoutID != "01B" {
		t.Errorf("the walk: %+v", rec)
	}
}

// Whatever came in whatever order, and was changed or deleted on the way, what
// is kept over time is as if only what is left had come.
func TestAYearInReviewHasItsRecords(t *testing.T) {
	t.Parallel()
	r := open(t)
	for _, w := range []struct {
		id   string
		year int
		mps  float64
	}{{"01A", 2024, 3}, {"01B", 2025, 3.5}, {"01C", 2025, 4}, {"01D", 2025, 3.8}, {"01E", 2026, 5}} {
		start := time.Date(w.year, 5, 1, 7, 0, 0, 0, berlin)
		r.upload(w.id, workout(w.id, start, events.Private), at(start, 400, w.mps))
	}
	for year, want := range map[int]string{2024: "01A", 2025: "01C before 01B", 2026: "01E before 01C"} {
		var review api.YearInReview
		r.get(anna, fmt.Sprint("/v1/stats/review?year=", year), 200).JSON(t, &review)
		kinds := map[api.PeakKind]int{}
		for _, rec := range review.Records {
			kinds[rec.Kind]++
			got := rec.Best.WorkoutID
			if rec.Previous != nil {
				got += " before " + rec.Previous.WorkoutID
			}
			if rec.Kind == api.PeakKindDistance && *rec.Best.DistanceM == 400 && got != want {
				t.Errorf("%d: %s, want %s", year, got, want)
			}
		}
		if len(kinds) != 2 || kinds[api.PeakKindDistance] == 0 || kinds[api.PeakKindTotal] == 0 {
			t.Errorf("%d: records of %v", year, kinds)
		}
	}
	var none api.YearInReview
	if r.get(anna, "/v1/stats/review?year=2023", 200).JSON(t, &none); none.Records == nil || len(none.Records) != 0 {
		t.Errorf("a year without workouts has %+v", none.Records)
	}
}

func TestOverTimeFollowsFromWhatIsLeft(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 11))
	type piece struct {
		id    string
		start time.Time
		sport string
		track *track.Track
	}
	var left []piece
	var steps []func(*rig)
	for i := range 14 {
		p := piece{id: fmt.Sprintf("01W%02d", i), sport: "running"}
		p.start = time.Date(2025, time.Month(10+random.IntN(5)), 1+random.IntN(28), 7, 0, 0, 0, berlin)
		p.track = at(p.start, 500+random.IntN(400), 2+2*random.Float64())
		steps = append(steps, func(r *rig) { r.upload(p.id, workout(p.id, p.start, events.Private), p.track) })
		switch random.IntN(3) {
		case 0: // deleted, before or after it was seen
			steps = append(steps, func(r *rig) { r.deliver(events.WorkoutDeleted{WorkoutID: p.id, UserID: anna, Version: 3}) })
		case 1: // another sport
			p.sport = "walking"
			w := workout(p.id, p.start, events.Private)
			w.Version, w.Sport = 2, p.sport
			steps = append(steps, func(r *rig) { r.deliver(events.WorkoutUpdated{Workout: w}) })
			left = append(left, p)
		default:
			left = append(left, p)
		}
	}
	steps = append(steps, steps[:5]...) // some come twice
	random.Shuffle(len(steps), func(i, j int) { steps[i], steps[j] = steps[j], steps[i] })
	long, short := open(t), open(t)
	for _, step := range steps {
		step(long)
	}
	for _, p := range left {
		w := workout(p.id, p.start, events.Private)
		w.Sport = p.sport
		short.upload(p.id, w, p.track)
	}
	for _, path := range []string{
		"/v1/stats/records", "/v1/stats/eddington", "/v1/stats/streaks", "/v1/stats/load?from=2025-10-01&to=2026-03-01",
		"/v1/stats/summary?by=day", "/v1/stats/pace-curve?season=2025", "/v1/stats/pace-curve?sport=walking&season=2026",
	} {
		if got, want := long.get(anna, path, 200), short.get(anna, path, 200); string(got.Body) != string(want.Body) {
			t.Errorf("%s:\n%s\nwant\n%s", path, got.Body, want.Body)
		}
	}
}

func TestCurvesOfThreeRanges(t *testing.T) {
	t.Parallel()
	r := open(t)
	now := functiontest.Start
	ride := func(id string, start time.Time, watts float32) {
		tr := run(start, 900)
		tr.Sport = "cycling"
		for range tr.Samples.TimeMS {
			tr.Samples.PowerW = append(tr.Samples.PowerW, watts)
		}
		w := workout(id, start, events.Private)
		w.Sport = "cycling"
		r.upload(id, w, tr)
	}
	ride("01OLD", now.AddDate(-2, 0, 0), 300)
	ride("01NEW", now.AddDate(0, 0, -10), 250)
	var c api.Curve
	r.get(anna, fmt.Sprintf("/v1/stats/power-curve?season=%d", now.AddDate(-2, 0, 0).Year()), 200).JSON(t, &c)
	at300 := func(points []api.CurvePoint) string {
		for _, p := range points {
			if *p.ElapsedTimeS == 300 {
				return fmt.Sprint(*p.PowerW, " ", p.WorkoutID)
			}
		}
		return ""
	}
	if a, s, n := at300(c.AllTime), at300(c.Season), at300(c.Recent); a != "300 01OLD" || s != "300 01OLD" || n != "250 01NEW" {
		t.Errorf("all time %q, season %q, recent %q", a, s, n)
	}
	for _, bad := range []string{"power-curve?season=last", "pace-curve?time_zone=Mars/Olympus", "load?convention=mine", "load?from=2026-05-01T00:00:00Z", "load?from=2000-01-01&to=2026-01-01"} {
		r.get(anna, "/v1/stats/"+bad, 422)
	}
}

func TestStreaksAndEddingtonAndLoad(t *testing.T) {
	t.Parallel()
	r := open(t)
	today := functiontest.Start
	r.deliver(events.AthleteSettingsChanged{UserID: anna, Version: 1, Entries: []events.AthleteSettings{
		{ValidFrom: "2000-01-01", MaxHeartRateBPM: number(190), RestingHeartRateBPM: number(50), ThresholdHeartRateBPM: number(150)},
	}})
	for i, back := range []int{0, 1, 2, 20, 21, 22, 23} {
		start := time.Date(today.Year(), today.Month(), today.Day()-back, 6, 0, 0, 0, time.UTC)
		id := fmt.Sprintf("01S%d", i)
		r.upload(id, workout(id, start, events.Private), run(start, 1000)) // 3 km
	}
	var s api.Streaks
	r.get(anna, "/v1/stats/streaks", 200).JSON(t, &s)
	if s.ActiveDays != 7 || s.CurrentDays.Length != 3 || s.LongestDays.Length != 4 || s.CurrentDays.End != today.Format(time.DateOnly) {
		t.Errorf("streaks %+v", s)
	}
	var e api.EddingtonList
	r.get(anna, "/v1/stats/eddington?sport=running", 200).JSON(t, &e)
	if len(e.Items) != 2 || e.Items[0].Number != 3 && e.Items[0].Number != 2 {
		t.Errorf("Eddington %+v", e)
	}
	var load api.Load
	r.get(anna, "/v1/stats/load", 200).JSON(t, &load)
	last := load.Days[len(load.Days)-1]
	if len(load.Days) != 90 || last.Date != today.Format(time.DateOnly) || math.Abs(last.TrainingLoad-27.8) > 0.3 || last.Fitness <= 0 || last.Fatigue <= last.Fitness {
		t.Errorf("%d days, the last %+v", len(load.Days), last)
	}
	r.get(ben, "/v1/stats/streaks", 200).JSON(t, &s)
	if s.ActiveDays != 0 {
		t.Errorf("another person has days: %+v", s)
	}
}

func TestGoals(t *testing.T) {
	t.Parallel()
	r := open(t)
	me := functiontest.Person{ID: anna}
	r.Know(anna)
	call := func(method, path string, body any, status int, header ...string) functiontest.Answer {
		t.Helper()
		a := r.Call(me, method, path, body, header...)
		if a.Status != status {
			t.Fatalf("%s %s: %d %s, want %d", method, path, a.Status, a.Body, status)
		}
		return a
	}
	start := functiontest.Start
	monday := start.AddDate(0, 0, -(int(start.Weekday())+6)%7)
	want := map[string]any{"metric": "distance_m", "target": 5000, "period": "week", "from": "2020-01-01", "sport": "running", "name": "5 km"}
	var g api.Goal
	call("POST", "/v1/goals", want, 201, "Idempotency-Key", "k").JSON(t, &g)
	call("POST", "/v1/goals", want, 201, "Idempotency-Key", "k") // the same once more
	for _, bad := range []map[string]any{
		{"metric": "luck", "target": 1, "period": "week", "from": "2026-01-01"},
		{"metric": "workouts", "target": 0, "period": "week", "from": "2026-01-01"},
		{"metric": "workouts", "target": 1, "period": "fortnight", "from": "2026-01-01"},
		{"metric": "workouts", "target": 1, "period": "once", "from": "2026-01-01"},
		{"metric": "workouts", "target": 1, "period": "once", "from": "2026-01-02", "to": "2026-01-01"},
		{"metric": "workouts", "target": 1, "period": "week", "from": "soon"},
	} {
		if a := call("POST", "/v1/goals", bad, 422); a.Code() != "invalid_goal" {
			t.Errorf("%v: %s", bad, a.Code())
		}
	}
	r.upload("01A", workout("01A", monday, events.Private), run(monday, 1000))
	if sent := functiontest.SentOf[events.GoalReached](r.Rig); len(sent) != 0 {
		t.Fatalf("reached with 3 km: %+v", sent)
	}
	r.upload("01B", workout("01B", monday.Add(time.Hour), events.Private), run(monday.Add(time.Hour), 1000))
	sent := functiontest.SentOf[events.GoalReached](r.Rig)
	if len(sent) != 1 || sent[0].GoalID != g.ID || sent[0].WorkoutID != "01B" || math.Abs(sent[0].Value-6000) > 60 || sent[0].Start != monday.Format(time.DateOnly) {
		t.Fatalf("reached: %+v", sent)
	}
	var list api.GoalList
	call("GET", "/v1/goals", nil, 200).JSON(t, &list)
	if len(list.Items) != 1 || !list.Items[0].Progress.Reached || list.Items[0].Progress.ReachedBy != "01B" {
		t.Errorf("goals %+v", list)
	}
	// Taken back and reached again: the progress follows, the goal is told once.
	r.deliver(events.WorkoutDeleted{WorkoutID: "01B", UserID: anna, Version: 2})
	var now api.Goal
	call("GET", "/v1/goals/"+g.ID, nil, 200).JSON(t, &now)
	if now.Progress.Reached {
		t.Errorf("reached without the workout: %+v", now.Progress)
	}
	r.upload("01C", workout("01C", monday.Add(2*time.Hour), events.Private), run(monday.Add(2*time.Hour), 1000))
	if sent := functiontest.SentOf[events.GoalReached](r.Rig); len(sent) != 1 {
		t.Errorf("told twice: %+v", sent)
	}
	want["target"] = 9000
	if a := call("PUT", "/v1/goals/"+g.ID, want, 412, "If-Match", `"7"`); a.Code() != "version_changed" {
		t.Errorf("code %s", a.Code())
	}
	call("PUT", "/v1/goals/"+g.ID, want, 200, "If-Match", `"1"`).JSON(t, &now)
	if now.Version != 2 || now.Target != 9000 || now.Progress.Reached {
		t.Errorf("said anew: %+v", now)
	}
	if a := r.Call(functiontest.Person{ID: ben}, "GET", "/v1/goals/"+g.ID, nil); a.Status != 404 {
		t.Errorf("another person's goal: %d", a.Status)
	}
	call("DELETE", "/v1/goals/"+g.ID, nil, 204)
	call("DELETE", "/v1/goals/"+g.ID, nil, 404)
	call("PUT", "/v1/goals/"+g.ID, want, 404)
}

func TestAChangeOfSettingsReplaysItsDays(t *testing.T) {
	t.Parallel()
	r := open(t)
	settings := func(version int64, may float64) events.AthleteSettingsChanged {
		return events.AthleteSettingsChanged{UserID: anna, Version: version, Entries: []events.AthleteSettings{
			{ValidFrom: "2026-01-01", FTPW: number(200)}, {ValidFrom: "2026-05-01", FTPW: number(may)}, {ValidFrom: "2026-06-01", FTPW: number(220)},
		}}
	}
	r.deliver(settings(1, 210))
	for i := range 40 { // April, May and June
		start := time.Date(2026, 4, 10, 7, 0, 0, 0, berlin).AddDate(0, 0, 2*i)
		tr := run(start, 120)
		for range tr.Samples.TimeMS {
			tr.Samples.PowerW = append(tr.Samples.PowerW, 210)
		}
		w := workout(fmt.Sprintf("01R%02d", i), start, events.Private)
		w.Sport = "cycling"
		r.upload(w.WorkoutID, w, tr)
	}
	processed := len(functiontest.SentOf[events.WorkoutProcessed](r.Rig))
	r.deliver(settings(2, 150))
	asked := functiontest.SentOf[events.StatsReplayRequested](r.Rig)
	var replay api.Replay
	r.get(anna, "/v1/stats/replays/settings-2", 200).JSON(t, &replay)
	if len(asked) != replay.Slices || replay.SlicesDone != 0 || replay.Workouts < 15 || replay.Workouts > 17 {
		t.Fatalf("asked %d, replay %+v", len(asked), replay)
	}
	for range 2 { // each comes twice
		for _, slice := range asked {
			if slice.ReplayID == "settings-2" {
				r.deliver(slice)
			}
		}
	}
	r.get(anna, "/v1/stats/replays/settings-2", 200).JSON(t, &replay)
	if replay.SlicesDone != replay.Slices || replay.Changed != 15 {
		t.Errorf("replay %+v, want the 15 workouts of May", replay)
	}
	var all []api.ReplayedWorkout
	for cursor := ""; len(all) < 100; {
		var page api.Replay
		r.get(anna, "/v1/stats/replays/settings-2?limit=4&cursor="+url.QueryEscape(cursor), 200).JSON(t, &page)
		if all = append(all, page.Items...); page.NextCursor == "" {
			break
		}
		cursor = page.NextCursor
	}
	if len(all) != 15 || len(replay.Items) != 15 {
		t.Errorf("%d workouts on pages of four, %d on one", len(all), len(replay.Items))
	}
	for _, w := range all {
		figures := map[string]string{}
		for _, d := range w.Differences {
			figures[d.Figure] = fmt.Sprintf("%.2f→%.2f", *d.Before, *d.After)
		}
		if figures["intensity"] != "1.00→1.40" || figures["distance_m"] != "" || figures["training_load"] == "" {
			t.Errorf("%s: %v", w.WorkoutID, figures)
		}
	}
	if n := len(functiontest.SentOf[events.WorkoutProcessed](r.Rig)) - processed; n != 15 {
		t.Errorf("%d workouts were told to be computed again", n)
	}
	var zones api.ZonesList
	r.get(anna, "/v1/workouts/01R15/zones", 200).JSON(t, &zones)
	if *zones.Basis.Settings.FTPW != 150 {
		t.Errorf("basis %+v", zones.Basis.Settings)
	}

	if a := r.Call(functiontest.Person{ID: anna}, "POST", "/v1/stats/replays", nil); a.Status != 202 {
		t.Fatalf("replay of all: %d %s", a.Status, a.Body)
	}
	before := len(functiontest.SentOf[events.WorkoutProcessed](r.Rig))
	for _, slice := range functiontest.SentOf[events.StatsReplayRequested](r.Rig)[len(asked):] {
		r.deliver(slice)
	}
	if n := len(functiontest.SentOf[events.WorkoutProcessed](r.Rig)) - before; n != 0 {
		t.Errorf("%d workouts were computed again for nothing", n)
	}
	r.get(anna, "/v1/stats/replays/settings-99", 404)
	r.get(ben, "/v1/stats/replays/settings-2", 404)
	if status := r.Deliver(events.StatsReplayRequested{UserID: anna, ReplayID: "x", Slice: 3, Slices: 2}); status != 422 {
		t.Errorf("a slice that is none: %d", status)
	}
}

func TestOperatorsReplayEverybody(t *testing.T) {
	t.Parallel()
	r := open(t)
	root := functiontest.Person{ID: "01OPERATOR", Roles: []identity.Role{identity.Member, identity.Operator}}
	r.upload("01A", workout("01A", functiontest.Start, events.Private), run(functiontest.Start, 100))
	if a := r.Call(root, "POST", "/v1/admin/stats/rebuild", nil); a.Status != 202 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	steps := functiontest.SentOf[events.StatsRebuildRequested](r.Rig)
	if len(steps) != 16 || steps[15].To != store.Partitions {
		t.Fatalf("%d steps", len(steps))
	}
	for _, s := range steps {
		r.deliver(s)
	}
	asked := functiontest.SentOf[events.StatsReplayRequested](r.Rig)
	if len(asked) != 1 || fmt.Sprint(asked[0].WorkoutIDs) != "[01A]" {
		t.Errorf("asked for %+v", asked)
	}
	if a := r.Call(root, "POST", "/v1/admin/stats/rebuild?user_id="+anna, nil); a.Status != 202 || len(functiontest.SentOf[events.StatsReplayRequested](r.Rig)) != 2 {
		t.Errorf("one person: %d %s", a.Status, a.Body)
	}
	if status := r.Deliver(events.StatsRebuildRequested{From: 9, To: 3}); status != 422 {
		t.Errorf("a range that is none: %d", status)
	}
}

// The speed of a period is its way by its time: the mean of the workouts' means
// would be 4.5 m/s.
func TestTheSpeedOfAPeriodIsNoMeanOfMeans(t *testing.T) {
	t.Parallel()
	r := open(t)
	slow, fast := time.Date(2026, 4, 6, 7, 0, 0, 0, berlin), time.Date(2026, 4, 7, 7, 0, 0, 0, berlin)
	r.upload("01S", workout("01S", slow, events.Private), at(slow, 1000, 3))
	r.upload("01F", workout("01F", fast, events.Private), at(fast, 500, 6))
	var s api.Summary
	r.get(anna, "/v1/stats/summary?by=week", 200).JSON(t, &s)
	if len(s.Buckets) != 1 || s.Buckets[0].AvgMovingSpeed == nil || math.Abs(*s.Buckets[0].AvgMovingSpeed-4) > 0.03 {
		t.Errorf("%+v", s.Buckets)
	}
	r.deliver(events.WorkoutDeleted{WorkoutID: "01F", UserID: anna, Version: 2})
	r.get(anna, "/v1/stats/summary?by=week", 200).JSON(t, &s)
	if math.Abs(*s.Buckets[0].AvgMovingSpeed-3) > 0.03 {
		t.Errorf("without the fast one: %v", *s.Buckets[0].AvgMovingSpeed)
	}
}
