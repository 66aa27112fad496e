package paceline_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // start_local rows are in Europe/Berlin

	"paceline/functions/stats/figures"
	"paceline/shared/track"
)

var sessionRow = regexp.MustCompile(`^session\[(\d+)\]\.(.*)$`)

// answer is what Paceline says to a row of expected.tsv, in the row's unit;
// false when it has no such figure. utcOffset is the file's own row of that
// name, in minutes.
func (f *corpusFile) answer(row map[string]string, utcOffset string) (string, bool) {
	quantity, i := row["quantity"], 0
	if m := sessionRow.FindStringSubmatch(quantity); m != nil {
		i, _ = strconv.Atoi(m[1]) // digits by the pattern
		quantity = m[2]
	}
	switch quantity {
	case "import_error", "parses":
		if f.undecoded {
			return "", false
		}
		return strconv.FormatBool(len(f.workouts) > 0), true
	case "n_activities":
		return strconv.Itoa(len(f.workouts)), true
	}
	if i >= len(f.workouts) {
		if f.undecoded {
			return "", false
		}
		_, asked := (&corpusWorkout{track: &track.Track{}}).text(quantity, row["unit"], utcOffset)
		return "no workout", asked
	}
	return f.workouts[i].text(quantity, row["unit"], utcOffset)
}

// text answers by quantity.
func (w *corpusWorkout) text(quantity, unit, utcOffset string) (string, bool) {
	if v, ok := w.figure(quantity); ok {
		return number(v, unit), true
	}
	t := w.track
	switch quantity {
	case "start_utc":
		return t.StartedAt.UTC().Format(time.RFC3339Nano), true
	case "end_utc":
		return w.end().UTC().Format(time.RFC3339Nano), true
	case "start_local":
		return t.StartedAt.In(zone(utcOffset)).Format("2006-01-02 15:04"), true
	case "utc_offset":
		if t.UTCOffset == nil {
			return "", false
		}
		return strconv.Itoa(int(t.UTCOffset.Minutes())), true
	case "n_points", "n_records", "strava.n_samples":
		return strconv.Itoa(w.stats.Points), true
	case "n_laps":
		return strconv.Itoa(w.stats.Laps), true
	case "n_pauses":
		return strconv.Itoa(len(figures.Pauses(t))), true
	case "laps":
		return strconv.FormatBool(w.stats.Laps > 0), unit == "present"
	case "name":
		return t.Name, true
	case "sport":
		return t.Sport + "/" + t.SubSport, true
	case "creator", "creator.name":
		return t.Device, true
	case "has_times":
		return strconv.FormatBool(w.stats.Points > 1), true
	case "first_point", "last_point", "bounds":
		return w.place(quantity)
	}
	if name, ok := strings.CutPrefix(quantity, "stream."); ok {
		return w.stream(name)
	}
	return "", false
}

