package stats

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"paceline/functions/stats/figures"
)

// A cohort is people of one age band and sex who did one distance of a sport in
// one month; each is in it once, with the best time of the month. What is kept
// of all of them is a sketch of their times: how many lie in each of buckets that
// grow by a fixed share (DDSketch, Masson and others, VLDB 2019), so that any
// quantile is known to sketchError. Sketches of that kind merge by addition, and
// what was put in is taken out again by subtraction.
const (
	sketchError = 0.005
	// cohortFloor is how many people a cohort has at least before anything is said
	// of it.
	cohortFloor = 20
)

var sketchGrowth = math.Log((1 + sketchError) / (1 - sketchError))

// bucketOf is where a time lies, from 1 on.
func bucketOf(seconds float64) int { return max(1, int(math.Ceil(math.Log(seconds)/sketchGrowth))+1) }

// cohortName is the cohort of a distance; "" for who has not said age and sex.
func cohortName(sport, month string, metres float64, a figures.Athlete) string {
	if a.AgeYears == nil || a.Sex == "" || *a.AgeYears < 10 || *a.AgeYears > 109 {
		return ""
	}
	band := int(*a.AgeYears) / 10 * 10
	return fmt.Sprintf("%s|%s|%d-%d|%s|%s", sport, strconv.FormatFloat(metres, 'f', -1, 64), band, band+9, a.Sex, month)
}

// Share is what a person has put into the cohorts of a month and sport. Token is
// how the cohorts call the person: when this is gone, nobody can say whose it is.
type Share struct {
	Version int64          `json:"version"`
	Token   string         `json:"token"`
	Buckets map[string]int `json:"buckets"` // by cohort
}

// shares is what the records of a month put into cohorts.
func shares(sport, month string, l Ladders, a figures.Athlete) map[string]int {
	out := map[string]int{}
	for key := range l {
		p, ok := parseKey(key)
		if !ok || p.Kind != figures.ByDistance {
			continue
		}
		if name := cohortName(sport, month, p.Over, a); name != "" {
			top, _ := l.top(key)
			out[name] = bucketOf(top.Value)
		}
	}
	return out
}

// Entry is what one person put into a cohort, under a name that nobody knows.
type Entry struct {
	Version int64 `json:"version"`
	Bucket  int   `json:"bucket"` // 0 when it was taken out again
}

// Sketch is how many people of a cohort lie in each bucket.
type Sketch map[int]int64

// sketchOf reads a stored sketch.
func sketchOf(fields map[string]string) Sketch {
	s := Sketch{}
	for f, v := range fields {
		bucket, err := strconv.Atoi(f)
		n, errN := strconv.ParseInt(v, 10, 64)
		if err == nil && errN == nil && n > 0 {
			s[bucket] = n
		}
	}
	return s
}

// people is how many there are.
func (s Sketch) people() (n int64) {
	for _, v := range s {
		n += v
	}
	return n
}

// fasterThan is the share of people, in percent, who took longer than a time, of
// those alike half; false below the floor.
func (s Sketch) fasterThan(seconds float64) (float64, bool) {
	n := s.people()
	if n < cohortFloor {
		return 0, false
	}
	mine, slower := bucketOf(seconds), 0.0
	for bucket, v := range s {
		switch {
		case bucket > mine:
			slower += float64(v)
		case bucket == mine:
			slower += float64(v) / 2
		}
	}
	return math.Round(slower/float64(n)*1000) / 10, true
}

// quantile is the time that a share of the people took at most; false below the
// floor.
func (s Sketch) quantile(share float64) (float64, bool) {
	n := s.people()
	if n < cohortFloor {
		return 0, false
	}
	buckets := make([]int, 0, len(s))
	for b := range s {
		buckets = append(buckets, b)
	}
	slices.Sort(buckets)
	rank, seen := share*float64(n-1), 0.0
	for _, b := range buckets {
		if seen += float64(s[b]); seen > rank {
			top := math.Exp(float64(b-1) * sketchGrowth)
			return 2 * top / (1 + math.Exp(sketchGrowth)), true // the middle, in relative terms
		}
	}
	return 0, false
}

// monthOf is the sport and the month in the key of a Share.
func monthOf(key, prefix string) (sport, month string, ok bool) {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, ":")
}
