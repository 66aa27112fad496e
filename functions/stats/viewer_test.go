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
