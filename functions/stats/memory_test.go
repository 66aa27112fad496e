package stats_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/functiontest"
	"paceline/shared/track"
)

// day is a ride of so many samples, one a second, with every sensor.
func day(start time.Time, samples int) *track.Track {
	t := run(start, samples-1)
	t.Format, t.Sport = "fit", "cycling"
	s := &t.Samples
	for i := range s.TimeMS {
		s.Lat[i] = 52 + float64(i%40_000)*7/111_267
		s.DistanceM = append(s.DistanceM, float64(i)*7)
		s.SpeedMPS = append(s.SpeedMPS, 7+float32(i%13)/10)
		s.ElevationM = append(s.ElevationM, 100+float32(i%997)/5)
		s.CadenceRPM = append(s.CadenceRPM, float32(70+i%30))
		s.PowerW = append(s.PowerW, float32(150+i%113))
		s.TemperatureC = append(s.TemperatureC, 18)
	}
	return t
}

// As many events as the function is given at once, of rides of 24 hours and two
// of a million samples, with the streams of all of them read meanwhile, fit into
// what a cluster gives it.
func TestTheLongestWorkoutsAtOnceFitIntoTheMemory(t *testing.T) {
	t.Parallel()
	r := open(t)
	process := r.Process()
	start := r.Now().Add(-20 * 24 * time.Hour)
	const atOnce = 8
	var keys [atOnce]string
	for i := range keys {
		samples := 86_400
		if i < 2 {
			samples = 1_000_000
		}
		keys[i] = r.store(fmt.Sprint("01R", i), day(start, samples))
	}
	deliver := func(i int) int {
		w := workout(fmt.Sprint("01R", i), start, events.Private)
		w.Sport = "cycling"
		return r.Redeliver(fmt.Sprint("upload of ", i), events.WorkoutUploaded{Workout: w, UploadID: "01UP", TrackKey: keys[i]})
	}
	read := func(i int) int {
		return r.Call(functiontest.Person{ID: anna}, "GET", fmt.Sprintf("/v1/workouts/01R%d/streams", i), nil).Status
	}
	var done, later atomic.Int64
	for _, do := range []func(int) int{deliver, read} {
		var all sync.WaitGroup
		for i := range atOnce {
			all.Go(func() {
				for { // as a broker, and a browser, come again
					switch status := do(i); status {
					case 200, 202, 204:
						done.Add(1)
						return
					case 409, 503:
						later.Add(1)
						time.Sleep(100 * time.Millisecond)
					default:
						t.Errorf("%d: %d", i, status)
						return
					}
				}
			})
		}
		all.Wait()
	}
	peak := process.Peak(t)
	if most := r.Memory() * 9 / 10; peak > most {
		t.Errorf("%d MiB at the peak, of %d", peak>>20, r.Memory()>>20)
	}
	t.Logf("%d done, %d told to come again, in %d MiB at the peak", done.Load(), later.Load(), peak>>20)
}

// An event of many long workouts takes the memory of one after another: it does
// not wait for itself.
func TestAnEventOfManyLongWorkoutsDoesNotWaitForItself(t *testing.T) {
	t.Parallel()
	m := &mill{rig: open(t)}
	start := functiontest.Start.AddDate(0, 0, -10)
	for i := range 4 {
		at := start.AddDate(0, 0, i)
		w := workout(fmt.Sprint("01R", i), at, events.Everyone)
		w.Sport = "cycling"
		m.upload(w.WorkoutID, w, day(at, 86_400))
	}
	m.settle()
	m.deliver(events.AthleteSettingsChanged{UserID: anna, Version: 1, Entries: []events.AthleteSettings{{ValidFrom: "2020-01-01", FTPW: number(200)}}})
	for _, slice := range functiontest.SentOf[events.StatsReplayRequested](m.Rig) {
		m.deliver(slice)
	}
	in := map[string]any{"workout_id": "01R0", "name": "North", "from_m": 2000, "to_m": 5000}
	if a := m.Call(functiontest.Person{ID: anna}, "POST", "/v1/segments", in); a.Status != 201 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	m.settle()
}
