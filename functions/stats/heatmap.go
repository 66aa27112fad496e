package stats

import (
	"context"
	"math"
	"net/http"

	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
	"paceline/shared/track"
)

// A line on a map has a point each thinM metres at least, and at most linePoints.
const (
	thinM      = 15.0
	linePoints = 2000
)

// lineOf is where a track went, see thinned.
func lineOf(t *track.Track) []int32 { return thinned(t.Samples.Lat, t.Samples.Lng) }

// thinned is a way with as few points as a map needs: latitudes and longitudes in
// turns, in units of 1e-5 degrees.
func thinned(lats, lngs []float64) []int32 {
	for step := thinM; ; step *= 2 {
		var out []int32
		lastLat, lastLng := math.NaN(), math.NaN()
		for i, lat := range lats {
			lng := lngs[i]
			if math.IsNaN(lat) || math.IsNaN(lng) || track.Apart(lastLat, lastLng, lat, lng) < step { // NaN before the first
				continue
			}
			out = append(out, int32(math.Round(lat*1e5)), int32(math.Round(lng*1e5)))
			lastLat, lastLng = lat, lng
		}
		if len(out) <= 2*linePoints {
			return out
		}
	}
}

// position is the n-th one of a line.
func position(line []int32, n int) (lat, lng float64) {
	return float64(line[2*n]) / 1e5, float64(line[2*n+1]) / 1e5
}

// visible are the parts of a line outside of the hidden circles, each encoded.
// A step that only crosses one is taken out, too.
func (h Hiding) visible(line []int32) []string {
	out := []string{}
	var part []int32
	var latA, lngA float64 // the last of the part
	flush := func() {
		if len(part) > 2 {
			out = append(out, polyline(part))
		}
		part = nil
	}
	for i := range len(line) / 2 {
		lat, lng := position(line, i)
		if h.hides(lat, lng) {
			flush()
			continue
		}
		if len(part) > 0 && h.crosses(latA, lngA, lat, lng) {
			flush()
		}
		part = append(part, line[2*i], line[2*i+1])
		latA, lngA = lat, lng
	}
	flush()
	return out
}

// crosses says whether the way between two visible places leads through a hidden
// circle.
func (h Hiding) crosses(latA, lngA, latB, lngB float64) bool {
	for _, z := range h.Zones {
		n := math.Ceil(track.Apart(latA, lngA, latB, lngB) / (z.Hidden.RadiusM / 4))
		for i := 1.0; i < n; i++ {
			if z.Hidden.holds(latA+(latB-latA)*i/n, lngA+(lngB-lngA)*i/n) {
				return true
			}
		}
	}
	return false
}

// polyline is Google's Encoded Polyline Algorithm Format, which maps read.
func polyline(line []int32) string {
	var out []byte
	var before [2]int32
	for i, v := range line {
		d := v - before[i%2]
		before[i%2] = v
		u := uint32(d) << 1
		if d < 0 {
			u = ^u
		}
		for ; u >= 0x20; u >>= 5 {
			out = append(out, byte(u&0x1f|0x20)+63)
		}
		out = append(out, byte(u)+63)
	}
	return string(out)
}

// unpolyline is the line that polyline encoded; as far as it can be read.
func unpolyline(encoded string) (line []int32) {
	var at [2]int32
	var u uint32
	shift := 0
	for _, b := range []byte(encoded) {
		u |= uint32(b-63) & 0x1f << shift
		if shift += 5; (b-63)&0x20 != 0 {
			continue
		}
		d := int32(u >> 1)
		if u&1 != 0 {
			d = ^d
		}
		at[len(line)%2] += d
		line = append(line, at[len(line)%2])
		u, shift = 0, 0
	}
	return line
}

// heatmap is where the caller's workouts went, a page at a time, without what
// the privacy zones hide: it is there to be shown to others.
func (f *stats) heatmap(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	reader := identity.CallerFrom(r.Context())
	q := query{reader: reader, user: reader.UserID, sport: r.URL.Query().Get("sport"), page: page}
	if q.window, err = parseWindow(r); err != nil {
		return err
	}
	found, err := f.find(r.Context(), q)
	if err != nil {
		return err
	}
	out := api.Heatmap{Items: []api.HeatmapLine{}, NextCursor: found.NextCursor}
	h, err := f.workouts.hiding(r.Context(), q.user)
	if err != nil {
		return err
	}
	all, err := f.analyses(r.Context(), q.user, found.Items)
	if err != nil {
		return err
	}
	for i, k := range all {
		if k == nil {
			continue
		}
		if lines := h.visible(k.Line); len(lines) > 0 {
			w := found.Items[i]
			out.Items = append(out.Items, api.HeatmapLine{WorkoutID: w.ID, Sport: w.Sport, StartedAt: w.StartedAt, Polylines: lines})
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// analyses are those of a person's workouts, nil where there is none.
func (f *stats) analyses(ctx context.Context, user string, of []api.Workout) ([]*kept, error) {
	places := make([]store.Place, len(of))
	for i, w := range of {
		places[i] = store.Place{Owner: user, Key: f.workouts.Key(user, "analysis", w.ID)}
	}
	return store.GetManySealed[kept](ctx, f.workouts.Store, places)
}
