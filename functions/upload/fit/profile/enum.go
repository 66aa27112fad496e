package profile

// LapTrigger names a value of the FIT type lap_trigger, or is "".
func LapTrigger(n uint8) string {
	return named(n, "manual", "time", "distance", "position_start", "position_lap",
		"position_waypoint", "position_marked", "session_end", "fitness_equipment")
}

// Intensity names a value of the FIT type intensity, or is "".
func Intensity(n uint8) string {
	return named(n, "active", "rest", "warmup", "cooldown", "recovery", "interval", "other")
}

// SwimStroke names a value of the FIT type swim_stroke, or is "".
func SwimStroke(n uint8) string {
	return named(n, "freestyle", "backstroke", "breaststroke", "butterfly", "drill", "mixed",
		"im", "im_by_round", "rimo")
}

// FileKind says in words what a FIT file of type n holds, for people.
func FileKind(n uint8) string {
	switch n {
	case 1:
		return "a device description"
	case 2, 3:
		return "settings"
	case 5:
		return "a planned workout"
	case 6:
		return "a course"
	case 7:
		return "a schedule"
	case 9, 14:
		return "health measurements"
	case 10, 11:
		return "totals or goals"
	case 15, 28, 32:
		return "daily monitoring"
	case 34, 35:
		return "segments"
	}
	return "something else"
}

func named(n uint8, names ...string) string {
	if int(n) < len(names) {
		return names[n]
	}
	return ""
}
