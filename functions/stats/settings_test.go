package stats

import (
	"testing"

	"paceline/events"
)

func settingsEntry(from string, ftp *float64) Settings {
	return Settings{Entries: []events.AthleteSettings{{ValidFrom: from, FTPW: ftp}}}
}

func join(all ...Settings) (out Settings) {
	for _, s := range all {
		out.Entries = append(out.Entries, s.Entries...)
	}
	return out
}

func TestSettingsOfADayAndSport(t *testing.T) {
	t.Parallel()
	number := func(v float64) *float64 { return &v }
	born := 1990
	s := Settings{Entries: []events.AthleteSettings{
		{ValidFrom: "2026-01-01", MaxHeartRateBPM: number(190), Sex: "female", BirthYear: &born, Sports: []events.SportSettings{
			{Sport: "cycling", MaxHeartRateBPM: number(182), PowerZonesW: []float64{100, 200}},
		}},
		{ValidFrom: "2026-06-01", MaxHeartRateBPM: number(188), FTPW: number(250), ThresholdSpeedMPS: number(4)},
	}}
	if a := s.On("2025-12-31", "cycling"); a.MaxHeartRateBPM != nil || a.Sex != "" {
		t.Errorf("before the first entry: %+v", a)
	}
	if a := s.On("2026-02-01", "running"); *a.MaxHeartRateBPM != 190 || *a.AgeYears != 36 || a.Sex != "female" || a.PowerZonesW != nil {
		t.Errorf("running: %+v", a)
	}
	if a := s.On("2026-02-01", "cycling"); *a.MaxHeartRateBPM != 182 || len(a.PowerZonesW) != 2 {
		t.Errorf("cycling: %+v", a)
	}
	if a := s.On("2026-07-01", "cycling"); *a.MaxHeartRateBPM != 182 {
		t.Errorf("a newer entry for all hides the sport's own: %v", *a.MaxHeartRateBPM)
	}
	for sport, want := range map[string][2]bool{"cycling": {true, false}, "running": {false, true}, "swimming": {false, false}} {
		if a := s.On("2026-07-01", sport); (a.FTPW != nil) != want[0] || (a.ThresholdSpeedMPS != nil) != want[1] {
			t.Errorf("%s has FTP %v and threshold speed %v", sport, a.FTPW, a.ThresholdSpeedMPS)
		}
	}
	if a := s.On("2027-07-01", "running"); *a.MaxHeartRateBPM != 188 || *a.AgeYears != 37 {
		t.Errorf("a year later: %+v", a)
	}
}
