package stats

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/api"
)

// Sums of workouts, in units small enough to be exact. The …N count how many
// workouts had the figure at all.
type Sums struct {
	N          int64 `json:"n"`
	DistanceMM int64 `json:"d,omitempty"`
	MovingMS   int64 `json:"m,omitempty"`
	ElapsedMS  int64 `json:"e,omitempty"`
	GainMM     int64 `json:"g,omitempty"`
	GainN      int64 `json:"gn,omitempty"`
	Calories   int64 `json:"c,omitempty"` // cal, a thousandth of a kilocalorie
	CaloriesN  int64 `json:"cn,omitempty"`
	Load       int64 `json:"l,omitempty"` // thousandths
	LoadN      int64 `json:"ln,omitempty"`
	// Of the workouts that have both a way and a moving time.
	SpeedMM int64 `json:"sd,omitempty"`
	SpeedMS int64 `json:"st,omitempty"`
}

// sumsOf is what one workout adds.
func sumsOf(s events.Stats) Sums {
	moving := s.MovingTimeS
	if moving == nil {
		moving = s.TimerTimeS
	}
	out := Sums{N: 1, DistanceMM: milli(s.DistanceM), MovingMS: milli(moving), ElapsedMS: milli(s.ElapsedTimeS)}
	if out.DistanceMM > 0 && out.MovingMS > 0 {
		out.SpeedMM, out.SpeedMS = out.DistanceMM, out.MovingMS
	}
	out.GainMM, out.GainN = milli(s.ElevationGainM), count(s.ElevationGainM)
	out.Calories, out.CaloriesN = milli(s.CaloriesKcal), count(s.CaloriesKcal)
	out.Load, out.LoadN = milli(s.TrainingLoad), count(s.TrainingLoad)
	return out
}

func milli(v *float64) int64 {
	if v == nil {
		return 0
	}
	return int64(math.Round(*v * 1000))
}

func count(v *float64) int64 {
	if v == nil {
		return 0
	}
	return 1
}

// Add adds b times sign, which is 1 or -1.
func (s *Sums) Add(b Sums, sign int64) {
	s.N += sign * b.N
	s.DistanceMM += sign * b.DistanceMM
	s.MovingMS += sign * b.MovingMS
	s.ElapsedMS += sign * b.ElapsedMS
	s.GainMM += sign * b.GainMM
	s.GainN += sign * b.GainN
	s.Calories += sign * b.Calories
	s.CaloriesN += sign * b.CaloriesN
	s.Load += sign * b.Load
	s.LoadN += sign * b.LoadN
	s.SpeedMM += sign * b.SpeedMM
	s.SpeedMS += sign * b.SpeedMS
}

// bucket is the sums as the API shows them; what no workout had is absent.
func (s Sums) bucket(start, end time.Time, sport string) api.SummaryBucket {
	return api.SummaryBucket{
		Start: start.Format(time.DateOnly), End: end.Format(time.DateOnly), Sport: sport, Workouts: int(s.N),
		DistanceM: float64(s.DistanceMM) / 1000, MovingTimeS: float64(s.MovingMS) / 1000, ElapsedTimeS: float64(s.ElapsedMS) / 1000,
		ElevationGainM: known(s.GainMM, s.GainN), CaloriesKcal: known(s.Calories, s.CaloriesN), TrainingLoad: known(s.Load, s.LoadN),
		AvgMovingSpeed: s.speed(),
	}
}

// speed is the way by the time of all workouts together: the mean of their
// means would let a short one count as much as a long one.
func (s Sums) speed() *float64 {
	if s.SpeedMS == 0 {
		return nil
	}
	v := float64(s.SpeedMM) / float64(s.SpeedMS)
	return &v
}

func known(thousandths, n int64) *float64 {
	if n == 0 {
		return nil
	}
	v := float64(thousandths) / 1000
	return &v
}

// Day is the sums of one sport on one day.
type Day struct {
	Date  time.Time // midnight UTC of the calendar day
	Sport string
	Sums  Sums
}

// period is the first day of the period that holds d, and of the next one.
func period(d time.Time, by api.Period) (start, end time.Time) {
	switch by {
	case api.PeriodDay:
		return d, d.AddDate(0, 0, 1)
	case api.PeriodWeek: // ISO weeks begin on Monday
		start = d.AddDate(0, 0, -(int(d.Weekday())+6)%7)
		return start, start.AddDate(0, 0, 7)
	case api.PeriodMonth:
		start = time.Date(d.Year(), d.Month(), 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 1, 0)
	}
	start = time.Date(d.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	return start, start.AddDate(1, 0, 0)
}

// summarise adds days up to periods, in time order. With a sport only its days
// count; else all sports are one.
func summarise(days []Day, by api.Period, sport string) []api.SummaryBucket {
	type sum struct {
		end  time.Time
		sums Sums
	}
	found := map[time.Time]*sum{}
	var starts []time.Time
	for _, d := range days {
		if (sport != "" && d.Sport != sport) || d.Sums.N == 0 {
			continue
		}
		start, end := period(d.Date, by)
		if found[start] == nil {
			found[start] = &sum{end: end}
			starts = append(starts, start)
		}
		found[start].sums.Add(d.Sums, 1)
	}
	slices.SortFunc(starts, time.Time.Compare)
	out := make([]api.SummaryBucket, 0, len(starts))
	for _, start := range starts {
		out = append(out, found[start].sums.bucket(start, found[start].end, sport))
	}
	return out
}

// dayField names a day's sums of a sport within its year.
func dayField(c Counted) (year, field string) {
	return c.Day[:4], c.Day[5:] + "|" + c.Sport
}

func parseDayField(year, field string) (date time.Time, sport string, err error) {
	day, sport, ok := strings.Cut(field, "|")
	date, err = time.Parse(time.DateOnly, year+"-"+day)
	if err == nil && !ok {
		err = fmt.Errorf("stats: day %q", field)
	}
	return date, sport, err
}