// figure answers with a number in SI units; nil is an absent figure.
func (w *corpusWorkout) figure(quantity string) (*float64, bool) {
	s, alone := &w.stats, &w.samples
	figures := map[string]*float64{
		"distance": s.DistanceM, "strava.distance": s.DistanceM,
		"duration_elapsed": s.ElapsedTimeS, "strava.duration_elapsed": alone.ElapsedTimeS,
		"duration_timer": s.TimerTimeS, "duration_moving": s.MovingTimeS,
		"last_point_active_time": alone.TimerTimeS, "pause_total": less(s.ElapsedTimeS, s.TimerTimeS),
		"hr_avg": s.AvgHeartRateBPM, "hr_max": s.MaxHeartRateBPM,
		"strava.hr_mean_of_samples": alone.AvgHeartRateBPM, "strava.hr_max": alone.MaxHeartRateBPM,
		"cadence_avg": s.AvgCadenceRPM, "cadence_max": s.MaxCadenceRPM,
		"power_avg": s.AvgPowerW, "power_max": s.MaxPowerW, "strava.power_max": alone.MaxPowerW, "power_normalized": s.NormalizedPowerW,
		"calories": s.CaloriesKcal, "ascent": s.ElevationGainM, "descent": s.ElevationLossM,
		"altitude_min": s.ElevationMinM, "altitude_max": s.ElevationMaxM,
		"strava.altitude_min": alone.ElevationMinM, "strava.altitude_max": alone.ElevationMaxM,
		"speed_avg": s.AvgSpeedMPS, "speed_max": s.MaxSpeedMPS,
		"pace_avg": over(1000, s.AvgSpeedMPS), "swim_pace_avg": over(100, s.AvgSpeedMPS),
		"pool_length": w.track.PoolLengthM, "total_cycles": w.track.Session.Cycles, "strokes_total": w.track.Session.Cycles,
		"work": s.WorkKJ, "gap_avg": over(1000, s.GradeAdjustedSpeedMPS),
		"laps_total_duration": sumOver(w.track, func(l figures.Lap) *float64 { return l.TimerTimeS }),
		"laps_total_distance": sumOver(w.track, func(l figures.Lap) *float64 { return l.DistanceM }),
	}
	v, ok := figures[quantity]
	return v, ok
}

func less(a, b *float64) *float64 {
	if a == nil || b == nil {
		return nil
	}
	return track.Some(*a - *b)
}

func over(m float64, speed *float64) *float64 {
	if speed == nil {
		return nil
	}
	return track.Some(m / *speed)
}

func sumOver(t *track.Track, of func(figures.Lap) *float64) *float64 {
	total := 0.0
	for _, l := range figures.Laps(t) {
		if v := of(l); v != nil {
			total += *v
		}
	}
	return &total
}

