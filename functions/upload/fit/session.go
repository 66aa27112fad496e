package fit

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"

	"paceline/functions/upload/fit/profile"
	"paceline/shared/track"
)

// Fields of a session message that are not totals.
const (
	sessionSport      = 5
	sessionSubSport   = 6
	sessionPoolLength = 44
)

// session is one workout of a part, with its place in time and in the records.
type session struct {
	message
	said         bool  // there is a session message
	timed        bool  // start is known
	first        bool  // no session starts earlier
	start, until int64 // ms since the FIT epoch; until is where the next one starts
	from, to     int   // its records
	begin, end   int64 // first and last moment that anything tells of
}

// tracks makes the workouts of a part.
func (p *part) tracks() []*track.Track {
	p.columns.complete()
	p.setClock()
	p.mergeBeats()
	if p.columns.checkPositions() {
		p.warn("position_invalid")
	}
	p.placeSpans()
	sessions := p.split()
	out := make([]*track.Track, len(sessions))
	base := 0.0
	for i := range sessions {
		s := &sessions[i]
		t := p.track(s)
		base = rebase(t, s.from > 0, base)
		out[i] = t
	}
	for _, t := range out {
		t.Warnings = slices.Clone(p.warnings)
	}
	return out
}

// split finds the sessions and shares out the records among them: a record
// belongs to the last session that had started, an early one to the first.
func (p *part) split() []session {
	sessions := make([]session, 0, max(1, len(p.sessions)))
	for _, k := range p.sessions {
		s := session{message: k.message, said: true}
		s.start, s.timed = p.startOf(k)
		sessions = append(sessions, s)
	}
	times := p.columns.times
	if len(sessions) == 0 {
		p.warn("no_session")
		sessions = append(sessions, session{message: message{def: &definition{}}})
	}
	if len(sessions) == 1 {
		p.anchor(&sessions[0])
	}
	sessions = inOrder(sessions)
	for i := range sessions {
		s := &sessions[i]
		s.first, s.until, s.to = i == 0, math.MaxInt64, len(times)
		if i > 0 {
			s.from = sessions[i-1].to
		}
		if i+1 < len(sessions) {
			s.until = sessions[i+1].start
			s.to = s.from + sort.Search(len(times)-s.from, func(j int) bool { return times[s.from+j] >= s.until })
		}
		s.begin, s.end = s.bounds(times[s.from:s.to])
	}
	return sessions
}

// bounds are the first and last moment of a session with the records of times.
func (s *session) bounds(times []int64) (begin, end int64) {
	begin, end = s.start, s.start
	if len(times) > 0 {
		begin, end = min(begin, times[0]), max(end, times[len(times)-1])
	}
	if elapsed := s.native(totalElapsed); !math.IsNaN(elapsed) {
		end = max(end, s.start+int64(elapsed))
	}
	return begin, min(end, s.until)
}

// startOf is when a session, lap or length says that it started, or what its
// end and elapsed time come to.
func (p *part) startOf(k kept) (int64, bool) {
	if start := k.whole(startTime, noTime); start != noTime {
		return p.clock.ms(start), true
	}
	if elapsed := k.native(totalElapsed); k.when != noTime && !math.IsNaN(elapsed) {
		return p.clock.ms(k.when) - int64(elapsed), true
	}
	return 0, false
}

// anchor gives the only session the start of the records if its own is missing
// or cannot be true: after the last record or more than a day before the first.
func (p *part) anchor(s *session) {
	times := p.columns.times
	if len(times) == 0 {
		if !s.timed {
			s.start, s.timed = p.clock.ms(p.created), p.created != noTime
		}
		return
	}
	first, last := times[0], times[len(times)-1]
	if s.timed && (s.start > last || s.start < first-24*hour) {
		p.warn("session_start_ignored")
		s.timed = false
	}
	if !s.timed {
		s.start, s.timed = first, true
	}
}

