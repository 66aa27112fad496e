package profile_test

import (
	"testing"

	"github.com/muktihari/fit/profile/typedef"

	"paceline/functions/upload/fit/profile"
)

func TestSportsAreThoseOfTheProfile(t *testing.T) {
	t.Parallel()
	for _, s := range typedef.ListSport() {
		if s != typedef.SportAll && profile.Sport(uint8(s)) != s.String() {
			t.Errorf("sport %d: %q, want %q", s, profile.Sport(uint8(s)), s)
		}
	}
	for _, s := range typedef.ListSubSport() {
		if s != typedef.SubSportAll && profile.SubSport(uint8(s)) != s.String() {
			t.Errorf("sub-sport %d: %q, want %q", s, profile.SubSport(uint8(s)), s)
		}
	}
	if profile.Sport(0xFF) != "generic" || profile.SubSport(0xFF) != "" {
		t.Errorf("unknown: %q, %q", profile.Sport(0xFF), profile.SubSport(0xFF))
	}
}

func TestEnumsAreThoseOfTheProfile(t *testing.T) {
	t.Parallel()
	for _, v := range typedef.ListLapTrigger() {
		if got := profile.LapTrigger(uint8(v)); got != v.String() {
			t.Errorf("lap trigger %d: %q, want %q", v, got, v)
		}
	}
	for _, v := range typedef.ListIntensity() {
		if got := profile.Intensity(uint8(v)); got != v.String() {
			t.Errorf("intensity %d: %q, want %q", v, got, v)
		}
	}
	for _, v := range typedef.ListSwimStroke() {
		if got := profile.SwimStroke(uint8(v)); got != v.String() {
			t.Errorf("stroke %d: %q, want %q", v, got, v)
		}
	}
	if profile.LapTrigger(0xFF)+profile.Intensity(0xFF)+profile.SwimStroke(0xFF) != "" {
		t.Error("an invalid value has a name")
	}
}

func TestExercisesAreThoseOfTheProfile(t *testing.T) {
	t.Parallel()
	for _, c := range typedef.ListExerciseCategory() {
		if c != typedef.ExerciseCategoryUnknown && profile.ExerciseCategory(uint16(c)) != c.String() {
			t.Errorf("category %d: %q, want %q", c, profile.ExerciseCategory(uint16(c)), c)
		}
	}
	for _, e := range typedef.ListSquatExerciseName() {
		if got := profile.Exercise(uint16(typedef.ExerciseCategorySquat), uint16(e)); got != e.String() {
			t.Errorf("squat %d: %q, want %q", e, got, e)
		}
	}
	for _, e := range typedef.ListBenchPressExerciseName() {
		if got := profile.Exercise(uint16(typedef.ExerciseCategoryBenchPress), uint16(e)); got != e.String() {
			t.Errorf("bench press %d: %q, want %q", e, got, e)
		}
	}
	if none := profile.ExerciseCategory(0xFFFF) + profile.Exercise(0, 0xFFFF) + profile.Exercise(0xFFFF, 0); none != "" {
		t.Errorf("an invalid value has the name %q", none)
	}
}

func TestDevice(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		maker, product uint16
		text, want     string
	}{
		"a Garmin number":              {1, 3113, "", "Garmin Forerunner 945"},
		"a regional version":           {1, 3441, "", "Garmin Forerunner 945"},
		"a trainer of Tacx":            {89, 4265, "", "Garmin Tacx Neo Smart"},
		"a name beats the number":      {1, 3113, "Forerunner 945", "Garmin Forerunner 945"},
		"Suunto":                       {23, 34, "Suunto 9 Baro", "Suunto 9 Baro"},
		"Zwift":                        {260, 0, "", "Zwift"},
		"a maker without a product":    {294, 0xFFFF, "", "COROS"},
		"an unknown maker with a name": {40000, 1, "Foo", "Foo"},
	} {
		if got := profile.Device(c.maker, c.product, c.text); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestEveryFileKindHasWords(t *testing.T) {
	t.Parallel()
	for n := range 256 {
		if profile.FileKind(uint8(n)) == "" {
			t.Errorf("file type %d has none", n)
		}
	}
}
