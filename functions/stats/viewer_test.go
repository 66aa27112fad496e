package stats_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
)

// status is what a person with roles is answered about a workout.
func (r *rig) status(who string, roles ...identity.Role) int {
	r.T.Helper()
	return r.Call(functiontest.Person{ID: who, Roles: append(roles, identity.Member)}, "GET", "/v1/workouts/01A", nil).Status
}

func TestABlockHidesWorkoutsBothWays(t *testing.T) {
	t.Parallel()
	r := open(t)
	start := time.Date(2026, 5, 1, 7, 0, 0, 0, berlin)
	r.upload("01A", workout("01A", start, events.Everyone), run(start, 600))
	r.deliver(events.Followed{Follow: events.Follow{FollowerID: ben, FolloweeID: anna, Version: 1}})
	block := func(who, whom string, v int64) events.Block {
		return events.Block{BlockerID: who, BlockedID: whom, Version: v}
	}
	for i, sides := range [][2]string{{anna, ben}, {ben, anna}} {
		r.deliver(events.Blocked{Block: block(sides[0], sides[1], 1)})
		if got := r.status(ben); got != 404 {
			t.Errorf("%d: a workout across a block: %d", i, got)
		}
		var list api.WorkoutList
		r.get(ben, "/v1/workouts?user_id="+anna, 200).JSON(t, &list)
		if len(list.Items) != 0 {
			t.Errorf("%d: %d workouts across a block", i, len(list.Items))
		}
		r.deliver(events.Unblocked{Block: block(sides[0], sides[1], 2)})
		r.deliver(events.Blocked{Block: block(sides[0], sides[1], 1)}) // late
		if got := r.status(ben); got != 200 {
			t.Errorf("%d: after the block: %d", i, got)
		}
	}
}

func TestWhatACoachSees(t *testing.T) {
	t.Parallel()
	r := open(t)
	start := time.Date(2026, 5, 1, 7, 0, 0, 0, berlin)
	r.deliver(events.AthleteSettingsChanged{UserID: anna, Version: 1, Entries: []events.AthleteSettings{{ValidFrom: "2026-01-01", MaxHeartRateBPM: number(190)}}})
	w := workout("01A", start, events.Private)
	w.HideHeartRate, w.HideMap = true, true
	r.upload("01A", w, run(start, 600))
	grant := func(version int64, scopes ...events.CoachScope) {
		r.deliver(events.CoachGranted{Coaching: events.Coaching{AthleteID: anna, CoachID: ben, Version: version}, Scopes: scopes})
	}
	shown := func() string {
		var s api.Streams
		a := r.Call(functiontest.Person{ID: ben, Roles: []identity.Role{identity.Member, identity.Coach}}, "GET", "/v1/workouts/01A/streams", nil)
		if a.Status != 200 {
			return fmt.Sprint(a.Status)
		}
		a.JSON(t, &s)
		var z api.ZonesList
		r.Call(functiontest.Person{ID: ben, Roles: []identity.Role{identity.Member, identity.Coach}}, "GET", "/v1/workouts/01A/zones", nil).JSON(t, &z)
		return fmt.Sprint(s.HeartRateBPM != nil, s.Lat != nil, z.Basis.Settings != nil)
	}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() {}, "404"},
		{func() { grant(1) }, "404"},
		{func() { grant(2, events.CoachPrivate) }, "false false false"},
		{func() { grant(3, events.CoachPrivate, events.CoachHeartRate) }, "true false false"},
		{func() { grant(4, events.CoachPrivate, events.CoachMap, events.CoachSettings) }, "false true true"},
		{func() { grant(3, events.CoachPrivate, events.CoachHeartRate) }, "false true true"},
	} {
		if step.do(); shown() != step.want {
			t.Errorf("a coach sees %s, want %s", shown(), step.want)
		}
	}
	if got := r.status(ben); got != 404 {
		t.Errorf("a grant without the role opens: %d", got)
	}
	r.deliver(events.CoachRevoked{Coaching: events.Coaching{AthleteID: anna, CoachID: ben, Version: 5}})
	if got := r.status(ben, identity.Coach); got != 404 {
		t.Errorf("after the grant: %d", got)
	}
}

