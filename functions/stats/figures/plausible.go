package figures

import (
	"math"
	"slices"
)

// point is what the best human did: over a length (metres or seconds) a mean
// speed (m/s) or power (W).
type point struct{ over, best float64 }

// fastestHumans are mean speeds by distance, a little above the fastest that
// was ever done, whether a federation took it as a record or not: World
// Athletics' lists of 2025 for running and race walking, and 100 km in 5:59:20
// (S. Kubheka, 2025, in shoes of no rule); World Aquatics' of short-course pools;
// on the water eights, on the machine Concept2's (500 m in 1:09.8, P. Clapp,
// 2024); on bicycles the fastest stages of road races (179 km at 55.2 km/h, Vuelta
// 2001, with the wind), and downhill far more. A workout that is faster was not
// made that way.
var fastestHumans = map[string][]point{
	"running": {
		{100, 10.5}, {200, 10.5}, {400, 9.32}, {800, 7.96}, {1000, 7.6}, {1609, 7.24}, {3000, 6.88}, {5000, 6.64}, {10_000, 6.39},
		{21_097, 6.21}, {42_195, 5.86}, {50_000, 5.28}, {100_000, 4.7}, {160_934, 4.15},
	},
	"walking":  {{1000, 4.9}, {5000, 4.7}, {20_000, 4.4}, {50_000, 4}},
	"hiking":   {{1000, 5}, {10_000, 4.5}, {50_000, 4}},
	"swimming": {{50, 2.53}, {100, 2.26}, {200, 2.06}, {400, 1.92}, {800, 1.84}, {1500, 1.79}, {5000, 1.7}, {10_000, 1.66}},
	"rowing":   {{500, 7.25}, {2000, 6.3}, {5000, 6}, {21_097, 5.4}, {42_195, 5.2}},
	"cycling":  {{1000, 30}, {5000, 25}, {10_000, 22}, {40_000, 18.5}, {100_000, 17}, {200_000, 16}, {300_000, 14.5}},
}

// strongestHumans are mean powers by seconds, a little above the world class of
// Coggan's power profile (24.0 W/kg over 5 s, 11.5 over a minute, 7.6 over five,
// 6.4 over an hour; Allen and Coggan, Training and Racing with a Power Meter) in
// the heaviest who were so good, and above a rower's 1029 W over 70 s.
var strongestHumans = []point{{1, 3000}, {5, 2500}, {30, 1500}, {60, 1150}, {300, 750}, {1200, 600}, {3600, 530}, {21_600, 450}}

// limitAt reads a table between its points along the logarithm of the length,
// and flat beyond them; false when there is no table.
func limitAt(table []point, over float64) (float64, bool) {
	if len(table) == 0 {
		return 0, false
	}
	i, _ := slices.BinarySearchFunc(table, over, func(p point, v float64) int {
		switch {
		case p.over < v:
			return -1
		case p.over > v:
			return 1
		}
		return 0
	})
	switch {
	case i == 0:
		return table[0].best, true
	case i == len(table):
		return table[i-1].best, true
	}
	a, b := table[i-1], table[i]
	part := math.Log(over/a.over) / math.Log(b.over/a.over)
	return a.best + part*(b.best-a.best), true
}

// Doubts: why a peak makes no record. The codes are stable.
const (
	doubtSpeed = "too_fast_for_sport"
	doubtPower = "power_above_human"
	doubtMotor = "motor_assisted"
)

// motors are the sub-sports whose way is not the rider's alone.
var motors = map[string]bool{"e_bike_fitness": true, "e_bike_mountain": true}

// otherSportM and otherSportS are the length from which a window that no human
// has done in this sport says that the whole workout was another one (a bicycle
// ridden as a run); a shorter one is an error of the recording, which is in all
// windows up to its length.
const (
	otherSportM = 1000
	otherSportS = 180
)

// judge marks the peaks that nobody can have made.
func (w *workout) judge(peaks []Peak) {
	table := fastestHumans[w.t.Sport]
	var farM, farS, farP float64 // the longest window that is impossible
	for _, p := range peaks {
		switch p.Kind {
		case ByDistance:
			if limit, ok := limitAt(table, p.Over); ok && p.Over > limit*p.Value {
				farM = max(farM, p.Over)
			}
		case ByTime:
			if limit, ok := limitAt(table, p.Value); ok && p.Value > limit*p.Over {
				farS = max(farS, p.Over)
			}
		case ByPower:
			if limit, _ := limitAt(strongestHumans, p.Over); p.Value > limit {
				farP = max(farP, p.Over)
			}
		}
	}
	if farM > 0 || farS > 0 {
		w.doubt(doubtSpeed)
	}
	if farP > 0 {
		w.doubt(doubtPower)
	}
	other := farM >= otherSportM || farS >= otherSportS
	motor := motors[w.t.SubSport]
	if motor {
		w.doubt(doubtMotor)
	}
	for i := range peaks {
		p := &peaks[i]
		switch {
		case other,
			p.Kind == ByDistance && p.Over <= farM,
			p.Kind == ByTime && p.Over <= farS:
			p.Doubt = doubtSpeed
		case p.Kind == ByPower && farP > 0: // a meter that is wrong once is wrong
			p.Doubt = doubtPower
		case motor && p.Kind != ByPower: // what the rider gave is the rider's
			p.Doubt = doubtMotor
		}
	}
}

// doubt notes a code once.
func (w *workout) doubt(code string) {
	if !slices.Contains(w.Doubts, code) {
		w.Doubts = append(w.Doubts, code)
	}
}
