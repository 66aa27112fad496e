package fit

import (
	"fmt"
	"math"
	"slices"

	"paceline/functions/upload/fit/profile"
	"paceline/shared/track"
)

// Fields that are read outside records, by message.
const (
	fileType         = 0
	fileMaker        = 1
	fileProduct      = 2
	fileCreated      = 4
	fileProductName  = 8
	deviceIndex      = 0
	deviceType       = 1
	deviceMaker      = 2
	deviceProduct    = 4
	deviceSource     = 25
	deviceText       = 27
	activityLocal    = 5
	systemTimestamp  = 1
	workoutName      = 8
	eventKind        = 0
	eventType        = 1
	startTime        = 2 // of a session, a lap and a length
	sourceLocal      = 5
	localBarometer   = 4
	fileTypeActivity = 4
	fileTypeSummary  = 20
)

// kept is a message that is read when all others are known, and its timestamp.
type kept struct {
	message
	when uint32
	at   int64 // when it started, in ms since the FIT epoch, once known
}

// timerEvent is a start or a stop of the timer.
type timerEvent struct {
	when  uint32
	start bool
}

// part is what one FIT file of a chain says.
type part struct {
	at                    int // where it starts in the input
	fileType              uint8
	maker, product        uint16
	productText           string
	creator               uint16 // product of the device that made the file, 0xFFFF if it does not say
	created               uint32
	name                  string // of the planned workout that was followed
	sport, subSport       uint8  // of the sport message, 0xFF without one
	columns               columns
	sessions              []kept
	laps, lengths         []kept
	sets                  []kept
	titles                map[exercise]string
	dives                 map[dive]message
	earlierSessions       int // in earlier files of the chain, for the limit
	sessionAt             int // records before the last session message
	events                []timerEvent
	pauses                []track.Span // in ms since the FIT epoch
	beats                 []beat
	closed                bool // an activity message came
	closedAt              int  // records before it
	activityTime          uint32
	localTime             uint32
	barometer             bool
	clock                 clock
	correlated            bool
	systemSeen, systemIsA uint32 // a pair of system time and UTC
	warnings              []string
}

func newPart(at int) *part {
	return &part{
		at: at, fileType: 0xFF, maker: 0xFFFF, product: 0xFFFF, creator: 0xFFFF, created: noTime,
		sport: 0xFF, subSport: 0xFF, activityTime: noTime, localTime: noTime,
	}
}

// warn notes a code once.
func (p *part) warn(code string) {
	if !slices.Contains(p.warnings, code) {
		p.warnings = append(p.warnings, code)
	}
}

// keep holds on to a message, whose definition must then stay as it is.
func keep(m message, when uint32) kept {
	m.def.kept = true
	return kept{message: m, when: when}
}

func (p *part) addSession(m message, when uint32, r *reader) *track.Fault {
	if len(p.sessions)+p.earlierSessions >= r.limits.Workouts {
		return fault("too_many_workouts", r.at, fmt.Sprintf("more than %d sessions", r.limits.Workouts))
	}
	p.sessions = append(p.sessions, keep(m, when))
	p.sessionAt = len(p.columns.times)
	return nil
}

func (p *part) addLap(m message, when uint32, at int) *track.Fault {
	if len(p.laps) >= maxLaps {
		return fault("too_many_laps", at, fmt.Sprintf("more than %d laps", maxLaps))
	}
	p.laps = append(p.laps, keep(m, when))
	return nil
}

func (p *part) addLength(m message, at int) *track.Fault {
	if len(p.lengths) >= maxLengths {
		return fault("too_many_laps", at, fmt.Sprintf("more than %d lengths", maxLengths))
	}
	p.lengths = append(p.lengths, keep(m, noTime))
	return nil
}

