package stats

import (
	"strconv"
	"time"

	"paceline/events"
	"paceline/functions/stats/figures"
)

// Settings are a person's dated training settings.
type Settings struct {
	Version int64                    `json:"version"`
	Entries []events.AthleteSettings `json:"entries"` // the earliest first
}

// of is what holds for a workout.
func (s Settings) of(w events.Workout) figures.Athlete {
	return s.On(w.StartedAt.Format(time.DateOnly), w.Sport)
}

// On is what holds on a day (YYYY-MM-DD) in a sport: each figure of the newest
// entry that says it and began by then, that of the sport before the entry's own.
func (s Settings) On(day, sport string) figures.Athlete {
	var a figures.Athlete
	for _, e := range s.Entries {
		if e.ValidFrom > day {
			break
		}
		take(&a.RestHeartRateBPM, e.RestingHeartRateBPM)
		take(&a.WeightKG, e.WeightKG)
		if e.Sex != "" {
			a.Sex = e.Sex
		}
		if year, err := strconv.Atoi(day[:min(4, len(day))]); err == nil && e.BirthYear != nil && year >= *e.BirthYear {
			age := float64(year - *e.BirthYear)
			a.AgeYears = &age
		}
		inSport(&a, shared(e, sport))
	}
	for _, e := range s.Entries { // again, so that a newer entry for all does not hide the sport's
		if e.ValidFrom > day {
			break
		}
		for _, own := range e.Sports {
			if own.Sport == sport {
				inSport(&a, own)
			}
		}
	}
	return a
}

// shared is what an entry says of a sport without naming it: heart rates of all
// of them, the power of cycling and the speed of running alone. A cyclist's FTP
// is not that of a runner with a power meter, nor a runner's pace a swimmer's.
func shared(e events.AthleteSettings, sport string) events.SportSettings {
	s := events.SportSettings{
		MaxHeartRateBPM: e.MaxHeartRateBPM, ThresholdHeartRateBPM: e.ThresholdHeartRateBPM, HeartRateZonesBPM: e.HeartRateZonesBPM,
	}
	switch sport {
	case "cycling":
		s.FTPW, s.PowerZonesW = e.FTPW, e.PowerZonesW
	case "running":
		s.ThresholdSpeedMPS, s.SpeedZonesMPS = e.ThresholdSpeedMPS, e.SpeedZonesMPS
	}
	return s
}

func inSport(a *figures.Athlete, s events.SportSettings) {
	take(&a.FTPW, s.FTPW)
	take(&a.MaxHeartRateBPM, s.MaxHeartRateBPM)
	take(&a.ThresholdHeartRateBPM, s.ThresholdHeartRateBPM)
	take(&a.ThresholdSpeedMPS, s.ThresholdSpeedMPS)
	takeAll(&a.HeartRateZonesBPM, s.HeartRateZonesBPM)
	takeAll(&a.PowerZonesW, s.PowerZonesW)
	takeAll(&a.SpeedZonesMPS, s.SpeedZonesMPS)
}

func take(to **float64, v *float64) {
	if v != nil {
		*to = v
	}
}

func takeAll(to *[]float64, v []float64) {
	if len(v) > 0 {
		*to = v
	}
}
