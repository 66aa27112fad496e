package figures

import "paceline/shared/track"

// PoolLength is one length of a pool.
type PoolLength struct {
	Index        int     // from 1
	StartS       float64 // after the start of the workout
	ElapsedTimeS float64
	Active       bool     // swum, and not a rest at the wall
	Stroke       string   // as the device names it, or ""
	Strokes      *float64 // arm strokes
	AvgSpeedMPS  *float64 // of a length that was swum, when the pool's length is known
	SWOLF        *float64 // seconds plus strokes
}

// PoolLengths are the lengths of a pool swim in time order; none for any other
// workout.
func PoolLengths(t *track.Track) []PoolLength {
	out := make([]PoolLength, 0, len(t.Lengths))
	for i := range t.Lengths {
		l := &t.Lengths[i]
		p := PoolLength{
			Index: i + 1, StartS: float64(l.StartMS) / 1000, ElapsedTimeS: float64(l.EndMS-l.StartMS) / 1000,
			Active: l.Active, Stroke: l.Stroke, Strokes: l.Strokes,
		}
		if l.Active && p.ElapsedTimeS > 0 {
			if t.PoolLengthM != nil {
				p.AvgSpeedMPS = track.Some(*t.PoolLengthM / p.ElapsedTimeS)
			}
			if l.Strokes != nil && *l.Strokes > 0 {
				p.SWOLF = track.Some(p.ElapsedTimeS + *l.Strokes)
			}
		}
		out = append(out, p)
	}
	return out
}

// swum are the lengths that were swum and the mean SWOLF of those whose strokes
// are known.
func (w *workout) swum() {
	if len(w.t.Lengths) == 0 {
		return
	}
	sum, n, swum := 0.0, 0, 0
	for _, l := range PoolLengths(w.t) {
		if l.Active {
			swum++
		}
		if l.SWOLF != nil {
			sum += *l.SWOLF
			n++
		}
	}
	w.Lengths = &swum
	if n > 0 {
		w.set(&w.AvgSWOLF, "avg_swolf", sum/float64(n), "lengths")
	}
}

// poolLine is the way along the lengths that were swum: a sample in a pool
// comes a length late, and its distance grows at the wall.
func poolLine(t *track.Track) (l line, ok bool) {
	if t.PoolLengthM == nil || !(*t.PoolLengthM > 0) {
		return line{}, false
	}
	come, at := 0.0, 0.0
	for i := range t.Lengths {
		swum := &t.Lengths[i]
		if !swum.Active || swum.EndMS <= swum.StartMS {
			continue
		}
		from := max(at, float64(swum.StartMS)/1000)
		at = max(from, float64(swum.EndMS)/1000)
		l.x, l.y = append(l.x, from, at), append(l.y, come, come+*t.PoolLengthM)
		come += *t.PoolLengthM
	}
	return l, len(l.x) > 0
}
