package stats

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"

	"paceline/events"
	"paceline/functions/stats/segment"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/track"
)

// maxZones is how many privacy zones a person may have.
const maxZones = 20

// Hiding is the privacy zones of a person. Others see of a workout only what is
// outside of them.
//
// What is hidden is not the circle that the person names. A circle around a door
// is found again from the ends of a few tracks (Hassan and others, "Analysis of
// Privacy Protections in Fitness Tracking Social Networks", USENIX Security
// 2018), so a larger one around another place is hidden, which holds the
// person's: neither its centre nor its radius says where the door is. It is
// drawn once for a neighbourhood and a person, from Seed: were it drawn for each
// track, or anew for a zone that is made again, the draws would average to the
// truth. Nor does the way to the edge show, which on a net of streets leads back
// to the door (Dhondt and others, "A Run a Day Won't Keep the Hacker Away", CCS
// 2022): samples before and after go, times and distances begin behind them, and
// the totals of such a workout are rounded for others.
type Hiding struct {
	Version int64        `json:"version"`
	Seed    []byte       `json:"seed"` // never shown
	Zones   []HiddenZone `json:"zones"`
}

// HiddenZone is a circle that a person named, and the one that is hidden.
type HiddenZone struct {
	ID        string    `json:"id"`
	Name      string    `json:"name,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	Place     circle    `json:"place"`
	Hidden    circle    `json:"hidden"`
}

type circle struct {
	Lat     float64 `json:"lat"`
	Lng     float64 `json:"lng"`
	RadiusM float64 `json:"radius_m"`
}

func (c circle) holds(lat, lng float64) bool { return track.Apart(c.Lat, c.Lng, lat, lng) <= c.RadiusM }

// checkZone refuses what is no circle on the globe.
func checkZone(in api.PrivacyZoneRequest) error {
	switch {
	case !(in.Lat >= -85 && in.Lat <= 85):
		return fault.Invalid("invalid_zone", "lat is from -85 to 85")
	case !(in.Lng >= -180 && in.Lng <= 180):
		return fault.Invalid("invalid_zone", "lng is from -180 to 180")
	case !(in.RadiusM >= 100 && in.RadiusM <= 5000):
		return fault.Invalid("invalid_zone", "radius_m is from 100 to 5000")
	case len(in.Name) > 200:
		return fault.Invalid("invalid_zone", "name has at most 200 bytes")
	}
	return nil
}

// cloak is the circle that is hidden for a place: 1.6 to 2.4 times as wide, and
// moved so that it holds the place. The draw is one for a neighbourhood of about
// a kilometre.
func (h Hiding) cloak(place circle) circle {
	mac := hmac.New(sha256.New, h.Seed)
	fmt.Fprintf(mac, "%d %d", int(math.Floor(place.Lat*100)), int(math.Floor(place.Lng*100)))
	sum := mac.Sum(nil)
	draw := func(i int) float64 { return float64(binary.BigEndian.Uint64(sum[8*i:])>>11) / (1 << 53) }
	factor := 1.6 + 0.8*draw(0)
	far, angle := (factor-1)*place.RadiusM*math.Sqrt(draw(1)), 2*math.Pi*draw(2)
	return circle{
		Lat:     place.Lat + far*math.Sin(angle)/track.DegreeM,
		Lng:     place.Lng + far*math.Cos(angle)/track.DegreeM/math.Cos(place.Lat*math.Pi/180),
		RadiusM: factor * place.RadiusM * 1.001, // for the curve of the globe
	}
}

// hides says whether a place is in a hidden circle.
func (h Hiding) hides(lat, lng float64) bool {
	for _, z := range h.Zones {
		if z.Hidden.holds(lat, lng) {
			return true
		}
	}
	return false
}

// ends says whether a workout began or ended where it is hidden.
func (h Hiding) ends(at []float64) bool {
	return len(at) == 4 && (h.hides(at[0], at[1]) || h.hides(at[2], at[3]))
}

// of is what the zones make of a workout.
func (h Hiding) of(r Record) events.Hiding {
	return events.Hiding{Version: h.Version, Ends: h.ends(r.Ends)}
}

// touches says whether a line comes into a hidden circle, or within the width of
// a gate of one.
func (h Hiding) touches(line []int32) bool {
	if len(h.Zones) == 0 {
		return false
	}
	wide := Hiding{Zones: slices.Clone(h.Zones)}
	for i := range wide.Zones {
		wide.Zones[i].Hidden.RadiusM += segment.NearM
	}
	var latA, lngA float64
	for i := range len(line) / 2 {
		lat, lng := position(line, i)
		if wide.hides(lat, lng) || i > 0 && wide.crosses(latA, lngA, lat, lng) {
			return true
		}
		latA, lngA = lat, lng
	}
	return false
}

// endsOf is the first and the last position of a track; nil when it has none.
func endsOf(t *track.Track) []float64 {
	var out []float64
	for i, lat := range t.Samples.Lat {
		lng := t.Samples.Lng[i]
		if math.IsNaN(lat) || math.IsNaN(lng) {
			continue
		}
		if out == nil {
			out = []float64{lat, lng, lat, lng}
		}
		out[2], out[3] = lat, lng
	}
	return out
}

// mask is what others see of a track: it begins behind the last hidden sample of
// its start and ends before the first one of its end, as if it had started
// there; what is hidden between has no position, and counts for no distance.
func (h Hiding) mask(t *track.Track) *track.Track {
	s := &t.Samples
	first, last, hidden := -1, -1, false // the first two are visible
	for i := range s.Lat {
		switch {
		case math.IsNaN(s.Lat[i]) || math.IsNaN(s.Lng[i]):
		case h.hides(s.Lat[i], s.Lng[i]):
			hidden = true
		default:
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if !hidden {
		return t
	}
	begin, end, at := int64(0), t.EndMS(), endsOf(t)
	if h.hides(at[0], at[1]) && first >= 0 {
		begin = s.TimeMS[first]
	}
	if h.hides(at[2], at[3]) && last >= 0 {
		end = s.TimeMS[last]
	}
	var out *track.Track
	if first >= 0 {
		out = t.Cut(begin, end)
	}
	if out == nil { // nothing is left
		empty := *t
		out = &empty
		out.Samples, out.Session, out.Laps, out.Pauses, out.Lengths, out.Sets = track.Samples{}, track.Totals{}, nil, nil, nil, nil
		return out
	}
	out.StartedAt = t.StartedAt // when it was there is not told either
	h.blank(&out.Samples)
	for i := range out.Laps {
		out.Laps[i].Totals = track.Totals{}
	}
	return out
}

// blank takes positions, and what tells the way between them, out of the hidden
// samples.
func (h Hiding) blank(s *track.Samples) {
	none := math.NaN()
	skipped, before, inside := 0.0, none, false // metres; the counter before the zone
	for i := range s.Lat {
		hidden := h.hides(s.Lat[i], s.Lng[i]) || inside && math.IsNaN(s.Lat[i])
		if s.DistanceM != nil {
			d := s.DistanceM[i]
			switch {
			case hidden:
				s.DistanceM[i] = none
			case math.IsNaN(d):
			case inside && !math.IsNaN(before):
				skipped += d - before
				fallthrough
			default:
				before = d
				s.DistanceM[i] = d - skipped
			}
		}
		if inside = hidden; !hidden {
			continue
		}
		s.Lat[i], s.Lng[i] = none, none
		if s.SpeedMPS != nil {
			s.SpeedMPS[i] = float32(none)
		}
		if s.ElevationM != nil {
			s.ElevationM[i] = float32(none)
		}
	}
}

// answer is a zone as its owner sees it.
func (z HiddenZone) answer() api.PrivacyZone {
	return api.PrivacyZone{ID: z.ID, Name: z.Name, CreatedAt: z.CreatedAt, Lat: z.Place.Lat, Lng: z.Place.Lng, RadiusM: z.Place.RadiusM}
}
