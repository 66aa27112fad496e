package accounts

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// maxSettings bounds the dated entries of one person.
const maxSettings = 500

// Settings are a person's training settings, by date.
type Settings struct {
	Version int64                       `json:"version"`
	Entries []api.TrainingSettingsEntry `json:"entries"`
}

// checkSettings sorts entries by date and refuses what no body can do.
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
		if !within(e.MaxHeartRateBPM, 60, 250) || !within(e.RestingHeartRateBPM, 20, 150) || !within(e.ThresholdHeartRateBPM, 60, 250) ||
			!within(e.FTPW, 20, 1000) || !within(e.WeightKg, 20, 400) {
			return nil, fault.Invalid("invalid_setting", "a value of the entry of %s is out of range", e.ValidFrom)
		}
	}
	return out, nil
}

func within(v *float64, low, high float64) bool { return v == nil || (*v >= low && *v <= high) }

func (f *accounts) settings(w http.ResponseWriter, r *http.Request) error {
	id := caller(r).UserID
	var s Settings
	if _, err := f.people.Get(r.Context(), f.people.Key(id, "settings", id), &s); err != nil {
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
		if _, err := t.Get(key, &s); err != nil {
			return err
		}
		if err := rest.CheckIfMatch(r, s.Version); err != nil {
			return err
		}
		s.Version++
		s.Entries = entries
		if err := t.Set(key, s, 0); err != nil {
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
		out.Entries = append(out.Entries, events.AthleteSettings{
			ValidFrom: e.ValidFrom, MaxHeartRateBPM: e.MaxHeartRateBPM, RestingHeartRateBPM: e.RestingHeartRateBPM,
			ThresholdHeartRateBPM: e.ThresholdHeartRateBPM, FTPW: e.FTPW, WeightKG: e.WeightKg,
		})
	}
	return out
}
