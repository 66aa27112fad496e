package fit

import (
	"fmt"

	"paceline/shared/track"
)

// Numbers of the messages that are read.
const (
	messageFileID      = 0
	messageSport       = 12
	messageSession     = 18
	messageLap         = 19
	messageRecord      = 20
	messageEvent       = 21
	messageDevice      = 23
	messageWorkout     = 26
	messageActivity    = 34
	messageLength      = 101
	messageHR          = 132
	messageCorrelation = 162
	messageDescription = 206
	messageSet         = 225
	messageExercise    = 264 // exercise_title
	messageDive        = 268 // dive_summary
	messageNone        = 0xFFFF
)

// Bounds on what a file may make us keep. A day in a pool has some 3,000
// lengths, and no watch writes a thousand laps, sets or names of exercises.
const (
	maxLaps    = 20_000
	maxLengths = 100_000
	maxSets    = 5_000
	maxTitles  = 2_000
)

// reader goes through the messages of one FIT file.
type reader struct {
	data      []byte // the whole input up to the end of this file's messages
	at        int
	local     [16]*definition
	described map[uint16]description
	lastTime  uint32 // of any message, for compressed timestamps
	timed     bool   // lastTime is set
	limits    track.Limits
	part      *part
	beats     beatClock
}

// read takes all messages. It stops at the first that cannot be read.
func (r *reader) read() *track.Fault {
	for r.at < len(r.data) {
		header := r.data[r.at]
		r.at++
		var err *track.Fault
		switch {
		case header&compressedBit != 0:
			err = r.readData(header>>5&0x03, int(header&0x1F))
		case header&definitionBit != 0:
			err = r.readDefinition(header)
		default:
			err = r.readData(header&0x0F, -1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readData takes a data message. offset is that of a compressed timestamp, or
// negative.
func (r *reader) readData(local byte, offset int) *track.Fault {
	d := r.local[local]
	if d == nil {
		return fault("fit_definition_missing", r.at-1, fmt.Sprintf("no definition of local message %d came before", local))
	}
	if len(r.data)-r.at < d.size {
		return r.cut()
	}
	body := r.data[r.at : r.at+d.size]
	r.at += d.size
	when := uint32(noTime)
	if d.timeAt >= 0 {
		when = uint32(loadUint(body[d.timeAt:d.timeAt+4], d.big))
	}
	if offset >= 0 && r.timed {
		// Five bits of the time; less than before means that they rolled over.
		when = r.lastTime + (uint32(offset)-r.lastTime)&0x1F
	}
	if when != noTime {
		r.lastTime, r.timed = when, true
	}
	if d.message == messageRecord {
		return r.record(d, body, when)
	}
	return r.take(message{d, body}, when)
}

// noTime is the invalid value of a FIT time.
const noTime = 0xFFFFFFFF

func (r *reader) record(d *definition, body []byte, when uint32) *track.Fault {
	c := &r.part.columns
	if len(c.times)+c.earlier >= r.limits.Points {
		return fault("too_many_points", r.at, fmt.Sprintf("more than %d records", r.limits.Points))
	}
	if c.times == nil {
		c.reserve((len(r.data)-r.at)/(d.size+1)+1, r.limits.Points)
	}
	c.add(d, body, when)
	return nil
}

// take keeps what is needed of any message but a record.
func (r *reader) take(m message, when uint32) *track.Fault {
	p := r.part
	switch m.def.message {
	case messageSession:
		return p.addSession(m, when, r)
	case messageLap:
		return p.addLap(m, when, r.at)
	case messageLength:
		return p.addLength(m, r.at)
	case messageSet:
		return p.addSet(m, r.at)
	case messageDive:
		p.addDive(m)
	case messageExercise:
		p.addTitle(m)
	case messageEvent:
		p.addEvent(m, when)
	case messageHR:
		r.beats.take(m, when, &p.beats)
		if len(p.beats) > r.limits.Points {
			return fault("too_many_points", r.at, fmt.Sprintf("more than %d readings of heart rate", r.limits.Points))
		}
	case messageFileID:
		p.identify(m)
	case messageDevice:
		p.addDevice(m)
	case messageActivity:
		p.activityTime, p.localTime = when, m.whole(activityLocal, noTime)
		p.closedAt = len(p.columns.times)
		p.closed = true
	case messageCorrelation:
		p.correlate(m, when)
	case messageSport:
		p.sport, p.subSport = uint8(m.whole(0, 0xFF)), uint8(m.whole(1, 0xFF))
	case messageWorkout:
		p.name = m.text(workoutName)
	case messageDescription:
		r.describe(m)
	}
	return nil
}

// cut is the fault of a message that reaches beyond the end.
func (r *reader) cut() *track.Fault {
	return fault(codeTruncated, r.at-1, "a message reaches beyond the end of the data")
}