// addEvent takes starts and stops of the timer; other events are no use here.
func (p *part) addEvent(m message, when uint32) {
	const eventTimer = 0
	if when == noTime || m.whole(eventKind, 0xFF) != eventTimer {
		return
	}
	switch m.whole(eventType, 0xFF) {
	case 0:
		p.events = append(p.events, timerEvent{when, true})
	case 1, 4, 8, 9: // stop, stop_all, stop_disable, stop_disable_all
		p.events = append(p.events, timerEvent{when, false})
	}
}

func (p *part) identify(m message) {
	p.fileType = uint8(m.whole(fileType, 0xFF))
	p.maker = uint16(m.whole(fileMaker, 0xFFFF))
	p.product = uint16(m.whole(fileProduct, 0xFFFF))
	p.created = m.whole(fileCreated, noTime)
	p.productText = m.text(fileProductName)
}

// addDevice looks for the maker's own product name and for a barometer.
func (p *part) addDevice(m message) {
	creator := m.whole(deviceIndex, 0xFF) == 0 && m.whole(deviceMaker, 0xFFFF) == uint32(p.maker)
	if creator {
		if p.productText == "" {
			p.productText = m.text(deviceText)
		}
		if product := m.whole(deviceProduct, 0xFFFF); product < 0xFFFF {
			p.creator = uint16(product)
		}
	}
	// The creator of some files has device type 4 as an ANT type, not as a barometer.
	if !creator && m.whole(deviceSource, 0xFF) == sourceLocal && m.whole(deviceType, 0xFF) == localBarometer {
		p.barometer = true
	}
}

func (p *part) correlate(m message, when uint32) {
	system := m.whole(systemTimestamp, noTime)
	if when != noTime && when >= firstDate && system < firstDate {
		p.correlated, p.systemSeen, p.systemIsA = true, system, when
	}
}

// activity says that the file claims to be an activity, or does not say what it is.
func (p *part) activity() bool {
	const makersOwn = 0xF7 // and above: kinds that a maker defines, and 0xFF for none
	return p.fileType == fileTypeActivity || p.fileType == fileTypeSummary || p.fileType >= makersOwn
}

// worth says that something was recorded.
func (p *part) worth() bool {
	if len(p.columns.times) > 0 || len(p.lengths) > 0 || len(p.sets) > 0 {
		return true
	}
	for _, s := range p.sessions {
		if s.value(totalElapsed, 1) > 0 || s.value(totalDistance, 1) > 0 || s.native(sessionCalories) > 0 {
			return true
		}
	}
	return false
}

// whole says that nothing of the activity is missing although the file is
// damaged; see the package comment. stopped is where reading stopped, nil when
// it came to the end.
func (p *part) whole(damage, stopped *track.Fault) bool {
	n := len(p.columns.times)
	switch {
	case n == 0 || len(p.sessions) == 0 && !p.closed:
		return false
	case damage.Code == codeCRC && stopped == nil:
		return true
	case p.closed && p.closedAt == n || len(p.sessions) > 0 && p.sessionAt == n:
		return true
	case stopped != nil && stopped.Code != codeTruncated:
		return false // what was read last may be nonsense
	}
	return p.reachedEnds(p.columns.times[n-1])
}

// reachedEnds says that no session ends later than the last record, for files
// that have their sessions before the records.
func (p *part) reachedEnds(last int64) bool {
	for _, s := range p.sessions {
		const slack = 5 // seconds
		end := s.native(startTime) + s.native(totalElapsed)/1000
		if math.IsNaN(end) || float64(last) < end-slack {
			return false
		}
	}
	return len(p.sessions) > 0
}

// device is the name of what recorded the file.
func (p *part) device() string { return profile.Device(p.maker, p.model(), p.productText) }

// model is the product number of the device that calls itself the creator, or
// that of the file: some watches write the number of another into the file_id.
func (p *part) model() uint16 {
	if p.creator != 0xFFFF {
		return p.creator
	}
	return p.product
}

func (p *part) barometric() bool {
	return p.barometer || p.columns.pressure || profile.Barometric(p.maker, p.model(), p.productText)
}
