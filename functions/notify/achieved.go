package notify

import (
	"slices"
	"strconv"
	"time"

	"paceline/events"
)

// telling is the kinds of records, the most telling first: a time over a
// distance is what people compare, and a workout that has it has many others.
var telling = []string{"distance", "distance_m", "elevation_gain_m", "moving_time_s", "training_load", "power", "time"}

// record are the values of the most telling record of an event; nil when it has
// first ones only. Of two of a kind the one over more is it.
func record(e events.RecordSet) map[string]string {
	var beaten []events.Record
	for _, r := range e.Records {
		if r.Previous != nil && slices.Contains(telling, of(r)) {
			beaten = append(beaten, r)
		}
	}
	if len(beaten) == 0 {
		return nil
	}
	best := slices.MinFunc(beaten, func(a, b events.Record) int {
		if d := slices.Index(telling, of(a)) - slices.Index(telling, of(b)); d != 0 {
			return d
		}
		return int(b.Over - a.Over)
	})
	values := map[string]string{"of": of(best), "result": measured(best, best.Value), "previous": measured(best, *best.Previous), "sport": words(e.Sport)}
	switch best.Kind {
	case "distance":
		values["over"] = quantity("distance_m", best.Over)
	case "time", "power":
		values["over"] = quantity("moving_time_s", best.Over)
	}
	if len(beaten) > 1 {
		values["more"] = strconv.Itoa(len(beaten) - 1)
	}
	return values
}

// rank is what a change of ranks is about.
func rank(e events.SegmentRankChanged) string {
	if e.Taken {
		return "taken_" + e.Among
	}
	return "lost_" + e.Among
}

// of is what a record is the best of.
func of(r events.Record) string {
	if r.Kind == "total" {
		return r.Name
	}
	return r.Kind
}

// measured writes a value of a record in the unit of its kind.
func measured(r events.Record, value float64) string {
	switch r.Kind {
	case "distance":
		return quantity("moving_time_s", value)
	case "time":
		return quantity("distance_m", value)
	case "power":
		return strconv.FormatFloat(value, 'f', 0, 64) + " W"
	}
	return quantity(r.Name, value)
}

// quantity writes an amount of what a goal or a record counts.
func quantity(metric string, value float64) string {
	switch metric {
	case "distance_m":
		return kilometres(value)
	case "moving_time_s":
		return clock(time.Duration(value * float64(time.Second)))
	case "elevation_gain_m":
		return strconv.FormatFloat(value, 'f', 0, 64) + " m"
	case "calories_kcal":
		return strconv.FormatFloat(value, 'f', 0, 64) + " kcal"
	}
	return strconv.FormatFloat(value, 'f', 0, 64)
}
