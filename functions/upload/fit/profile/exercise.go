package profile

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed exercises.tsv
var exercises string

// ExerciseCategory names a value of the FIT type exercise_category, or is "".
func ExerciseCategory(n uint16) string {
	if int(n) < len(exerciseCategories) {
		return exerciseCategories[n]
	}
	return ""
}

// Exercise names an exercise within its category, or is "".
func Exercise(category, n uint16) string {
	_, rest, found := strings.Cut(exercises, "\n"+strconv.Itoa(int(category))+"\t"+strconv.Itoa(int(n))+"\t")
	if !found {
		return ""
	}
	name, _, _ := strings.Cut(rest, "\n")
	return name
}

// exerciseCategories is the FIT type exercise_category, profile 21.188.
var exerciseCategories = [...]string{
	0: "bench_press", 1: "calf_raise", 2: "cardio", 3: "carry", 4: "chop", 5: "core", 6: "crunch", 7: "curl", 8: "deadlift", 9: "flye",
	10: "hip_raise", 11: "hip_stability", 12: "hip_swing", 13: "hyperextension", 14: "lateral_raise", 15: "leg_curl", 16: "leg_raise",
	17: "lunge", 18: "olympic_lift", 19: "plank", 20: "plyo", 21: "pull_up", 22: "push_up", 23: "row", 24: "shoulder_press",
	25: "shoulder_stability", 26: "shrug", 27: "sit_up", 28: "squat", 29: "total_body", 30: "triceps_extension", 31: "warm_up", 32: "run",
	33: "bike", 34: "cardio_sensors", 35: "move", 36: "pose", 37: "banded_exercises", 38: "battle_rope", 39: "elliptical", 40: "floor_climb",
	41: "indoor_bike", 42: "indoor_row", 43: "ladder", 44: "sandbag", 45: "sled", 46: "sledge_hammer", 47: "stair_stepper", 49: "suspension",
	50: "tire", 52: "run_indoor", 53: "bike_outdoor",
}
