package fit

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"paceline/functions/upload/fit/profile"
	"paceline/shared/track"
)

// Decode reads a FIT file, or several back to back, into its workouts, in time
// order. The error is always a *track.Fault; see the package comment for what
// is repaired and what is refused. data is not kept.
func Decode(data []byte, lim track.Limits) ([]*track.Track, error) {
	c := chain{data: data, limits: lim}
	if err := c.read(); err != nil {
		return nil, err
	}
	var out []*track.Track
	for _, p := range c.parts {
		out = append(out, p.tracks()...)
	}
	slices.SortStableFunc(out, func(a, b *track.Track) int { return a.StartedAt.Compare(b.StartedAt) })
	return out, nil
}

// chain is the FIT files of one input.
type chain struct {
	data     []byte
	limits   track.Limits
	parts    []*part // activities
	beats    []beat  // of files that hold nothing else and come before any activity
	points   int
	sessions int
	refused  *track.Fault // why the first file without an activity is none
}

// read takes file after file. Once an activity is there, damage in what
// follows it is a warning, unless it is a damaged activity itself.
func (c *chain) read() *track.Fault {
	at := 0
	for at < len(c.data) || at == 0 {
		if len(c.parts) > 0 && !Sniff(c.data[at:]) {
			if len(bytes.Trim(c.data[at:], "\x00")) > 0 {
				c.warn("trailing_bytes")
			}
			break
		}
		f, broken := readFrame(c.data, at)
		if broken != nil && len(c.parts) > 0 {
			c.warn(warning(broken))
			break
		}
		if broken == nil {
			broken = c.readPart(at, f)
		}
		if broken != nil {
			return broken
		}
		at = f.next
	}
	if len(c.parts) > 0 {
		return nil
	}
	if c.refused == nil {
		c.refused = fault("no_activity", 0, "the file holds no workout")
	}
	return c.refused
}

// readPart reads the file in a frame and keeps it if it is an activity.
func (c *chain) readPart(at int, f frame) *track.Fault {
	p := newPart(at)
	p.columns.earlier, p.earlierSessions = c.points, c.sessions
	r := reader{data: c.data[:f.end], at: f.start, limits: c.limits, part: p}
	stopped := r.read()
	if stopped != nil && strings.HasPrefix(stopped.Code, "too_many") {
		return stopped
	}
	damage := cmp.Or(f.damage, stopped)
	isWorkout := p.activity() && p.worth()
	switch {
	case damage != nil && isWorkout && !p.whole(damage, stopped),
		damage != nil && !isWorkout && len(c.parts) == 0:
		return damage
	case damage != nil && !isWorkout:
		c.warn(warning(damage))
	case damage != nil:
		p.warn(warning(damage))
	}
	c.keep(p, isWorkout)
	if c.sessions > c.limits.Workouts {
		return fault("too_many_workouts", at, fmt.Sprintf("more than %d workouts", c.limits.Workouts))
	}
	return nil
}

// keep files away what a part holds.
func (c *chain) keep(p *part, isWorkout bool) {
	switch {
	case isWorkout:
		p.beats = append(p.beats, c.beats...)
		c.beats = nil
		c.parts = append(c.parts, p)
		c.points += len(p.columns.times)
		c.sessions += max(1, len(p.sessions))
	case len(p.beats) > 0 && len(c.parts) > 0:
		last := c.parts[len(c.parts)-1]
		last.beats = append(last.beats, p.beats...)
	case len(p.beats) > 0:
		c.beats = append(c.beats, p.beats...)
	case c.refused == nil && !p.activity():
		c.refused = fault("not_activity", p.at, fmt.Sprintf("the file holds %s, not an activity", profile.FileKind(p.fileType)))
	case c.refused == nil:
		c.refused = fault("no_activity", p.at, "the file has neither records nor a session")
	}
}

// warn notes a code on all activities so far.
func (c *chain) warn(code string) {
	for _, p := range c.parts {
		p.warn(code)
	}
}

// warning is the code under which accepted damage is reported.
func warning(f *track.Fault) string { return strings.TrimPrefix(f.Code, "fit_") }