// inOrder sorts sessions by their start, one without a start after its
// predecessor, and keeps the last of those that are written twice.
func inOrder(sessions []session) []session {
	for i := 1; i < len(sessions); i++ {
		if !sessions[i].timed {
			sessions[i].start = sessions[i-1].start + 1
		}
	}
	slices.SortStableFunc(sessions, func(a, b session) int { return cmp.Compare(a.start, b.start) })
	out := sessions[:0]
	for i, s := range sessions {
		again := i+1 < len(sessions) && sessions[i+1].start == s.start &&
			sessions[i+1].native(sessionSport) == s.native(sessionSport)
		if !again {
			out = append(out, s)
		}
	}
	return out
}

// track makes the workout of a session.
func (p *part) track(s *session) *track.Track {
	start := s.begin
	t := &track.Track{
		Format: "fit", Name: p.name, Device: p.device(), Barometric: p.barometric(),
		Sport: p.sportOf(s), SubSport: p.subSportOf(s),
		StartedAt: time.UnixMilli(start + epoch*1000).UTC(),
		Samples:   p.columns.samples(s.from, s.to, start),
	}
	t.UTCOffset = p.utcOffset(&t.Samples)
	p.addSpans(t, s, start)
	if !s.said {
		t.Session = sumLaps(t.Laps)
		return t
	}
	t.Session = s.totals(&sessionFields)
	p.dived(messageSession, s.message, &t.Session)
	if pool := s.value(sessionPoolLength, 100); pool > 0 {
		t.PoolLengthM = track.Some(pool)
	}
	if code := saneTimes(&t.Session, t.Samples.TimeMS); code != "" {
		p.warn(code)
	}
	return t
}

// sportOf is the session's sport, or that of the sport message, or of a lap.
func (p *part) sportOf(s *session) string {
	sport := uint8(s.whole(sessionSport, 0xFF))
	if !s.said {
		sport = p.sport
		if sport == 0xFF && len(p.laps) > 0 {
			sport = uint8(p.laps[0].whole(lapSport, 0xFF))
		}
	}
	return profile.Sport(sport)
}

func (p *part) subSportOf(s *session) string {
	sub := uint8(s.whole(sessionSubSport, 0xFF))
	if !s.said {
		sub = p.subSport
	}
	return profile.SubSport(sub)
}

// utcOffset is the local time of the activity minus UTC in quarters of an
// hour. An offset that cannot be at the place of the workout is none: some
// devices write UTC as the local time.
func (p *part) utcOffset(s *track.Samples) *time.Duration {
	const quarter = 15 * 60
	if p.localTime == noTime || p.activityTime == noTime || p.clock.local {
		return nil
	}
	seconds := float64(int64(p.localTime) - int64(p.activityTime))
	offset := math.Round(seconds/quarter) * quarter
	if math.Abs(offset) > 14*3600 {
		return nil
	}
	for _, lng := range s.Lng {
		if !math.IsNaN(lng) {
			// No zone is more than four and a half hours off the sun.
			if math.Abs(offset-lng/15*3600) > 4.5*3600 {
				return nil
			}
			break
		}
	}
	d := time.Duration(offset) * time.Second
	return &d
}

// rebase makes the distances of a later session begin at 0, whether the device
// counted on from the session before or not. It answers the device's own last
// distance.
func rebase(t *track.Track, later bool, before float64) float64 {
	col := t.Samples.DistanceM
	last := math.NaN()
	for i := len(col) - 1; i >= 0 && math.IsNaN(last); i-- {
		last = col[i]
	}
	if math.IsNaN(last) {
		return before
	}
	if !later || before == 0 || !countsOn(t, before, last) {
		return last
	}
	for i := range col {
		col[i] = max(0, col[i]-before)
	}
	return last
}

// countsOn says that the distances of a session go on from those before.
func countsOn(t *track.Track, before, last float64) bool {
	if total := t.Session.DistanceM; total != nil && *total > 0 {
		return math.Abs(last-before-*total) < math.Abs(last-*total)
	}
	for _, d := range t.Samples.DistanceM {
		if !math.IsNaN(d) {
			return d >= before
		}
	}
	return false
}
