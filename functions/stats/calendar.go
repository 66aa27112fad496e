package stats

import (
	"math/bits"
	"slices"
	"time"
)

// Calendar is what is kept of a person's days in each sport, so that streaks
// and Eddington numbers need no day to be read again.
type Calendar map[string]*SportDays

// SportDays are the days of one sport. A year is 46 bytes.
type SportDays struct {
	First int    `json:"first"` // the day (see dayNumber) of the first bit, a multiple of 8
	Bits  []byte `json:"bits"`  // one for each day with a workout
	// Km and Mi count days by their whole kilometres and miles, from 1 on.
	Km map[int]int `json:"km,omitempty"`
	Mi map[int]int `json:"mi,omitempty"`
}

const (
	mmPerKm   = 1_000_000
	mmPerMile = 1_609_344
)

// dayNumber counts days from 1 January 1800, so that none is below 0.
func dayNumber(date time.Time) int {
	return int(date.Sub(dayZero).Hours()) / 24
}

var dayZero = time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC)

func dayOf(n int) time.Time { return dayZero.AddDate(0, 0, n) }

// change takes over that the sums of a day and sport went from before to after.
func (c Calendar) change(date time.Time, sport string, before, after Sums) {
	s := c[sport]
	if s == nil {
		s = &SportDays{Km: map[int]int{}, Mi: map[int]int{}}
		c[sport] = s
	}
	if (before.N > 0) != (after.N > 0) {
		s.set(dayNumber(date), after.N > 0)
	}
	move(&s.Km, before.DistanceMM/mmPerKm, after.DistanceMM/mmPerKm)
	move(&s.Mi, before.DistanceMM/mmPerMile, after.DistanceMM/mmPerMile)
	if s.empty() {
		delete(c, sport)
	}
}

func (s *SportDays) empty() bool {
	return !slices.ContainsFunc(s.Bits, func(b byte) bool { return b != 0 })
}

func move(days *map[int]int, from, to int64) {
	if from == to {
		return
	}
	if *days == nil {
		*days = map[int]int{}
	}
	if from > 0 {
		if (*days)[int(from)]--; (*days)[int(from)] == 0 {
			delete(*days, int(from))
		}
	}
	if to > 0 {
		(*days)[int(to)]++
	}
}

// set marks a day, growing either way.
func (s *SportDays) set(day int, active bool) {
	first := day &^ 7
	switch {
	case len(s.Bits) == 0:
		s.First = first
	case first < s.First:
		s.Bits = append(make([]byte, (s.First-first)/8), s.Bits...)
		s.First = first
	}
	for i := (day - s.First) / 8; i >= len(s.Bits); {
		s.Bits = append(s.Bits, 0)
	}
	i, bit := (day-s.First)/8, byte(1)<<(day&7)
	if active {
		s.Bits[i] |= bit
	} else {
		s.Bits[i] &^= bit
	}
}

// days are the days with a workout, in order.
func (s *SportDays) days() []int {
	var out []int
	for i, b := range s.Bits {
		for ; b != 0; b &= b - 1 {
			out = append(out, s.First+8*i+bits.TrailingZeros8(b))
		}
	}
	return out
}

// active are the days of a sport, or of all of them when sport is "".
func (c Calendar) active(sport string) []int {
	var out []int
	for name, s := range c {
		if sport == "" || sport == name {
			out = append(out, s.days()...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Streak is a run of days or weeks without a gap.
type Streak struct {
	Length     int
	First, End int // the first and the last one; meaningless when Length is 0
}

// streaks are the run that goes on now and the longest one of rising numbers.
// A run goes on when its last number is now or the one before: today is not
// over yet.
func streaks(numbers []int, now int) (current, longest Streak) {
	var run Streak
	for i, n := range numbers {
		if i > 0 && n == run.End+1 {
			run.Length, run.End = run.Length+1, n
		} else {
			run = Streak{1, n, n}
		}
		if run.Length > longest.Length {
			longest = run
		}
		if run.End == now || run.End == now-1 {
			current = run
		}
	}
	return current, longest
}

// weeksOf are the ISO weeks of days, counted from the one that holds dayZero.
func weeksOf(days []int) []int {
	out := make([]int, 0, len(days))
	for _, d := range days {
		out = append(out, weekOf(d))
	}
	return slices.Compact(out)
}

// weekOf is the ISO week of a day: 1 January 1800 was a Wednesday.
func weekOf(day int) int { return (day + 2) / 7 }

// mondayOf is the first day of a week.
func mondayOf(week int) int { return 7*week - 2 }

// eddington is the largest number of which there are as many days of at least
// as much, and how many such days are missing to the next.
func eddington(days map[int]int) (number, missing int) {
	most := 0
	for length := range days {
		most = max(most, length)
	}
	atLeast := 0
	for e := most; e > 0; e-- {
		atLeast += days[e]
		if atLeast >= e {
			return e, e + 1 - (atLeast - days[e])
		}
	}
	return 0, 1 - atLeast
}

// sports are the sports of a calendar by name.
func (c Calendar) sports() []string {
	out := make([]string, 0, len(c))
	for name := range c {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
