package accounts

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// What a person may enter: dated entries, sports of an entry, ends of zones.
const (
	maxSettings = 500
	maxSports   = 20
	maxZones    = 9
)

var sportName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Settings are a person's training settings, by date.
type Settings struct {
	Version int64                       `json:"version"`
	Entries []api.TrainingSettingsEntry `json:"entries"`
}

// checkSettings sorts entries by date and refuses two of one day.
func checkSettings(entries []api.TrainingSettingsEntry) ([]api.TrainingSettingsEntry, error) {
	if len(entries) > maxSettings {
		return nil, fault.Invalid("too_many_entries", "there can be at most %d entries", maxSettings)
	}
	out := slices.Clone(entries)
	slices.SortStableFunc(out, func(a, b api.TrainingSettingsEntry) int { return strings.Compare(a.ValidFrom, b.ValidFrom) })
	for i, e := range out {
		if _, err := time.Parse(time.DateOnly, e.ValidFrom); err != nil {
			return nil, fault.Invalid("invalid_date", "valid_from is a day as YYYY-MM-DD")
		}
		if i > 0 && out[i-1].ValidFrom == e.ValidFrom {
			return nil, fault.Invalid("duplicate_date", "two entries begin on %s", e.ValidFrom)
		}
		if err := checkEntry(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checkEntry refuses what no body can do.
func checkEntry(e api.TrainingSettingsEntry) error {
	if !within(e.RestingHeartRateBPM, 20, 150) || !within(e.WeightKg, 20, 400) || (e.Sex != "" && e.Sex != "female" && e.Sex != "male") ||
		(e.BirthYear != nil && (*e.BirthYear < 1900 || *e.BirthYear > 2100)) {
		return fault.Invalid("invalid_setting", "a value of the entry of %s is out of range", e.ValidFrom)
	}
	if len(e.Sports) > maxSports {
		return fault.Invalid("too_many_entries", "an entry can have at most %d sports", maxSports)
	}
	of := []api.SportSettings{{ // the entry's own are held to the same
		MaxHeartRateBPM: e.MaxHeartRateBPM, ThresholdHeartRateBPM: e.ThresholdHeartRateBPM, FTPW: e.FTPW, ThresholdSpeedMPS: e.ThresholdSpeedMPS,
		HeartRateZonesBPM: e.HeartRateZonesBPM, PowerZonesW: e.PowerZonesW, SpeedZonesMPS: e.SpeedZonesMPS,
	}}
	seen := map[string]bool{}
	for _, s := range e.Sports {
		if !sportName.MatchString(s.Sport) || seen[s.Sport] {
			return fault.Invalid("invalid_setting", "each sport of the entry of %s has a name of its own", e.ValidFrom)
		}
		seen[s.Sport] = true
	}
	for _, s := range append(of, e.Sports...) {
		if !within(s.MaxHeartRateBPM, 60, 250) || !within(s.ThresholdHeartRateBPM, 60, 250) || !within(s.FTPW, 20, 1000) ||
			!within(s.ThresholdSpeedMPS, 0.2, 20) {
			return fault.Invalid("invalid_setting", "a value of the entry of %s is out of range", e.ValidFrom)
		}
		if !zones(s.HeartRateZonesBPM, 30, 250) || !zones(s.PowerZonesW, 1, 3000) || !zones(s.SpeedZonesMPS, 0.1, 30) {
			return fault.Invalid("invalid_zones", "zones of the entry of %s are 1 to %d rising values in range", e.ValidFrom, maxZones)
		}
	}
	return nil
}

// zones says whether the ends of zones rise within a range; none are fine.
func zones(from []float64, low, high float64) bool {
	if len(from) > maxZones {
		return false
	}
	for i, v := range from {
		if v < low || v > high || (i > 0 && v <= from[i-1]) {
			return false
		}
	}
	return true
}

func within(v *float64, low, high float64) bool { return v == nil || (*v >= low && *v <= high) }

func (f *accounts) settings(w http.ResponseWriter, r *http.Request) error {
	return f.settingsOf(w, r, caller(r).UserID)
}

func (f *accounts) settingsOf(w http.ResponseWriter, r *http.Request, id string) error {
	var s Settings
	if _, err := f.people.GetSealed(r.Context(), id, f.people.Key(id, "settings", id), &s); err != nil {
		return err
	}
	return answerSettings(w, s)
}

func answerSettings(w http.ResponseWriter, s Settings) error {
	rest.SetETag(w, s.Version)
	return rest.JSON(w, http.StatusOK, api.TrainingSettings{Entries: append([]api.TrainingSettingsEntry{}, s.Entries...), Version: s.Version})
}

func (f *accounts) putSettings(w http.ResponseWriter, r *http.Request) error {
	var in api.TrainingSettingsRequest
	if err := rest.Read(w, r, &in); err != nil {
		return err
	}
	entries, err := checkSettings(in.Entries)
	if err != nil {
		return err
	}
	id := caller(r).UserID
	var s Settings
	err = f.people.Update(r.Context(), id, func(t *store.Tx) error {
		s = Settings{}
		key := t.Key("settings", id)
		if _, err := t.GetSealed(id, key, &s); err != nil {
			return err
		}
		if err := rest.CheckIfMatch(r, s.Version); err != nil {
			return err
		}
		s.Version++
		s.Entries = entries
		if err := t.SetSealed(id, key, s, 0); err != nil {
			return err
		}
		return t.Emit(s.event(id, f.now()))
	})
	if err != nil {
		return err
	}
	return answerSettings(w, s)
}

func (s Settings) event(user string, now time.Time) events.AthleteSettingsChanged {
	out := events.AthleteSettingsChanged{UserID: user, Version: s.Version, ChangedAt: now, Entries: []events.AthleteSettings{}}
	for _, e := range s.Entries {
		entry := events.AthleteSettings{
			ValidFrom: e.ValidFrom, MaxHeartRateBPM: e.MaxHeartRateBPM, RestingHeartRateBPM: e.RestingHeartRateBPM,
			ThresholdHeartRateBPM: e.ThresholdHeartRateBPM, FTPW: e.FTPW, WeightKG: e.WeightKg, ThresholdSpeedMPS: e.ThresholdSpeedMPS,
			HeartRateZonesBPM: e.HeartRateZonesBPM, PowerZonesW: e.PowerZonesW, SpeedZonesMPS: e.SpeedZonesMPS,
			Sex: e.Sex, BirthYear: e.BirthYear,
		}
		for _, sport := range e.Sports {
			entry.Sports = append(entry.Sports, events.SportSettings(sport))
		}
		out.Entries = append(out.Entries, entry)
	}
	return out
}
