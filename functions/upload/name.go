package upload

import (
	"strings"
	"time"
)

// DefaultName is the name of a workout that has none: the time of day by the
// clock of the place and what was done, in English: "Morning run", "Evening
// ride", "Night alpine skiing", "Afternoon workout".
func DefaultName(local time.Time, sport string) string {
	return partOfDay(local.Hour()) + " " + activity(sport)
}

func partOfDay(hour int) string {
	switch {
	case hour >= 5 && hour < 11:
		return "Morning"
	case hour >= 11 && hour < 14:
		return "Lunchtime"
	case hour >= 14 && hour < 18:
		return "Afternoon"
	case hour >= 18 && hour < 22:
		return "Evening"
	}
	return "Night"
}

// activities are the sports that have a shorter word than their FIT name.
var activities = map[string]string{
	"":                  "workout",
	"generic":           "workout",
	"training":          "workout",
	"fitness_equipment": "workout",
	"running":           "run",
	"cycling":           "ride",
	"e_biking":          "e-bike ride",
	"swimming":          "swim",
	"walking":           "walk",
	"hiking":            "hike",
	"rowing":            "row",
	"multisport":        "multisport workout",
}

func activity(sport string) string {
	if word, ok := activities[sport]; ok {
		return word
	}
	return strings.ReplaceAll(sport, "_", " ")
}
