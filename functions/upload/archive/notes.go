package archive

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"paceline/functions/upload/xmlscan/sport"
)

// Note is what an account says of one workout, besides its file. What is empty
// was not said.
type Note struct {
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Sport       string `json:"sport,omitempty"` // as FIT calls it
	Gear        string `json:"gear,omitempty"`
}

// Notes are the notes of an account: Strava's by the file, Garmin's by the
// moment at which the workout started, since its files have other numbers.
type Notes struct {
	ByFile  map[string]Note
	ByStart map[int64]Note // Unix seconds

	garmin []garminActivity
	gear   map[float64]string // by activity
}

// The names of the files that have notes.
const (
	stravaFile = "activities.csv"
	garminList = "summarizedactivities.json"
	garminGear = "gear.json"
)

// IsNotes says whether an entry has notes, by its name.
func IsNotes(entry string) bool {
	base := strings.ToLower(path.Base(entry))
	return base == stravaFile || strings.HasSuffix(base, garminList) || strings.HasSuffix(base, "_"+garminGear)
}

// Add reads the notes of an entry. What is no list of notes adds nothing.
func (n *Notes) Add(entry string, content []byte) {
	switch base := strings.ToLower(path.Base(entry)); {
	case base == stravaFile:
		n.strava(content)
	case strings.HasSuffix(base, garminList):
		var pages []struct {
			Activities []garminActivity `json:"summarizedActivitiesExport"`
		}
		if json.Unmarshal(content, &pages) == nil {
			for _, p := range pages {
				n.garmin = append(n.garmin, p.Activities...)
			}
		}
	case strings.HasSuffix(base, "_"+garminGear):
		n.garminGear(content)
	}
}

// Finish joins what stood in several entries.
func (n *Notes) Finish() {
	for _, a := range n.garmin {
		at := cmp.Or(a.BeginTimestamp, a.StartTimeGMT)
		if at <= 0 || at >= 1e15 {
			continue
		}
		if n.ByStart == nil {
			n.ByStart = map[int64]Note{}
		}
		n.ByStart[int64(at/1000)] = Note{Name: a.Name, Description: a.Description, Sport: sportOf(a.ActivityType), Gear: n.gear[a.ActivityID]}
	}
	n.garmin, n.gear = nil, nil
}

// sportOf is a sport as FIT calls it, "" when it is not known.
func sportOf(text string) string {
	if s := sport.Parse(text).Sport; s != "generic" {
		return s
	}
	return ""
}

// stravaColumns is where Strava's list has what we read, which is the same in
// every language, and how English calls it.
var stravaColumns = []struct {
	name string
	at   int
}{{"activity name", 2}, {"activity type", 3}, {"activity description", 4}, {"activity gear", 11}, {"filename", 12}}

// strava reads the list of a Strava account.
func (n *Notes) strava(content []byte) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(content), "\uFEFF")))
	r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = -1, true, true
	header, err := r.Read()
	if err != nil {
		return
	}
	at := make([]int, len(stravaColumns))
	for i, c := range stravaColumns {
		at[i] = slices.IndexFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), c.name) })
		if at[i] < 0 {
			at[i] = c.at
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			continue // a row that is none
		}
		cell := func(i int) string {
			if at[i] < len(row) {
				return strings.Clone(strings.TrimSpace(row[at[i]]))
			}
			return ""
		}
		if file := cell(4); file != "" {
			if n.ByFile == nil {
				n.ByFile = map[string]Note{}
			}
			n.ByFile[path.Clean(file)] = Note{Name: cell(0), Sport: sportOf(cell(1)), Description: cell(2), Gear: cell(3)}
		}
	}
}

// garminActivity is one of Garmin's list; JSON finds its members in any case.
// Times are milliseconds, and numbers have a fraction in some accounts.
type garminActivity struct {
	ActivityID, BeginTimestamp, StartTimeGMT float64
	Name, Description, ActivityType          string
}

func (n *Notes) garminGear(content []byte) {
	var all []struct {
		Gear []struct {
			ID    float64 `json:"gearPk"`
			Own   string  `json:"displayName"`
			Model string  `json:"customMakeModel"`
		} `json:"gearDTOS"`
		Used map[string][]struct {
			Gear     float64 `json:"gearPk"`
			Activity float64 `json:"activityId"`
		} `json:"gearActivityDTOs"`
	}
	if json.Unmarshal(content, &all) != nil {
		return
	}
	if n.gear == nil {
		n.gear = map[float64]string{}
	}
	for _, part := range all {
		names := map[float64]string{}
		for _, g := range part.Gear {
			names[g.ID] = cmp.Or(g.Own, g.Model)
		}
		for _, uses := range part.Used {
			for _, u := range uses {
				n.gear[u.Activity] = names[u.Gear]
			}
		}
	}
}
