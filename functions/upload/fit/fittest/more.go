package fittest

import (
	"time"

	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/proto"
)

// PoolSwim is a swim of lengths of 25 m, each 30 s of freestyle in 10 strokes;
// every fifth length is a rest of 30 s without strokes.
func PoolSwim(start time.Time, lengths int) []byte {
	out := append(opening(start), timer(start, typedef.EventTypeStart))
	var swum float64
	for i := range lengths {
		from := start.Add(time.Duration(i) * 30 * time.Second)
		l := mesgdef.NewLength(nil).SetTimestamp(from.Add(30 * time.Second)).SetStartTime(from).
			SetTotalElapsedTimeScaled(30).SetLengthType(typedef.LengthTypeIdle)
		if i%5 != 4 {
			swum += 25
			l.SetLengthType(typedef.LengthTypeActive).SetTotalStrokes(10).SetSwimStroke(typedef.SwimStrokeFreestyle)
		}
		out = append(out, l.ToMesg(nil), mesgdef.NewRecord(nil).SetTimestamp(from.Add(30*time.Second)).
			SetDistanceScaled(swum).SetHeartRate(120).ToMesg(nil))
	}
	end := start.Add(time.Duration(lengths) * 30 * time.Second)
	s := session(start, end, typedef.SportSwimming, typedef.SubSportLapSwimming).
		SetPoolLengthScaled(25).SetTotalDistanceScaled(swum).SetTotalCycles(uint32(swum / 25 * 10))
	return Encode(append(out, s.ToMesg(nil), closing(end, 1))...)
}

// Triathlon is one file of five sessions of a minute each: swimming,
// transition, cycling, transition and running, at one sample and one metre a
// second. The distance of the records counts on through all of them; each
// session has one lap and says 60 m.
func Triathlon(start time.Time) []byte {
	sports := []typedef.Sport{
		typedef.SportSwimming, typedef.SportTransition, typedef.SportCycling, typedef.SportTransition, typedef.SportRunning,
	}
	out := append(opening(start), timer(start, typedef.EventTypeStart))
	for n, sport := range sports {
		from := start.Add(time.Duration(n) * time.Minute)
		to := from.Add(time.Minute)
		for i := range 60 {
			out = append(out, mesgdef.NewRecord(nil).SetTimestamp(from.Add(time.Duration(i)*time.Second)).
				SetDistanceScaled(float64(n*60+i+1)).SetHeartRate(uint8(120+n)).ToMesg(nil))
		}
		out = append(out, lapFrom(from).close(to, 60, typedef.LapTriggerSessionEnd),
			session(from, to, sport, typedef.SubSportGeneric).SetTotalDistanceScaled(60).
				SetFirstLapIndex(uint16(n)).SetNumLaps(1).ToMesg(nil))
	}
	return Encode(append(out, closing(start.Add(5*time.Minute), 5))...)
}

// Course is a valid FIT file that is no activity: a course of three points.
func Course(start time.Time) []byte {
	out := []proto.Message{
		mesgdef.NewFileId(nil).SetType(typedef.FileCourse).SetManufacturer(maker).SetTimeCreated(start).ToMesg(nil),
		mesgdef.NewCourse(nil).SetName("round").ToMesg(nil),
	}
	for i := range 3 {
		r := mesgdef.NewRecord(nil).SetTimestamp(start.Add(time.Duration(i) * time.Second))
		place(r, i, 3)
		out = append(out, r.ToMesg(nil))
	}
	return Encode(out...)
}

// Workout is a valid FIT file that is no activity: a planned workout.
func Workout(start time.Time) []byte {
	return Encode(
		mesgdef.NewFileId(nil).SetType(typedef.FileWorkout).SetManufacturer(maker).SetTimeCreated(start).ToMesg(nil),
		mesgdef.NewWorkout(nil).SetWktName("5 x 1000 m").SetNumValidSteps(1).ToMesg(nil),
		mesgdef.NewWorkoutStep(nil).SetMessageIndex(0).ToMesg(nil),
	)
}
