package stats

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"paceline/functions/stats/figures"
	"paceline/shared/api"
)

const maxSegments = 200 // that a person may make

// Segment is a stretch of road that a member made of a workout.
type Segment struct {
	ID             string                `json:"id"`
	UserID         string                `json:"user_id"`
	Version        int64                 `json:"version"`
	CreatedAt      time.Time             `json:"created_at"`
	Name           string                `json:"name"`
	Sport          string                `json:"sport"`
	Visibility     api.SegmentVisibility `json:"visibility"`
	DistanceM      float64               `json:"distance_m"`
	ElevationGainM *float64              `json:"elevation_gain_m,omitempty"`
	Polyline       string                `json:"polyline"`
	Seed           []byte                `json:"seed"` // of the names of its boards; never shown
}

// Made is what finds a segment by its id, and among those that begin in a tile.
type Made struct {
	UserID string `json:"user_id"`
	Start  string `json:"start"` // the name of the tile
}

func (s Segment) line() []int32 { return unpolyline(s.Polyline) }

// open says whether others may know of the segment, whose maker's zones these are.
func (s Segment) open(makers Hiding) bool {
	return s.Visibility == api.SegmentVisibilityEveryone && !makers.touches(s.line())
}

// answer is the segment as the API shows it.
func (s Segment) answer() api.Segment {
	return api.Segment{
		ID: s.ID, Version: s.Version, UserID: s.UserID, CreatedAt: s.CreatedAt, Name: s.Name, Sport: s.Sport, Visibility: s.Visibility,
		DistanceM: s.DistanceM, ElevationGainM: s.ElevationGainM, Polyline: s.Polyline,
	}
}

// effort is a passage of the segment as the API shows it.
func (s Segment) effort(workout string, at time.Time, p Passage) api.SegmentEffort {
	return api.SegmentEffort{
		SegmentID: s.ID, SegmentName: s.Name, WorkoutID: workout, StartedAt: at, StartS: &p.StartS, DistanceM: s.DistanceM,
		ElapsedTimeS: p.ElapsedS, AvgSpeedMPS: s.DistanceM / p.ElapsedS,
	}
}

// board is the name of the board of a class and a period. Names are
// made with the seed, so that from a name follows neither the sex nor the age nor
// the weight of those who are on it.
func (s Segment) board(period string, c Class) string {
	mac := hmac.New(sha256.New, s.Seed)
	mac.Write([]byte(period + "|" + c.String()))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}

// Class is the people of a sex, of ten years of age and of ten kilograms of
// weight; what is not said is "".
type Class struct {
	Sex    string `json:"sex,omitempty"`
	Age    string `json:"age,omitempty"`    // 30-39
	Weight string `json:"weight,omitempty"` // 70-79
}

// String is the class as one word.
func (c Class) String() string { return c.Sex + "|" + c.Age + "|" + c.Weight }

// classOf is the class of an athlete.
func classOf(a figures.Athlete) Class {
	return Class{Sex: string(a.Sex), Age: band(a.AgeYears, 10), Weight: band(a.WeightKG, 30)}
}

// band is the ten that a value lies in; "" for none, below least or over 200.
func band(v *float64, least float64) string {
	if v == nil || !(*v >= least && *v < 200) {
		return ""
	}
	ten := int(*v) / 10 * 10
	return strconv.Itoa(ten) + "-" + strconv.Itoa(ten+9)
}

// isBand says whether a text is one that band writes.
func isBand(text string) bool {
	low, _, _ := strings.Cut(text, "-")
	v, err := strconv.ParseFloat(low, 64)
	return err == nil && text == band(&v, 10)
}

// wider are the classes that hold the class: itself, and those that say less.
func (c Class) wider() []Class {
	out := []Class{{}}
	for _, say := range []func(*Class) bool{
		func(w *Class) bool { w.Sex = c.Sex; return c.Sex != "" },
		func(w *Class) bool { w.Age = c.Age; return c.Age != "" },
		func(w *Class) bool { w.Weight = c.Weight; return c.Weight != "" },
	} {
		for _, w := range out {
			if say(&w) {
				out = append(out, w)
			}
		}
	}
	return out
}
