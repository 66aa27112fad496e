package stats

import (
	"paceline/events"
	"paceline/functions/stats/figures"
)

// Settings are a person's dated training settings.
type Settings struct {
	Version int64                    `json:"version"`
	Entries []events.AthleteSettings `json:"entries"` // the earliest first
}

// On is what holds on a day (YYYY-MM-DD): each figure of the newest entry that
// says it and began by then.
func (s Settings) On(day string) figures.Athlete {
	var a figures.Athlete
	for _, e := range s.Entries {
		if e.ValidFrom > day {
			break
		}
		take(&a.FTPW, e.FTPW)
		take(&a.MaxHeartRateBPM, e.MaxHeartRateBPM)
		take(&a.RestHeartRateBPM, e.RestingHeartRateBPM)
		take(&a.ThresholdHeartRateBPM, e.ThresholdHeartRateBPM)
		take(&a.WeightKG, e.WeightKG)
	}
	return a
}

func take(to **float64, v *float64) {
	if v != nil {
		*to = v
	}
}
