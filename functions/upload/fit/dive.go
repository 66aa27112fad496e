package fit

import "paceline/shared/track"

// Fields of the summary of a dive.
const (
	diveOf       = 0 // the message that it sums up: a session's, or a lap's
	diveIndex    = 1 // which of them
	diveAvg      = 2
	diveMax      = 3
	diveSurface  = 4
	diveNumber   = 10
	diveBottom   = 11
	messageIndex = 254
)

// dive is the session or the lap that a dive is summed up for.
type dive struct{ message, index uint32 }

func (p *part) addDive(m message) {
	d := dive{m.whole(diveOf, unknown), m.whole(diveIndex, 0)}
	if _, again := p.dives[d]; again || len(p.dives) >= maxLaps {
		return
	}
	if p.dives == nil {
		p.dives = map[dive]message{}
	}
	p.dives[d] = keep(m, noTime).message
}

// dived adds to the totals of a session or a lap what a summary says of its dive.
func (p *part) dived(of uint32, m message, t *track.Totals) {
	d, ok := p.dives[dive{of, m.whole(messageIndex, 0)}]
	if !ok {
		return
	}
	t.AvgDepthM, t.MaxDepthM = above(d.value(diveAvg, 1000)), above(d.value(diveMax, 1000))
	t.BottomS, t.SurfaceS = above(d.value(diveBottom, 1000)), above(d.native(diveSurface))
	t.DiveNumber = above(d.native(diveNumber))
}
