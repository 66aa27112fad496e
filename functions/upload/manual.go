package upload

import (
	"encoding/json"
	"fmt"
	"time"

	"paceline/functions/upload/zone"
	"paceline/shared/api"
	"paceline/shared/track"
)

// earliest is the first start that a workout can have; ahead is how far a
// clock may run before ours.
var earliest = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

const ahead = 24 * time.Hour

// entry is a workout that a person entered by hand, checked.
type entry struct {
	asked   said
	started time.Time // with the offset of the place
	zone    string
	in      api.ManualWorkout
}

// entryOf checks what a person entered; the error names the member.
func entryOf(in api.ManualWorkout, now time.Time) (entry, error) {
	e := entry{in: in}
	var err error
	e.asked, err = saidOf(in.Name, in.Description, in.Sport, in.Visibility)
	if err != nil {
		return entry{}, err
	}
	e.asked.gear, e.asked.rpe = in.GearID, in.PerceivedExertion
	if err := exertion(in.PerceivedExertion); err != nil {
		return entry{}, err
	}
	e.asked.hide = hidden{in.HideMap, in.HideHeartRate, in.HidePower}
	if in.Sport == "" {
		return entry{}, invalid("sport", "is missing")
	}
	if in.SubSport != "" {
		if _, err := sportOf("sub_sport", in.SubSport); err != nil {
			return entry{}, err
		}
	}
	if in.StartedAt.Before(earliest) || in.StartedAt.After(now.Add(ahead)) {
		return entry{}, invalid("started_at", "must be a time from 1900 until now")
	}
	if e.started, e.zone, err = entryClock(in); err != nil {
		return entry{}, err
	}
	return e, entryFigures(in)
}

// entryClock is the start by the clock of the place.
func entryClock(in api.ManualWorkout) (time.Time, string, error) {
	if in.TimeZone != "" {
		loc, ok := zone.Load(in.TimeZone)
		if !ok || len(in.TimeZone) > 64 {
			return time.Time{}, "", invalid("time_zone", "must be an IANA name, such as Europe/Berlin")
		}
		return in.StartedAt.In(loc), in.TimeZone, nil
	}
	_, seconds := in.StartedAt.Zone()
	offset := time.Duration(seconds) * time.Second
	if rounded, ok := zone.Plausible(offset); !ok || rounded != offset {
		return time.Time{}, "", invalid("started_at", "must have the offset of a time zone")
	}
	started, name := zone.Local(in.StartedAt, &offset, "")
	return started, name, nil
}

// entryFigures holds the figures to their limits, those of the contract.
func entryFigures(in api.ManualWorkout) error {
	for _, figure := range []struct {
		member    string
		value     *float64
		low, high float64
	}{
		{"elapsed_time_s", &in.ElapsedTimeS, 1, 8_640_000},
		{"moving_time_s", in.MovingTimeS, 0, in.ElapsedTimeS},
		{"distance_m", in.DistanceM, 0, 10_000_000},
		{"elevation_gain_m", in.ElevationGainM, 0, 100_000},
		{"avg_heart_rate_bpm", in.AvgHeartRateBPM, 20, 250},
		{"max_heart_rate_bpm", in.MaxHeartRateBPM, 20, 250},
		{"avg_power_w", in.AvgPowerW, 0, 3000},
		{"calories_kcal", in.CaloriesKcal, 0, 100_000},
	} {
		if v := figure.value; v != nil && !(*v >= figure.low && *v <= figure.high) {
			return invalid(figure.member, "must be from %g to %g", figure.low, figure.high)
		}
	}
	if in.AvgHeartRateBPM != nil && in.MaxHeartRateBPM != nil && *in.AvgHeartRateBPM > *in.MaxHeartRateBPM {
		return invalid("avg_heart_rate_bpm", "must not be above max_heart_rate_bpm")
	}
	return nil
}

// track is the entry as a workout without samples, so that everything behind
// treats it like a file.
func (e entry) track() *track.Track {
	_, seconds := e.started.Zone()
	offset := time.Duration(seconds) * time.Second
	elapsed := e.in.ElapsedTimeS
	return &track.Track{
		Format: formatManual, Sport: e.asked.sport, SubSport: e.in.SubSport,
		StartedAt: e.started.UTC(), UTCOffset: &offset,
		Session: track.Totals{
			DistanceM: e.in.DistanceM, ElapsedS: &elapsed, MovingS: e.in.MovingTimeS, AscentM: e.in.ElevationGainM,
			AvgHeartRateBPM: e.in.AvgHeartRateBPM, MaxHeartRateBPM: e.in.MaxHeartRateBPM,
			AvgPowerW: e.in.AvgPowerW, CaloriesKcal: e.in.CaloriesKcal,
		},
	}
}

// original is the entry in one written form: the same entry is the same bytes.
func (e entry) original() ([]byte, error) {
	in := e.in
	in.StartedAt = e.started
	b, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("upload: encode an entry: %w", err)
	}
	return b, nil
}
