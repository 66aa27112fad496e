package figures

import (
	"testing"
	"time"
)

// What was done by somebody is believed, and a little more is not.
func TestWhatHumansDidIsBelieved(t *testing.T) {
	t.Parallel()
	clock := func(text string) float64 {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		return d.Seconds()
	}
	for _, c := range []struct {
		sport  string
		metres float64
		time   string
		who    string
	}{
		{"running", 400, "43.03s", "van Niekerk 2016"},
		{"running", 1000, "2m11.96s", "Ngeny 1999"},
		{"running", MileM, "3m43.13s", "El Guerrouj 1999"},
		{"running", 5000, "12m35.36s", "Cheptegei 2020"},
		{"running", 10_000, "26m11s", "Cheptegei 2020"},
		{"running", 21_097.5, "56m42s", "Kiplimo 2025"},
		{"running", 42_195, "2h0m35s", "Kiptum 2023"},
		{"running", 100_000, "5h59m20s", "Kubheka 2025"},
		{"running", 100 * MileM, "10h51m39s", "Sorokin 2022"},
		{"walking", 20_000, "1h16m10s", "Yamanishi 2025"},
		{"swimming", 50, "19.90s", "Crooks 2024"},
		{"swimming", 1500, "14m6.88s", "Wellbrock 2021"},
		{"rowing", 500, "1m9.8s", "Clapp 2024, on the machine"},
		{"rowing", 2000, "5m18.68s", "Germany's eight 2017"},
		{"cycling", 179_200, "3h14m52s", "Gonzalez de Galdeano, Vuelta 2001"},
		{"cycling", 219_600, "4h20m14s", "Gilbert, Vuelta 2019"},
	} {
		seconds := clock(c.time)
		for factor, believed := range map[float64]bool{1: true, 0.8: false} {
			w := workout{t: straight(10, 1)}
			w.t.Sport = c.sport
			peaks := []Peak{peak(ByDistance, c.metres, seconds*factor, 0), peak(ByTime, seconds*factor, c.metres, 0)}
			w.judge(peaks)
			for _, p := range peaks {
				if (p.Doubt == "") != believed {
					t.Errorf("%s, %g m in %g s (%s): %s doubted %q", c.sport, c.metres, seconds*factor, c.who, p.Kind, p.Doubt)
				}
			}
		}
	}
	for seconds, watts := range map[float64]float64{5: 24.04 * 100, 60: 11.5 * 90, 70: 1029, 300: 7.6 * 85, 3600: 6.4 * 78} {
		w := workout{t: straight(10, 1)}
		peaks := []Peak{peak(ByPower, seconds, watts, 0)}
		if w.judge(peaks); peaks[0].Doubt != "" {
			t.Errorf("%g W over %g s are doubted: %s", watts, seconds, peaks[0].Doubt)
		}
	}
}

// From an age alone nothing is assumed, least of all a highest heart rate of 220 less it.
func TestNoHeartRateFollowsFromAnAge(t *testing.T) {
	t.Parallel()
	tr := straight(600, 3)
	tr.Samples.HeartRateBPM = column(tr, func(int) float32 { return 150 })
	a := Analyse(tr, Athlete{AgeYears: some(40)})
	if a.Stats.TrainingLoad != nil || a.Stats.Intensity != nil {
		t.Errorf("a load of %v at an intensity of %v from an age", a.Stats.TrainingLoad, a.Stats.Intensity)
	}
	for _, z := range a.Zones {
		if z.Kind == "heart_rate" {
			t.Errorf("zones from an age: %+v", z)
		}
	}
}
