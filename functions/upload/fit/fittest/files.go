package fittest

import (
	"bytes"
	"math"
	"time"

	"github.com/muktihari/fit/encoder"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/typedef"
	"github.com/muktihari/fit/proto"
)

// Maker and product of the files: a Garmin Edge 1040, which has a barometer.
const (
	maker   = typedef.ManufacturerGarmin
	product = 3843
)

// Encode writes messages as one FIT file. It panics on messages that cannot be
// encoded, as only a wrong test makes them.
func Encode(messages ...proto.Message) []byte {
	var b bytes.Buffer
	file := proto.FIT{Messages: messages}
	if err := encoder.New(&b, encoder.WithProtocolVersion(proto.V2)).Encode(&file); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// Run is an outdoor run of one sample a second at 3 m/s in Berlin, with heart
// rate 140 to 149, cadence 85, an automatic lap every 1000 m, local time two
// hours ahead of UTC and, if it is longer than 120 s, a pause of 30 s at 60 s.
func Run(start time.Time, seconds int) []byte {
	a := &activity{sport: typedef.SportRunning, sub: typedef.SubSportStreet, lapM: 1000}
	if seconds > 120 {
		a.pauseAt, a.pauseS = 60, 30
	}
	return Encode(a.messages(start, seconds, func(i int, r *mesgdef.Record) {
		place(r, i, 3)
		r.SetHeartRate(uint8(140 + i%10)).SetCadence(85)
	})...)
}

// Ride is a road ride of one sample a second at 8 m/s with power 180 to 219 W,
// cadence 90 and temperature 21 °C.
func Ride(start time.Time, seconds int) []byte {
	a := &activity{sport: typedef.SportCycling, sub: typedef.SubSportRoad}
	return Encode(a.messages(start, seconds, func(i int, r *mesgdef.Record) {
		place(r, i, 8)
		r.SetHeartRate(uint8(130 + i%10)).SetCadence(90).SetPower(uint16(180 + i%40)).SetTemperature(21)
	})...)
}

// Strength is a strength workout: heart rate only, no distance, no place.
func Strength(start time.Time, seconds int) []byte {
	a := &activity{sport: typedef.SportTraining, sub: typedef.SubSportStrengthTraining}
	return Encode(a.messages(start, seconds, func(i int, r *mesgdef.Record) {
		r.SetHeartRate(uint8(100 + i%30))
	})...)
}

// Lifting is a strength workout of three sets of eight squats with 60 kg, each
// 40 s long, and a rest of 80 s after each; and a set of push-ups, which have no
// weight. The file calls the squats by a name of its own.
func Lifting(start time.Time) []byte {
	a := &activity{sport: typedef.SportTraining, sub: typedef.SubSportStrengthTraining}
	out := a.messages(start, 500, func(i int, r *mesgdef.Record) { r.SetHeartRate(uint8(100 + i%30)) })
	out = append(out, mesgdef.NewExerciseTitle(nil).SetExerciseCategory(typedef.ExerciseCategorySquat).
		SetExerciseName(uint16(typedef.SquatExerciseNameBarbellBackSquat)).SetWktStepName([]string{"Deep squat"}).ToMesg(nil))
	set := func(at, seconds int, kind typedef.SetType) *mesgdef.Set {
		from := start.Add(time.Duration(at) * time.Second)
		return mesgdef.NewSet(nil).SetStartTime(from).SetTimestamp(from.Add(time.Duration(seconds) * time.Second)).
			SetDurationScaled(float64(seconds)).SetSetType(kind)
	}
	for i := range 3 {
		squats := set(120*i, 40, typedef.SetTypeActive).SetRepetitions(8).SetWeightScaled(60).
			SetCategory([]typedef.ExerciseCategory{typedef.ExerciseCategorySquat}).
			SetCategorySubtype([]uint16{uint16(typedef.SquatExerciseNameBarbellBackSquat)})
		out = append(out, squats.ToMesg(nil), set(120*i+40, 80, typedef.SetTypeRest).ToMesg(nil))
	}
	pushups := set(360, 60, typedef.SetTypeActive).SetRepetitions(20).SetWeight(0).
		SetCategory([]typedef.ExerciseCategory{typedef.ExerciseCategoryPushUp}).SetCategorySubtype([]uint16{uint16(typedef.PushUpExerciseNamePushUp)})
	return Encode(append(out, pushups.ToMesg(nil))...)
}

// Dive is a dive of ten minutes to 20 m and back, a sample a second, with the
// device's summary of it: the twelfth, two hours after the one before.
func Dive(start time.Time) []byte {
	a := &activity{sport: typedef.SportDiving, sub: typedef.SubSportSingleGasDiving}
	out := a.messages(start, 600, func(i int, r *mesgdef.Record) { r.SetDepthScaled(20 * math.Sin(float64(i)/600*math.Pi)) })
	return Encode(append(out, mesgdef.NewDiveSummary(nil).SetTimestamp(start.Add(10*time.Minute)).
		SetReferenceMesg(typedef.MesgNumSession).SetReferenceIndex(0).SetAvgDepthScaled(12.5).SetMaxDepthScaled(20.1).
		SetSurfaceInterval(7200).SetBottomTimeScaled(570).SetDiveNumber(12).ToMesg(nil))...)
}

// place puts the record of second i at speed m/s on a straight way north, with
// waves of 20 m in height.
func place(r *mesgdef.Record, i int, speed float64) {
	const metresPerDegree = 111_195
	distance := float64(i) * speed
	r.SetPositionLatDegrees(52.5 + distance/metresPerDegree).SetPositionLongDegrees(13.4)
	r.SetDistanceScaled(distance).SetEnhancedSpeedScaled(speed)
	r.SetEnhancedAltitudeScaled(50 + 20*math.Sin(float64(i)/100))
}

// activity is what a file of one session has besides its records.
type activity struct {
	sport           typedef.Sport
	sub             typedef.SubSport
	lapM            float64 // distance of an automatic lap, or 0
	pauseAt, pauseS int     // in seconds
}

func (a *activity) messages(start time.Time, seconds int, fill func(int, *mesgdef.Record)) []proto.Message {
	out := opening(start)
	out = append(out, timer(start, typedef.EventTypeStart))
	shift := time.Duration(0)
	lap := lapFrom(start)
	var distance float64
	for i := range seconds {
		if a.pauseS > 0 && i == a.pauseAt {
			out = append(out, timer(start.Add(time.Duration(i)*time.Second), typedef.EventTypeStopAll))
			shift = time.Duration(a.pauseS) * time.Second
			out = append(out, timer(start.Add(time.Duration(i)*time.Second+shift), typedef.EventTypeStart))
		}
		now := start.Add(time.Duration(i)*time.Second + shift)
		r := mesgdef.NewRecord(nil).SetTimestamp(now)
		fill(i, r)
		out = append(out, r.ToMesg(nil))
		if d := r.DistanceScaled(); !math.IsNaN(d) {
			distance = d
		}
		if a.lapM > 0 && distance-lap.from >= a.lapM {
			out = append(out, lap.close(now, distance, typedef.LapTriggerDistance))
			lap = lapFrom(now)
			lap.from = distance
		}
	}
	end := start.Add(time.Duration(seconds)*time.Second + shift)
	out = append(out, timer(end, typedef.EventTypeStopAll), lap.close(end, distance, typedef.LapTriggerSessionEnd))
	s := session(start, end, a.sport, a.sub).
		SetTotalTimerTimeScaled(float64(seconds)).SetTotalDistanceScaled(distance)
	return append(out, s.ToMesg(nil), closing(end, 1))
}

// openLap is a lap that is being recorded.
type openLap struct {
	start time.Time
	from  float64
}

func lapFrom(start time.Time) openLap { return openLap{start: start} }

func (l openLap) close(end time.Time, distance float64, why typedef.LapTrigger) proto.Message {
	s := end.Sub(l.start).Seconds()
	return mesgdef.NewLap(nil).SetTimestamp(end).SetStartTime(l.start).
		SetTotalElapsedTimeScaled(s).SetTotalTimerTimeScaled(s).SetTotalDistanceScaled(distance - l.from).
		SetLapTrigger(why).SetIntensity(typedef.IntensityActive).ToMesg(nil)
}

func opening(start time.Time) []proto.Message {
	return []proto.Message{
		mesgdef.NewFileId(nil).SetType(typedef.FileActivity).SetManufacturer(maker).SetProduct(product).
			SetTimeCreated(start).SetSerialNumber(1).ToMesg(nil),
	}
}

func timer(at time.Time, what typedef.EventType) proto.Message {
	return mesgdef.NewEvent(nil).SetTimestamp(at).SetEvent(typedef.EventTimer).SetEventType(what).ToMesg(nil)
}

func session(start, end time.Time, sport typedef.Sport, sub typedef.SubSport) *mesgdef.Session {
	s := end.Sub(start).Seconds()
	return mesgdef.NewSession(nil).SetTimestamp(end).SetStartTime(start).SetSport(sport).SetSubSport(sub).
		SetTotalElapsedTimeScaled(s).SetTotalTimerTimeScaled(s)
}

// closing is the activity message, with local time two hours ahead of UTC.
func closing(end time.Time, sessions uint16) proto.Message {
	return mesgdef.NewActivity(nil).SetTimestamp(end).SetLocalTimestamp(end.Add(2 * time.Hour)).
		SetNumSessions(sessions).ToMesg(nil)
}
