package figures

import "sort"

// stretch is a part of a track: its samples [from, to).
type stretch struct {
	tl       *timeline
	from, to int
}

// between is the stretch of the samples in [startMS, endMS].
func between(tl *timeline, startMS, endMS int64) stretch {
	from := sort.Search(len(tl.ms), func(i int) bool { return tl.ms[i] >= startMS })
	to := sort.Search(len(tl.ms), func(i int) bool { return tl.ms[i] > endMS })
	return stretch{tl: tl, from: from, to: max(from, to)}
}

// timeline is the part of the timeline.
func (r stretch) timeline() timeline {
	part := *r.tl
	part.ms, part.active = part.ms[r.from:r.to], part.active[r.from:r.to]
	return part
}

// mean is the mean and the highest value of a column in the stretch, nil when
// it has none there.
func (r stretch) mean(column []float32, real bounds) (avg, top *float64) {
	if len(column) < r.to {
		return nil, nil
	}
	tl := r.timeline()
	a, m, ok := tl.mean(column[r.from:r.to], real)
	if !ok {
		return nil, nil
	}
	return &a, &m
}
