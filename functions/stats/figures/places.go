package figures

import (
	"math"

	"paceline/shared/track"
)

// Place is where a person was.
type Place struct {
	S        float64 // after the start of the workout
	Lat, Lng float64
	Leap     bool // the way from the one before was not made in the time between
}

// Places are the positions of a track without its spikes; none of a workout
// whose positions are not the way that was travelled.
func Places(t *track.Track) []Place {
	if len(t.Samples.Lat) == 0 || indoor(t.SubSport) {
		return nil
	}
	s := sportOf(t.Sport, t.SubSport)
	tl := timeline{ms: t.Samples.TimeMS}
	at := make([]float64, len(tl.ms))
	walk(t, &tl, s, at)
	out := make([]Place, 0, len(at))
	r := ruler{}
	for i, m := range at {
		if math.IsNaN(m) {
			continue
		}
		p := Place{S: float64(tl.ms[i]) / 1000, Lat: t.Samples.Lat[i], Lng: t.Samples.Lng[i]}
		if n := len(out); n > 0 {
			last := out[n-1]
			p.Leap = r.metres(last.Lat, last.Lng, p.Lat, p.Lng) > s.limitMPS*(p.S-last.S)+errorM
		}
		out = append(out, p)
	}
	return out
}

// WayM is how long the way along places is.
func WayM(places []Place) (metres float64) {
	r := ruler{}
	for i := 1; i < len(places); i++ {
		metres += r.metres(places[i-1].Lat, places[i-1].Lng, places[i].Lat, places[i].Lng)
	}
	return metres
}

// Doubt is why a way of so many metres in so many seconds, inside a workout with
// these doubts and peaks, makes no record; "" when it does.
func Doubt(sport string, doubts []string, peaks []Peak, metres, seconds float64) string {
	for _, d := range doubts {
		if d == doubtMotor {
			return d
		}
	}
	if limit, ok := limitAt(fastestHumans[sport], metres); ok && metres > limit*seconds {
		return doubtSpeed
	}
	for _, p := range peaks { // the whole workout was another sport
		if p.Doubt == doubtSpeed && (p.Kind == ByDistance && p.Over >= otherSportM || p.Kind == ByTime && p.Over >= otherSportS) {
			return doubtSpeed
		}
	}
	return ""
}