func TestHiddenPartsAreHiddenEverywhere(t *testing.T) {
	t.Parallel()
	r := open(t)
	start := time.Date(2026, 5, 1, 7, 0, 0, 0, berlin)
	w := workout("01A", start, events.Everyone)
	w.HideHeartRate, w.HideMap, w.HidePower = true, true, true
	w.Source = events.Origin{Format: "gpx", Device: "a watch", FileName: "home.gpx", SizeBytes: 1, SHA256: "5a"}
	tr := run(start, 1200)
	for range tr.Samples.TimeMS {
		tr.Samples.PowerW = append(tr.Samples.PowerW, 200)
	}
	r.upload("01A", w, tr)
	for path, members := range map[string][]string{
		"":                 {"heart_rate", "power", "load", "intensity", "file_name", "sha256", "size_bytes", "kcal"},
		"/streams":         {"heart_rate", "power", "lat", "lng"},
		"/splits":          {"heart_rate", "power"},
		"/laps":            {"heart_rate", "power"},
		"/zones":           {`"heart_rate"`, `"power"`, "settings"},
		"/efforts":         {"power"},
		"?user_id=" + anna: {"heart_rate", "power", "load", "file_name"},
	} {
		at := "/v1/workouts/01A" + path
		if strings.HasPrefix(path, "?") {
			at = "/v1/workouts" + path
		}
		// The switches themselves are for all to see.
		body := regexp.MustCompile(`"hide_[a-z_]+":true`).ReplaceAllString(string(r.get(ben, at, 200).Body), "")
		for _, m := range members {
			if strings.Contains(body, m) {
				t.Errorf("%s shows another person %s: %.400s", path, m, body)
			}
		}
	}
	var own api.Workout
	r.get(anna, "/v1/workouts/01A", 200).JSON(t, &own)
	if own.Stats.AvgHeartRateBPM == nil || own.Stats.AvgPowerW == nil || own.Source.FileName == "" || !own.HideMap {
		t.Errorf("the owner sees %+v %+v", own.Stats, own.Source)
	}
}

// A privacy zone holds for what was there before it, in everything that others see.
func TestPrivacyZonesHideOldWorkouts(t *testing.T) {
	t.Parallel()
	r := open(t)
	start := time.Date(2026, 5, 1, 7, 0, 0, 0, berlin)
	w := workout("01A", start, events.Everyone)
	r.upload("01A", w, run(start, 1200)) // 3,600 m north of 52.0, 13.0
	anybody := string(r.get(ben, "/v1/workouts/01A", 200).Body)
	var zone api.PrivacyZone
	a := r.Call(functiontest.Person{ID: anna}, "POST", "/v1/privacy-zones", map[string]any{"lat": 52, "lng": 13, "radius_m": 400, "name": "Home"})
	if a.JSON(t, &zone); a.Status != 201 || a.Header.Get("Location") != "/v1/privacy-zones/"+zone.ID || zone.Lat != 52 {
		t.Fatalf("zone: %d %s", a.Status, a.Body)
	}
	var own, seen api.Streams
	r.get(anna, "/v1/workouts/01A/streams", 200).JSON(t, &own)
	r.get(ben, "/v1/workouts/01A/streams", 200).JSON(t, &seen)
	if len(own.Lat) != 1201 || own.Lat[0] != 52 {
		t.Errorf("the owner sees %d positions", len(own.Lat))
	}
	if n := len(seen.Lat); n > 1201-133 || n < 1201-600 || seen.TimeS[0] != 0 || seen.DistanceM[0] != 0 || seen.Lat[0] < 52.0036 {
		t.Errorf("others see %d positions from %v on", len(seen.Lat), seen.Lat[0])
	}
	var splits api.SplitList
	r.get(ben, "/v1/workouts/01A/splits", 200).JSON(t, &splits)
	total := 0.0
	for _, s := range splits.Items {
		total += s.DistanceM
	}
	if want := float64(len(seen.Lat)-1) * 3; total < want-5 || total > want+5 {
		t.Errorf("splits of %v m, visible are %v m", total, want)
	}
	var found api.Workout
	r.get(ben, "/v1/workouts/01A", 200).JSON(t, &found)
	if *found.Stats.DistanceM != 3500 {
		t.Errorf("others see %v m", *found.Stats.DistanceM)
	}
	var list api.WorkoutList
	r.get(ben, "/v1/workouts?user_id="+anna, 200).JSON(t, &list)
	if *list.Items[0].Stats.DistanceM != 3500 {
		t.Errorf("others list %v m", *list.Items[0].Stats.DistanceM)
	}
	if r.get(anna, "/v1/workouts/01A", 200).JSON(t, &found); *found.Stats.DistanceM < 3590 {
		t.Errorf("the owner sees %v m", *found.Stats.DistanceM)
	}
	var heat api.Heatmap
	r.get(anna, "/v1/stats/heatmap", 200).JSON(t, &heat)
	if len(heat.Items) != 1 || len(heat.Items[0].Polylines) != 1 || strings.HasPrefix(heat.Items[0].Polylines[0], "_wq|H") {
		t.Errorf("heatmap %+v", heat)
	}
	for _, bad := range []map[string]any{{"lat": 91, "lng": 0, "radius_m": 200}, {"lat": 0, "lng": 181, "radius_m": 200}, {"lat": 0, "lng": 0, "radius_m": 10}, {"lat": 0, "lng": 0, "radius_m": 1e9}, {"lat": 0}} {
		if a := r.Call(functiontest.Person{ID: anna}, "POST", "/v1/privacy-zones", bad); a.Code() != "invalid_zone" {
			t.Errorf("%v: %d %s", bad, a.Status, a.Body)
		}
	}
	if a := r.Call(functiontest.Person{ID: ben}, "DELETE", "/v1/privacy-zones/"+zone.ID, nil); a.Code() != "zone_not_found" {
		t.Errorf("delete by another person: %d %s", a.Status, a.Body)
	}
	if a := r.Call(functiontest.Person{ID: anna}, "DELETE", "/v1/privacy-zones/"+zone.ID, nil); a.Status != 204 {
		t.Errorf("delete: %d", a.Status)
	}
	if again := string(r.get(ben, "/v1/workouts/01A", 200).Body); again != anybody {
		t.Errorf("without the zone %s", again)
	}
}

