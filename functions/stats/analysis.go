package stats

import (
	"time"

	"paceline/events"
	"paceline/functions/stats/figures"
)

// analysis is what is kept of a workout beside its figures: its best efforts,
// its time in zones, and what all of it was made of.
type analysis struct {
	figures.Analysis
	Basis  Basis
	line   []int32   // for a map
	ends   []float64 // first and last position
	places []figures.Place
}

// kept is an analysis as it is stored: the figures themselves are the Record's.
type kept struct {
	At    time.Time       `json:"at"` // the start, with the workout's own offset
	Peaks []figures.Peak  `json:"peaks"`
	Zones []figures.Zones `json:"zones"`
	Basis Basis           `json:"basis"`
	Line  []int32         `json:"line,omitempty"` // see lineOf
}

// Basis is what the figures of a workout were made of. The same basis gives
// the same figures; a replay computes those whose basis is no longer true.
type Basis struct {
	Formula      string          `json:"formula"`
	Sport        string          `json:"sport"`
	SubSport     string          `json:"sub_sport,omitempty"`
	SourceSHA256 string          `json:"source_sha256,omitempty"` // of the original; "" for a manual entry
	Track        string          `json:"track,omitempty"`         // that a crop, a split or a merge made of it
	Athlete      figures.Athlete `json:"athlete"`
}

// basisOf is what the figures of a workout have to be made of now.
func basisOf(w events.Workout, s Settings) Basis {
	return Basis{
		Formula: figures.Formula, Sport: w.Sport, SubSport: w.SubSport, SourceSHA256: w.Source.SHA256, Track: w.Track,
		Athlete: s.of(w),
	}
}

// kept is the analysis of a workout as it is stored; nil for none.
func (a *analysis) kept(w events.Workout) *kept {
	if a == nil {
		return nil
	}
	return &kept{w.StartedAt, a.Peaks, a.Zones, a.Basis, a.line}
}
