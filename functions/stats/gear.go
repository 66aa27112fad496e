package stats

import (
	"paceline/events"
	"paceline/shared/api"
)

// Piece is a piece of gear with what it has done. One that no event has told
// of yet has the version 0: its workouts may come first.
type Piece struct {
	Gear events.GearChanged `json:"gear"`
	Use  Sums               `json:"use"`
	Worn bool               `json:"worn,omitempty"` // its owner was told
}

// Used is what a workout adds to a piece of gear.
type Used struct {
	GearID string `json:"gear_id"`
	Sums   Sums   `json:"sums"`
}

// uses is what the workout adds to its gear, or nil.
func (r Record) uses() *Used {
	if r.Deleted || r.Stats == nil || r.Workout.GearID == "" {
		return nil
	}
	s := sumsOf(*r.Stats)
	return &Used{r.Workout.GearID, Sums{N: 1, DistanceMM: s.DistanceMM, MovingMS: s.MovingMS}}
}

// distanceM is how far the piece has come, with what it had before.
func (p Piece) distanceM() float64 {
	before := 0.0
	if p.Gear.StartingDistanceM != nil {
		before = *p.Gear.StartingDistanceM
	}
	return before + float64(p.Use.DistanceMM)/1000
}

// wear says whether the piece wore out since it was last asked: it is told once,
// and again only after a limit that was not reached.
func (p *Piece) wear() bool {
	limit := p.Gear.WearDistanceM
	over := limit != nil && *limit > 0 && p.distanceM() >= *limit && !p.Gear.Retired && !p.Gear.Deleted
	told := p.Worn
	p.Worn = over || (told && limit != nil && p.distanceM() >= *limit)
	return over && !told
}

// answer is the piece as the API shows it.
func (p Piece) answer() api.Gear {
	g, distance, moving := p.Gear, p.distanceM(), float64(p.Use.MovingMS)/1000
	n := int(p.Use.N)
	return api.Gear{
		ID: g.GearID, Version: g.Version, CreatedAt: g.CreatedAt, Name: g.Name, Kind: api.GearKind(g.Kind), DefaultFor: g.DefaultFor,
		WearDistanceM: g.WearDistanceM, StartingDistanceM: g.StartingDistanceM, Retired: g.Retired,
		DistanceM: &distance, MovingTimeS: &moving, Workouts: &n, Worn: p.Worn,
	}
}