// number writes a figure in a row's unit.
func number(v *float64, unit string) string {
	if v == nil {
		return "null"
	}
	f := *v
	switch unit {
	case "km":
		f /= 1000
	case "km/h":
		f *= 3.6
	case "cm":
		f *= 100
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func (w *corpusWorkout) end() time.Time {
	if w.stats.ElapsedTimeS == nil {
		return w.track.StartedAt
	}
	return w.track.StartedAt.Add(time.Duration(*w.stats.ElapsedTimeS * float64(time.Second)))
}

// zone is the fixed offset of a file's own row, else Berlin as Runalyze has it.
func zone(offset string) *time.Location {
	if minutes, err := strconv.Atoi(offset); err == nil {
		return time.FixedZone("", minutes*60)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return time.UTC
	}
	return berlin
}

// place answers for positions.
func (w *corpusWorkout) place(quantity string) (string, bool) {
	in := &w.track.Samples
	var lat, lng []float64
	for i := range in.Lat {
		if in.Lat[i] == in.Lat[i] {
			lat, lng = append(lat, in.Lat[i]), append(lng, in.Lng[i])
		}
	}
	if len(lat) == 0 {
		return "null", true
	}
	switch last := len(lat) - 1; quantity {
	case "first_point":
		return fmt.Sprintf("%.9f,%.9f", lat[0], lng[0]), true
	case "last_point":
		return fmt.Sprintf("%.9f,%.9f", lat[last], lng[last]), true
	}
	south, west, north, east := lat[0], lng[0], lat[0], lng[0]
	for i := range lat {
		south, north = min(south, lat[i]), max(north, lat[i])
		west, east = min(west, lng[i]), max(east, lng[i])
	}
	return fmt.Sprintf("%.9f,%.9f,%.9f,%.9f", south, west, north, east), true
}

// stream answers whether a stream is there, or how many values it has.
func (w *corpusWorkout) stream(name string) (string, bool) {
	name, what, _ := strings.Cut(name, ".")
	s := figures.Streams(w.track)
	column, ok := map[string][]float64{
		"Time": s.TimeS, "Latitude": s.Lat, "Longitude": s.Lng, "LatitudeDegrees": s.Lat, "LongitudeDegrees": s.Lng,
		"Altitude": s.ElevationM, "Distance": s.DistanceM, "Speed": s.SpeedMPS, "HeartRate": s.HeartRateBPM,
		"Cadence": s.CadenceRPM, "Power": s.PowerW, "Temperature": s.TemperatureC,
	}[name]
	if !ok {
		return "", false
	}
	n := 0
	for _, v := range column {
		if v == v {
			n++
		}
	}
	switch what {
	case "":
		return strconv.FormatBool(n > 0), true
	case "n_values":
		return strconv.Itoa(n), true
	}
	return "", false
}

// agrees compares an answer with a row within the row's tolerance.
func agrees(row map[string]string, got string) bool {
	want := row["value"]
	quantity := row["quantity"][strings.LastIndex(row["quantity"], "]")+1:]
	switch strings.TrimPrefix(quantity, ".") {
	case "import_error":
		return got == "false"
	case "sport":
		return sameSport(want, got)
	case "creator", "creator.name":
		return strings.Contains(letters(got), letters(want))
	case "start_utc", "end_utc":
		a, errA := time.Parse(time.RFC3339Nano, want)
		b, errB := time.Parse(time.RFC3339Nano, got)
		return errA == nil && errB == nil && a.Sub(b).Abs() <= time.Second
	case "first_point", "last_point", "bounds":
		return samePlaces(want, got)
	}
	a, errA := strconv.ParseFloat(want, 64)
	b, errB := strconv.ParseFloat(got, 64)
	if errA != nil || errB != nil {
		return want == got
	}
	return math.Abs(a-b) <= tolerance(row["tolerance"], row["unit"], want)
}

var firstNumber = regexp.MustCompile(`\d+(\.\d+)?`)

// tolerance reads "±0.5", "±1 %", "exact" and the like. Exact means the digits
// that are there, whether the peer rounded or cut, and of a count the count;
// without a word it is 0.5 %.
func tolerance(said, unit, want string) float64 {
	value, err := strconv.ParseFloat(want, 64)
	if err != nil || strings.HasPrefix(unit, "count") {
		return 0
	}
	value = math.Abs(value)
	float32Digits := value * 1e-6
	n, err := strconv.ParseFloat(firstNumber.FindString(said), 64)
	switch _, decimals, _ := strings.Cut(want, "."); {
	case strings.HasPrefix(said, "exact"), said == "as rounded", strings.HasPrefix(said, "truncated"), said == "0", said == "±0":
		return math.Max(math.Pow(10, -float64(len(decimals))), float32Digits)
	case err != nil:
		return value * 0.005
	case strings.Contains(said, "decimals"): // "2 decimals"
		return math.Max(math.Pow(10, -n), float32Digits)
	case strings.Contains(said, "%"):
		return value * n / 100
	}
	return n + 1e-9
}

func samePlaces(want, got string) bool {
	a, b := strings.Split(want, ","), strings.Split(got, ",")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, errX := strconv.ParseFloat(a[i], 64)
		y, errY := strconv.ParseFloat(b[i], 64)
		if errX != nil || errY != nil || math.Abs(x-y) > 1e-6 {
			return false
		}
	}
	return true
}

// sameSport compares a peer's name of a sport with "sport/sub_sport" of FIT.
func sameSport(want, got string) bool {
	sport, sub, _ := strings.Cut(got, "/")
	w := letters(want)
	known := map[string]string{
		"openwaterswimming": "swimming/open_water", "treadmill": "running/treadmill", "indoorrunning": "running/treadmill",
		"trailrunning": "running/trail", "virtualcycling": "cycling/virtual_activity", "run": "running/",
	}[w]
	return w == letters(sport) || known == got || (known != "" && strings.HasSuffix(known, "/") && known == sport+"/" && sub == "generic")
}

// letters is a name without case and signs.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}
