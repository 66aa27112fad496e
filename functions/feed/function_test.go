package feed_test

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/feed"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
)

const (
	anna = "01ANNA"
	ben  = "01BEN"
	cleo = "01CLEO"
)

func open(t *testing.T, vars map[string]string) *functiontest.Rig {
	t.Helper()
	r := functiontest.New(t, "feed", feed.Open, vars)
	for _, id := range []string{anna, ben, cleo} {
		deliver(t, r, events.ProfileUpdated{UserID: id, Version: 1, DisplayName: "Name of " + id})
	}
	return r
}

func deliver(t testing.TB, r *functiontest.Rig, all ...events.Payload) {
	t.Helper()
	for _, p := range all {
		if status := r.Deliver(p); status/100 != 2 {
			t.Fatalf("%s: %d", p.EventType(), status)
		}
	}
}

func workout(n int, v events.Visibility) events.Workout {
	at := functiontest.Start.Add(time.Duration(n) * time.Minute)
	return events.Workout{WorkoutID: fmt.Sprintf("01W%03d", n), UserID: anna, Version: 1, Name: fmt.Sprint("run ", n), Sport: "running", StartedAt: at, Visibility: v, CreatedAt: at}
}

func processed(w events.Workout) events.WorkoutProcessed {
	d := 5000.0
	return events.WorkoutProcessed{Workout: w, Stats: events.Stats{Formula: "2026.1", DistanceM: &d}}
}

func follow(who, whom string, version int64) events.Follow {
	return events.Follow{FollowerID: who, FolloweeID: whom, Version: version, At: functiontest.Start}
}