// Efforts and zones of others are of what they see: the time in zones less the
// samples that show would be how long it was to the door. What other functions
// have follows by an event for each workout that it concerns, once.
func TestAPrivacyZoneReachesWhatWasPublishedBefore(t *testing.T) {
	t.Parallel()
	r := open(t)
	start := time.Date(2026, 5, 1, 7, 0, 0, 0, berlin)
	r.deliver(events.AthleteSettingsChanged{UserID: anna, Version: 1, Entries: []events.AthleteSettings{{ValidFrom: "2026-01-01", MaxHeartRateBPM: number(190)}}})
	r.upload("01A", workout("01A", start, events.Everyone), run(start, 1200))
	far := run(start.AddDate(0, 0, 1), 600)
	for i := range far.Samples.Lng {
		far.Samples.Lng[i] = 20
	}
	r.upload("01B", workout("01B", start.AddDate(0, 0, 1), events.Everyone), far)

	slices := 0
	changes := func() (out []string) { // by the slices that were asked for meanwhile, each twice
		before := len(functiontest.SentOf[events.WorkoutHidingChanged](r.Rig))
		asked := functiontest.SentOf[events.StatsReplayRequested](r.Rig)
		for _, slice := range append(asked[slices:], asked[slices:]...) {
			r.deliver(slice)
		}
		slices = len(asked)
		for _, e := range functiontest.SentOf[events.WorkoutHidingChanged](r.Rig)[before:] {
			out = append(out, fmt.Sprint(e.WorkoutID, e.Version, e.Hiding))
		}
		return out
	}
	changes()
	var zone api.PrivacyZone
	r.Call(functiontest.Person{ID: anna}, "POST", "/v1/privacy-zones", map[string]any{"lat": 52, "lng": 13, "radius_m": 400}).JSON(t, &zone)
	if got := fmt.Sprint(changes()); got != "[01A1 {1 true}]" {
		t.Errorf("told of %s", got)
	}
	var replay api.Replay
	if r.get(anna, "/v1/stats/replays/zones-1", 200).JSON(t, &replay); replay.SlicesDone != 1 || replay.Workouts != 2 || replay.Changed != 0 {
		t.Errorf("replay %+v", replay)
	}

	var seen api.Streams
	r.get(ben, "/v1/workouts/01A/streams", 200).JSON(t, &seen)
	shown := seen.TimeS[len(seen.TimeS)-1]
	for who, want := range map[string]float64{anna: 1200, ben: shown} {
		var zones api.ZonesList
		r.get(who, "/v1/workouts/01A/zones", 200).JSON(t, &zones)
		total := 0.0
		for _, z := range zones.Items[0].Zones {
			total += z.TimeS
		}
		if total < want-2 || total > want+2 {
			t.Errorf("%s sees %v s in zones, want %v", who, total, want)
		}
		var efforts api.EffortList
		r.get(who, "/v1/workouts/01A/efforts", 200).JSON(t, &efforts)
		for _, e := range efforts.Items {
			if e.StartS+*e.ElapsedTimeS > want+1 {
				t.Errorf("%s sees an effort that ends after %v s, want at most %v", who, e.StartS+*e.ElapsedTimeS, want)
			}
		}
	}
	w := workout("01A", start, events.Everyone)
	w.Version, w.Sport = 2, "walking" // computed again: the event has it
	r.deliver(events.WorkoutUpdated{Workout: w})
	all := functiontest.SentOf[events.WorkoutProcessed](r.Rig)
	if last := all[len(all)-1]; last.Hiding != (events.Hiding{Version: 1, Ends: true}) || all[0].Hiding.Ends {
		t.Errorf("computed again with %+v, first with %+v", last.Hiding, all[0].Hiding)
	}
	r.Call(functiontest.Person{ID: anna}, "DELETE", "/v1/privacy-zones/"+zone.ID, nil)
	if got := fmt.Sprint(changes()); got != "[01A2 {2 false}]" {
		t.Errorf("without the zone told of %s", got)
	}
}

func TestExertionIsALoad(t *testing.T) {
	t.Parallel()
	r := open(t)
	start := time.Date(2026, 5, 1, 7, 0, 0, 0, berlin)
	w := workout("01A", start, events.Everyone)
	w.RPE = 7
	r.upload("01A", w, run(start, 1200))
	var own api.Workout
	if r.get(anna, "/v1/workouts/01A", 200).JSON(t, &own); own.PerceivedExertion != 7 || own.SessionRPELoad == nil || *own.SessionRPELoad < 139 || *own.SessionRPELoad > 141 {
		t.Errorf("exertion %d, load %v", own.PerceivedExertion, own.SessionRPELoad)
	}
	if body := string(r.get(ben, "/v1/workouts/01A", 200).Body); strings.Contains(body, "exertion") || strings.Contains(body, "rpe") {
		t.Errorf("others see it: %s", body)
	}
}
