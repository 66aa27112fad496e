package stats_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
)

// mileage is the metres and workouts of each piece, by name.
func (r *rig) mileage() string {
	r.T.Helper()
	var list api.GearList
	r.get(anna, "/v1/gear", 200).JSON(r.T, &list)
	out := ""
	for _, g := range list.Items {
		out += fmt.Sprintf("%s %.0fm %d ", g.Name, math.Round(*g.DistanceM/10)*10, *g.Workouts)
	}
	return out
}

func TestGearWearsWithItsWorkouts(t *testing.T) {
	t.Parallel()
	r := open(t)
	limit, before := 5000.0, 500.0
	shoes := events.GearChanged{GearID: "01SHOES", UserID: anna, Version: 1, CreatedAt: functiontest.Start, Name: "Shoes", Kind: "shoes", WearDistanceM: &limit, StartingDistanceM: &before}
	others := events.GearChanged{GearID: "01OTHER", UserID: anna, Version: 1, CreatedAt: functiontest.Start.Add(time.Hour), Name: "Others", Kind: "shoes"}
	r.deliver(others)
	run1 := func(id string, day, seconds int, gear string) events.Workout {
		start := time.Date(2026, 4, day, 7, 0, 0, 0, berlin)
		w := workout(id, start, events.Private)
		w.GearID = gear
		r.upload(id, w, run(start, seconds))
		return w
	}
	a := run1("01A", 1, 1000, "01SHOES") // before the gear is known
	r.deliver(shoes)
	if got := r.mileage(); got != "Shoes 3500m 1 Others 0m 0 " {
		t.Errorf("one run: %q", got)
	}
	r.upload("01A", a, run(a.StartedAt, 1000)) // again
	b := run1("01B", 2, 400, "01SHOES")
	if got := r.mileage(); got != "Shoes 4700m 2 Others 0m 0 " {
		t.Errorf("two runs: %q", got)
	}
	if worn := functiontest.SentOf[events.GearWorn](r.Rig); len(worn) != 0 {
		t.Fatalf("worn too early: %+v", worn)
	}
	run1("01C", 3, 200, "01SHOES")
	run1("01D", 4, 200, "01SHOES")
	worn := functiontest.SentOf[events.GearWorn](r.Rig)
	if len(worn) != 1 || worn[0].WorkoutID != "01C" || worn[0].Name != "Shoes" || math.Abs(worn[0].DistanceM-5300) > 10 {
		t.Fatalf("worn: %+v", worn)
	}
	b.Version, b.GearID = 2, "01OTHER"
	r.deliver(events.WorkoutUpdated{Workout: b})
	r.deliver(events.WorkoutDeleted{WorkoutID: "01A", UserID: anna, Version: 2})
	if got := r.mileage(); got != "Shoes 1700m 2 Others 1200m 1 " {
		t.Errorf("after a change and a deletion: %q", got)
	}
	// A new limit that is reached is told anew, and an older event changes nothing.
	limit = 1000
	next := shoes
	next.Version, next.Name = 2, "Old shoes"
	r.deliver(next)
	r.deliver(shoes)
	if worn := functiontest.SentOf[events.GearWorn](r.Rig); len(worn) != 2 || worn[1].WorkoutID != "" {
		t.Errorf("with a new limit: %+v", worn)
	}
	var g api.Gear
	at := r.get(anna, "/v1/gear/01SHOES", 200)
	if at.JSON(t, &g); !g.Worn || g.Name != "Old shoes" || at.Header.Get("ETag") != `"2"` {
		t.Errorf("%+v", g)
	}
	r.get(ben, "/v1/gear/01SHOES", 404)
	r.deliver(events.GearChanged{GearID: "01SHOES", UserID: anna, Version: 3, Deleted: true})
	r.get(anna, "/v1/gear/01SHOES", 404)
	if got := r.mileage(); got != "Others 1200m 1 " {
		t.Errorf("after the gear is gone: %q", got)
	}
}
