package sport

import "testing"

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]Name{
		"running": {"running", ""}, "Running": {"running", ""}, "Run": {"running", ""}, "9": {"running", ""},
		"Trail Run": {"running", "trail"}, "trail_running": {"running", "trail"}, "VirtualRun": {"running", "virtual_activity"},
		"Biking": {"cycling", ""}, "cycling": {"cycling", ""}, "1": {"cycling", ""}, "17": {"cycling", "virtual_activity"},
		"mountain_biking": {"cycling", "mountain"}, "GravelRide": {"cycling", "gravel_cycling"}, "E-Bike Ride": {"e_biking", ""},
		"16": {"swimming", ""}, "Open Water Swimming": {"swimming", "open_water"}, "hiking": {"hiking", ""}, "10": {"walking", ""},
		"cross_country_skiing": {"cross_country_skiing", ""}, "NordicSki": {"cross_country_skiing", ""},
		"Stand Up Paddling": {"stand_up_paddleboarding", ""}, "WeightTraining": {"training", "strength_training"},
		"Other": {"generic", ""}, "": {"generic", ""}, "jkljkl": {"generic", ""}, "999": {"generic", ""},
	}
	for give, want := range tests {
		if got := Parse(give); got != want {
			t.Errorf("Parse(%q) = %+v, want %+v", give, got, want)
		}
	}
}

// Every name that a table gives must be one that the profile has.
func TestTablesNameSportsOfTheProfile(t *testing.T) {
	t.Parallel()
	for _, table := range []map[string]Name{strava, spellings} {
		for word, n := range table {
			if fit[squash(n.Sport)] != n.Sport {
				t.Errorf("%q gives %q, which FIT has not", word, n.Sport)
			}
			if word != squash(word) {
				t.Errorf("%q can never match", word)
			}
		}
	}
}