// read is the ids of a reader's whole feed, page by page.
func read(t *testing.T, r *functiontest.Rig, reader string, limit int) []string {
	t.Helper()
	ids, cursor := []string{}, ""
	for range 100 {
		var page api.Feed
		a := r.Call(functiontest.Person{ID: reader}, "GET", fmt.Sprintf("/v1/feed?limit=%d&cursor=%s", limit, url.QueryEscape(cursor)), nil)
		if a.Status != 200 {
			t.Fatalf("feed: %d %s", a.Status, a.Body)
		}
		a.JSON(t, &page)
		for _, i := range page.Items {
			ids = append(ids, i.Workout.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			return ids
		}
	}
	t.Fatal("the feed does not end")
	return nil
}

func want(t *testing.T, got []string, ids ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(ids) {
		t.Errorf("got %v, want %v", got, ids)
	}
}

func TestFeed(t *testing.T) {
	t.Parallel()
	one, two := workout(1, events.Followers), workout(2, events.Everyone)
	update := func(w events.Workout, version int64, v events.Visibility) events.WorkoutUpdated {
		w.Version, w.Visibility = version, v
		return events.WorkoutUpdated{Workout: w}
	}
	tests := []struct {
		name   string
		events []events.Payload
		anna   []string
		ben    []string
	}{
		{"a follower sees new workouts, newest first", []events.Payload{events.Followed{Follow: follow(ben, anna, 1)}, processed(one), processed(two)}, []string{"01W002", "01W001"}, []string{"01W002", "01W001"}},
		{"who does not follow sees nothing", []events.Payload{processed(one), processed(two)}, []string{"01W002", "01W001"}, nil},
		{"a new follower gets what was there", []events.Payload{processed(one), events.Followed{Follow: follow(ben, anna, 1)}}, []string{"01W001"}, []string{"01W001"}},
		{"private stays with its owner", []events.Payload{events.Followed{Follow: follow(ben, anna, 1)}, processed(workout(1, events.Private))}, []string{"01W001"}, nil},
		{"made private is taken back", []events.Payload{events.Followed{Follow: follow(ben, anna, 1)}, processed(one), update(one, 2, events.Private)}, []string{"01W001"}, nil},
		{"made public again comes back", []events.Payload{events.Followed{Follow: follow(ben, anna, 1)}, processed(one), update(one, 2, events.Private), update(one, 3, events.Followers)}, []string{"01W001"}, []string{"01W001"}},
		{"an older change does not undo a newer one", []events.Payload{events.Followed{Follow: follow(ben, anna, 1)}, update(one, 3, events.Private), update(one, 2, events.Everyone), processed(one)}, []string{"01W001"}, nil},
		{"a deleted workout is gone, whatever comes later", []events.Payload{events.Followed{Follow: follow(ben, anna, 1)}, events.WorkoutDeleted{WorkoutID: "01W001", UserID: anna, Version: 2}, processed(one), update(one, 9, events.Everyone)}, nil, nil},
		{"an unfollow takes everything out", []events.Payload{events.Followed{Follow: follow(ben, anna, 1)}, processed(one), events.Unfollowed{Follow: follow(ben, anna, 2)}, processed(two)}, []string{"01W002", "01W001"}, nil},
		{"a late follow does not undo the unfollow", []events.Payload{events.Unfollowed{Follow: follow(ben, anna, 2)}, events.Followed{Follow: follow(ben, anna, 1)}, processed(one)}, []string{"01W001"}, nil},
		{"twice is once", []events.Payload{events.Followed{Follow: follow(ben, anna, 1)}, events.Followed{Follow: follow(ben, anna, 1)}, processed(one), processed(one)}, []string{"01W001"}, []string{"01W001"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, popular := range []string{"10000", "0"} { // written one by one, and merged at the read
				r := open(t, map[string]string{"FEED_POPULAR": popular})
				deliver(t, r, tt.events...)
				want(t, read(t, r, anna, 20), tt.anna...)
				want(t, read(t, r, ben, 20), tt.ben...)
				want(t, read(t, r, cleo, 20))
			}
		})
	}
}

func TestPagesHoldEachItemOnce(t *testing.T) {
	t.Parallel()
	for _, popular := range []string{"10000", "1"} {
		r := open(t, map[string]string{"FEED_POPULAR": popular})
		deliver(t, r, events.Followed{Follow: follow(ben, anna, 1)}, events.Followed{Follow: follow(cleo, anna, 1)})
		var all []string
		for n := range 25 {
			w := workout(n/5, events.Everyone) // five at the same moment
			w.WorkoutID = fmt.Sprintf("01W%03d", n)
			if n%6 == 5 {
				w.Visibility = events.Private
			} else {
				all = append([]string{w.WorkoutID}, all...)
			}
			deliver(t, r, processed(w))
		}
		for _, limit := range []int{1, 2, 7, 100} {
			want(t, read(t, r, ben, limit), all...)
		}
	}
}

func TestItemsShowNameAndFigures(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	deliver(t, r, events.Followed{Follow: follow(ben, anna, 1)}, processed(workout(1, events.Followers)))
	var page api.Feed
	r.Call(functiontest.Person{ID: ben}, "GET", "/v1/feed", nil).JSON(t, &page)
	if len(page.Items) != 1 || page.Items[0].User.DisplayName != "Name of "+anna || *page.Items[0].Workout.Stats.DistanceM != 5000 {
		t.Errorf("got %+v", page)
	}
}

func TestBadPagesAreRefused(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	for _, query := range []string{"limit=0", "limit=101", "limit=x", "cursor=%21", "cursor=abc"} {
		if a := r.Call(functiontest.Person{ID: ben}, "GET", "/v1/feed?"+query, nil); a.Status != 422 || a.Code() != "invalid_parameter" {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
}

func TestABlockHidesItemsBothWays(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	deliver(t, r, events.Followed{Follow: follow(ben, anna, 1)}, processed(workout(1, events.Everyone)))
	want(t, read(t, r, ben, 10), "01W001")
	for _, sides := range [][2]string{{anna, ben}, {ben, anna}} {
		block := func(v int64) events.Block { return events.Block{BlockerID: sides[0], BlockedID: sides[1], Version: v} }
		deliver(t, r, events.Blocked{Block: block(1)})
		want(t, read(t, r, ben, 10))
		deliver(t, r, events.Unblocked{Block: block(2)}, events.Blocked{Block: block(1)})
		want(t, read(t, r, ben, 10), "01W001")
	}
}

// Whatever comes first: others see the totals as the newest zones of the author
// leave them, the author sees all.
func TestOthersSeeRoundedTotalsOfAHiddenEnd(t *testing.T) {
	t.Parallel()
	w := workout(1, events.Followers)
	figures := func(version int64, h events.Hiding) events.WorkoutProcessed {
		e := processed(w)
		metres, seconds := 5123.0, 1710.0
		e.Version, e.Stats.DistanceM, e.Stats.MovingTimeS, e.Hiding = version, &metres, &seconds, h
		return e
	}
	zones := func(version, of int64, ends bool) events.WorkoutHidingChanged {
		return events.WorkoutHidingChanged{WorkoutID: w.WorkoutID, UserID: anna, Version: of, Hiding: events.Hiding{Version: version, Ends: ends}}
	}
	open1, hidden2 := figures(1, events.Hiding{Version: 1}), zones(2, 1, true)
	for name, c := range map[string]struct {
		events []events.Payload
		want   float64
	}{
		"without a zone":                {[]events.Payload{open1}, 5123},
		"with a zone":                   {[]events.Payload{figures(1, events.Hiding{Version: 1, Ends: true})}, 5000},
		"a zone made later":             {[]events.Payload{open1, hidden2}, 5000},
		"a zone made later, come first": {[]events.Payload{hidden2, open1}, 5000},
		"a zone taken away":             {[]events.Payload{open1, hidden2, zones(3, 1, false)}, 5123},
		"a zone taken away, come first": {[]events.Payload{zones(3, 1, false), open1, hidden2}, 5123},
		"cropped to what shows":         {[]events.Payload{open1, hidden2, figures(2, events.Hiding{Version: 2}), hidden2}, 5123},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, nil)
			deliver(t, r, events.Followed{Follow: follow(ben, anna, 1)})
			deliver(t, r, c.events...)
			for who, want := range map[string]float64{anna: 5123, ben: c.want} {
				var page api.Feed
				r.Call(functiontest.Person{ID: who}, "GET", "/v1/feed", nil).JSON(t, &page)
				s := page.Items[0].Workout.Stats
				if *s.DistanceM != want || (*s.MovingTimeS == 1710) != (want == 5123) {
					t.Errorf("%s sees %v m in %v s, want %v m", who, *s.DistanceM, *s.MovingTimeS, want)
				}
			}
		})
	}
	r := open(t, nil)
	imported := zones(1, 1, true)
	imported.ImportID = "01IMPORT"
	deliver(t, r, imported, zones(1, 1, true), events.WorkoutDeleted{WorkoutID: w.WorkoutID, UserID: anna, Version: 2}, zones(2, 1, false), open1)
	want(t, read(t, r, anna, 10))
}

func TestAnItemHidesWhatItsWorkoutHides(t *testing.T) {
	t.Parallel()
	r := open(t, nil)
	w := workout(1, events.Followers)
	w.HideHeartRate, w.HidePower = true, true
	e := processed(w)
	v := 150.0
	e.Stats.AvgHeartRateBPM, e.Stats.AvgPowerW, e.Stats.TrainingLoad, e.Stats.CaloriesKcal = &v, &v, &v, &v
	deliver(t, r, events.Followed{Follow: follow(ben, anna, 1)}, e)
	for who, shown := range map[string]bool{anna: true, ben: false} {
		var page api.Feed
		r.Call(functiontest.Person{ID: who}, "GET", "/v1/feed", nil).JSON(t, &page)
		s := page.Items[0].Workout.Stats
		if (s.AvgHeartRateBPM != nil) != shown || (s.AvgPowerW != nil) != shown || (s.TrainingLoad != nil) != shown || (s.CaloriesKcal != nil) != shown || s.DistanceM == nil {
			t.Errorf("%s sees %+v", who, s)
		}
	}
}
