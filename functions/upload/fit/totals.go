package fit

import (
	"math"

	"paceline/shared/track"
)

// Fields of the totals of sessions and laps. Those up to total_cycles are
// the same in both.
const (
	totalElapsed    = 7
	totalTimer      = 8
	totalDistance   = 9
	totalCycles     = 10
	sessionCalories = 11
	lengthElapsed   = 3
)

// totalFields says where sessions and laps keep the rest of their totals.
type totalFields struct {
	calories, moving, ascent, descent                uint8
	avgSpeed, maxSpeed, fineAvgSpeed, fineMaxSpeed   uint8
	minAltitude, maxAltitude, fineMinAlt, fineMaxAlt uint8
	avgHR, maxHR, avgPower, maxPower, normPower      uint8
	avgCadence, maxCadence                           uint8
	avgTemperature, trainingStress, intensity        uint8
}

// absent is a field number that no message has: numbers above the timestamp's
// are the message index and a reserved one.
const absent = 255

var sessionFields = totalFields{
	calories: sessionCalories, moving: 59, ascent: 22, descent: 23,
	avgSpeed: 14, maxSpeed: 15, fineAvgSpeed: 124, fineMaxSpeed: 125,
	minAltitude: 71, maxAltitude: 50, fineMinAlt: 127, fineMaxAlt: 128,
	avgHR: 16, maxHR: 17, avgPower: 20, maxPower: 21, normPower: 34,
	avgCadence: 18, maxCadence: 19,
	avgTemperature: 57, trainingStress: 35, intensity: 36,
}

var lapFields = totalFields{
	calories: 11, moving: 52, ascent: 21, descent: 22,
	avgSpeed: 13, maxSpeed: 14, fineAvgSpeed: 110, fineMaxSpeed: 111,
	minAltitude: 62, maxAltitude: 43, fineMinAlt: 113, fineMaxAlt: 114,
	avgHR: 15, maxHR: 16, avgPower: 19, maxPower: 20, normPower: 33,
	avgCadence: 17, maxCadence: 18,
	avgTemperature: 50, trainingStress: absent, intensity: absent,
}

// totals reads what the device says of a session or a lap: the whole numbers
// that it shows, without the fractions that some add in fields of their own.
func (m message) totals(f *totalFields) track.Totals {
	return track.Totals{
		DistanceM:        track.Some(m.value(totalDistance, 100)),
		ElapsedS:         track.Some(m.value(totalElapsed, 1000)),
		TimerS:           track.Some(m.value(totalTimer, 1000)),
		MovingS:          track.Some(m.value(f.moving, 1000)),
		AscentM:          track.Some(m.value(f.ascent, 1)),
		DescentM:         track.Some(m.value(f.descent, 1)),
		MinElevationM:    track.Some(m.altitude(f.minAltitude, f.fineMinAlt)),
		MaxElevationM:    track.Some(m.altitude(f.maxAltitude, f.fineMaxAlt)),
		AvgSpeedMPS:      track.Some(m.speed(f.avgSpeed, f.fineAvgSpeed)),
		MaxSpeedMPS:      track.Some(m.speed(f.maxSpeed, f.fineMaxSpeed)),
		AvgHeartRateBPM:  track.Some(m.value(f.avgHR, 1)),
		MaxHeartRateBPM:  track.Some(m.value(f.maxHR, 1)),
		AvgCadenceRPM:    track.Some(m.value(f.avgCadence, 1)),
		MaxCadenceRPM:    track.Some(m.value(f.maxCadence, 1)),
		AvgPowerW:        track.Some(m.value(f.avgPower, 1)),
		MaxPowerW:        track.Some(m.value(f.maxPower, 1)),
		NormalizedPowerW: track.Some(m.value(f.normPower, 1)),
		AvgTemperatureC:  track.Some(m.native(f.avgTemperature)),
		CaloriesKcal:     track.Some(m.value(f.calories, 1)),
		Cycles:           track.Some(m.value(totalCycles, 1)),
		TrainingStress:   track.Some(m.value(f.trainingStress, 10)),
		Intensity:        track.Some(m.value(f.intensity, 1000)),
	}
}

// speed is the enhanced field if it is there; both scale alike.
func (m message) speed(plain, enhanced uint8) float64 {
	if v := m.value(enhanced, 1000); !math.IsNaN(v) {
		return v
	}
	return m.value(plain, 1000)
}

func (m message) altitude(plain, enhanced uint8) float64 {
	if v := m.native(enhanced); !math.IsNaN(v) {
		return v/5 - 500
	}
	return m.native(plain)/5 - 500
}

// saneTimes repairs a session whose timer is said to have run longer than time
// went by, while the records took as long as the timer. If they have gaps that
// explain the difference, the two were swapped; else the elapsed time is wrong
// and left out. It answers the warning, or "".
func saneTimes(t *track.Totals, times []int64) string {
	const slack = 60 // seconds; a gap is longer
	if len(times) == 0 || t.TimerS == nil || t.ElapsedS == nil || *t.TimerS <= *t.ElapsedS+slack {
		return ""
	}
	if span := float64(times[len(times)-1]) / 1000; math.Abs(*t.TimerS-span) > slack {
		return ""
	}
	gaps := 0.0
	for i := 1; i < len(times); i++ {
		if d := times[i] - times[i-1]; d > slack*1000 {
			gaps += float64(d) / 1000
		}
	}
	if gaps < 0.8*(*t.TimerS-*t.ElapsedS) {
		t.ElapsedS = nil
		return "elapsed_time_ignored"
	}
	t.TimerS, t.ElapsedS = t.ElapsedS, t.TimerS
	return "timer_elapsed_swapped"
}

// sumLaps is what the laps of a session without a session message add up to,
// figure by figure, as far as every lap has it.
func sumLaps(laps []track.Lap) track.Totals {
	if len(laps) == 0 {
		return track.Totals{}
	}
	sum := func(of func(*track.Totals) *float64) *float64 {
		total := 0.0
		for i := range laps {
			v := of(&laps[i].Totals)
			if v == nil {
				return nil
			}
			total += *v
		}
		return &total
	}
	return track.Totals{
		DistanceM:    sum(func(t *track.Totals) *float64 { return t.DistanceM }),
		TimerS:       sum(func(t *track.Totals) *float64 { return t.TimerS }),
		AscentM:      sum(func(t *track.Totals) *float64 { return t.AscentM }),
		DescentM:     sum(func(t *track.Totals) *float64 { return t.DescentM }),
		CaloriesKcal: sum(func(t *track.Totals) *float64 { return t.CaloriesKcal }),
		Cycles:       sum(func(t *track.Totals) *float64 { return t.Cycles }),
	}
}
