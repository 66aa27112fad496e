package fit_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/muktihari/fit/decoder"
	"github.com/muktihari/fit/profile/mesgdef"
	"github.com/muktihari/fit/profile/untyped/mesgnum"

	"paceline/functions/upload/fit"
	"paceline/shared/track"
)

// corpusDir is the folder of real files, if it is there.
func corpusDir() (dir string, found bool) {
	dir = os.Getenv("PACELINE_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "..", "shared", "corpus")
	}
	_, err := os.Stat(filepath.Join(dir, "declared.tsv"))
	return dir, err == nil
}

// corpus is the folder of real files, or skips the test.
func corpus(t testing.TB) string {
	t.Helper()
	dir, found := corpusDir()
	if !found {
		t.Skipf("no corpus of real files at %s; PACELINE_CORPUS names another place", dir)
	}
	return dir
}

// corpusFiles are the FIT files of the corpus by their path in it.
func corpusFiles(t testing.TB) map[string][]byte {
	t.Helper()
	dir := corpus(t)
	paths, err := filepath.Glob(filepath.Join(dir, "files", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]byte)
	for _, p := range paths {
		low := strings.ToLower(p)
		if !strings.HasSuffix(low, ".fit") && !strings.HasSuffix(low, ".fit.gz") {
			continue
		}
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(low, ".gz") {
			data = gunzip(t, data)
		}
		rel, _ := filepath.Rel(dir, p)
		out[filepath.ToSlash(rel)] = data
	}
	return out
}

func gunzip(t testing.TB, data []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// refusals are the files of the corpus that are no whole activity.
var refusals = map[string]string{
	"WorkoutIndividualSteps.fit":             "not_activity",
	"nick.fit":                               "fit_crc_mismatch",
	"empty-activities.fit":                   "fit_truncated",
	"strava-android-app-201.10-b1218918.fit": "fit_truncated",
}

func TestCorpusFilesGiveTracksOrTheirFault(t *testing.T) {
	t.Parallel()
	for name, data := range corpusFiles(t) {
		all, err := fit.Decode(data, track.DefaultLimits)
		if got, want := code(err), refusals[filepath.Base(name)]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		for _, x := range all {
			check(t, x)
		}
	}
}

// peer is what the independent decoder finds in a file.
type peer struct {
	records, laps int
	sessions      []*mesgdef.Session
}

func readPeer(data []byte) (peer, error) {
	var p peer
	d := decoder.New(bytes.NewReader(data), decoder.WithIgnoreChecksum())
	for d.Next() {
		file, err := d.Decode()
		if err != nil {
			return p, err
		}
		for i := range file.Messages {
			m := &file.Messages[i]
			switch m.Num {
			case mesgnum.Record:
				if !mesgdef.NewRecord(m).Timestamp.IsZero() {
					p.records++
				}
			case mesgnum.Lap:
				p.laps++
			case mesgnum.Session:
				p.sessions = append(p.sessions, mesgdef.NewSession(m))
			}
		}
	}
	return p, nil
}

func TestCorpusAgreesWithAnIndependentDecoder(t *testing.T) {
	t.Parallel()
	compared := 0
	for name, data := range corpusFiles(t) {
		all, err := fit.Decode(data, track.DefaultLimits)
		p, peerErr := readPeer(data)
		if err != nil || peerErr != nil {
			continue
		}
		compared++
		records, laps := 0, 0
		for _, x := range all {
			records, laps = records+x.Samples.Len(), laps+len(x.Laps)
		}
		if records != p.records && !strings.HasSuffix(name, "swim-25m-lane.fit") { // whose records have no time
			t.Errorf("%s: %d samples, the other has %d", name, records, p.records)
		}
		if laps != p.laps {
			t.Errorf("%s: %d laps, the other has %d", name, laps, p.laps)
		}
		if len(p.sessions) > 0 {
			compareSessions(t, name, all, p.sessions)
		}
	}
	t.Logf("compared %d files", compared)
}

func compareSessions(t *testing.T, name string, all []*track.Track, want []*mesgdef.Session) {
	t.Helper()
	if len(all) != len(want) {
		t.Errorf("%s: %d tracks, the other has %d sessions", name, len(all), len(want))
		return
	}
	for i, w := range want {
		got := &all[i].Session
		for _, c := range []struct {
			what string
			got  *float64
			want float64
		}{
			{"distance", got.DistanceM, w.TotalDistanceScaled()},
			{"elapsed time", got.ElapsedS, w.TotalElapsedTimeScaled()},
			{"timer time", got.TimerS, w.TotalTimerTimeScaled()},
			{"maximum speed", got.MaxSpeedMPS, w.EnhancedMaxSpeedScaled()},
			{"highest point", got.MaxElevationM, w.EnhancedMaxAltitudeScaled()},
			{"lowest point", got.MinElevationM, w.EnhancedMinAltitudeScaled()},
			{"intensity factor", got.Intensity, w.IntensityFactorScaled()},
			{"training stress", got.TrainingStress, w.TrainingStressScoreScaled()},
			{"moving time", got.MovingS, w.TotalMovingTimeScaled()},
		} {
			if !agrees(c.got, c.want) && !explained(name, c.what) {
				t.Errorf("%s, session %d: %s %v, the other has %v", name, i, c.what, text(c.got), c.want)
			}
		}
	}
}

// explained are the differences that are meant: swapped or impossible times put
// right, and figures that only an app's developer field knows.
func explained(name, what string) bool {
	switch filepath.Base(name) {
	case "inverted-times.fit":
		return what == "elapsed time" || what == "timer time"
	case "14582164182.fit.gz":
		return what == "elapsed time"
	case "swim-pool-via-iq.fit":
		return what == "distance" || what == "speed_avg"
	}
	return false
}

func agrees(got *float64, want float64) bool {
	if got == nil || math.IsNaN(want) {
		return got == nil && math.IsNaN(want)
	}
	return math.Abs(*got-want) < 1e-6
}

func text(v *float64) string {
	if v == nil {
		return "none"
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

// declaredTotals says where a track has a quantity of declared.tsv.
var declaredTotals = map[string]func(*track.Totals) *float64{
	"distance":         func(t *track.Totals) *float64 { return t.DistanceM },
	"duration_elapsed": func(t *track.Totals) *float64 { return t.ElapsedS },
	"duration_timer":   func(t *track.Totals) *float64 { return t.TimerS },
	"duration_moving":  func(t *track.Totals) *float64 { return t.MovingS },
	"ascent":           func(t *track.Totals) *float64 { return t.AscentM },
	"descent":          func(t *track.Totals) *float64 { return t.DescentM },
	"calories":         func(t *track.Totals) *float64 { return t.CaloriesKcal },
	"hr_avg":           func(t *track.Totals) *float64 { return t.AvgHeartRateBPM },
	"hr_max":           func(t *track.Totals) *float64 { return t.MaxHeartRateBPM },
	"cadence_avg":      func(t *track.Totals) *float64 { return t.AvgCadenceRPM },
	"power_avg":        func(t *track.Totals) *float64 { return t.AvgPowerW },
	"power_max":        func(t *track.Totals) *float64 { return t.MaxPowerW },
	"power_normalized": func(t *track.Totals) *float64 { return t.NormalizedPowerW },
	"speed_avg":        func(t *track.Totals) *float64 { return t.AvgSpeedMPS },
	"speed_max":        func(t *track.Totals) *float64 { return t.MaxSpeedMPS },
	"total_cycles":     func(t *track.Totals) *float64 { return t.Cycles },
}

func TestCorpusAgreesWithWhatTheFilesDeclare(t *testing.T) {
	t.Parallel()
	files := corpusFiles(t)
	table, err := os.ReadFile(filepath.Join(corpus(t), "declared.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	decoded := make(map[string][]*track.Track)
	for name, data := range files {
		decoded[name], _ = fit.Decode(data, track.DefaultLimits)
	}
	rows, agree := 0, 0
	for _, line := range strings.Split(string(table), "\n")[1:] {
		col := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if len(col) < 5 || decoded[col[0]] == nil {
			continue
		}
		known, ok := declares(decoded[col[0]], col[1], col[2], col[4])
		if !known {
			continue
		}
		rows++
		if ok || explained(col[0], strings.NewReplacer("duration_elapsed", "elapsed time", "duration_timer", "timer time").Replace(col[2])) {
			agree++
		} else {
			t.Errorf("%s %s %s: declared %s", col[0], col[1], col[2], col[4])
		}
	}
	t.Logf("%d of %d declared values agree", agree, rows)
}

// declares compares a row of declared.tsv; unknown quantities are not compared.
func declares(all []*track.Track, scope, quantity, want string) (known, ok bool) {
	if scope == "file" {
		return declaresOfFile(all, quantity, want)
	}
	i, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(scope, "session"), "[]"))
	if err != nil {
		return false, false
	}
	if i >= len(all) {
		return true, false
	}
	x := all[i]
	switch quantity {
	case "sport":
		return true, x.Sport == want
	case "sub_sport":
		return true, x.SubSport == want
	case "n_laps":
		return true, strconv.Itoa(len(x.Laps)) == want
	case "start_utc":
		at, err := time.Parse(time.RFC3339, want)
		return err == nil, x.StartedAt.Equal(at)
	case "pool_length":
		return true, matches(x.PoolLengthM, want)
	case "active_lengths":
		n := 0
		for _, l := range x.Lengths {
			if l.Active {
				n++
			}
		}
		return true, strconv.Itoa(n) == want
	}
	of, known := declaredTotals[quantity]
	return known, known && matches(of(&x.Session), want)
}

func declaresOfFile(all []*track.Track, quantity, want string) (known, ok bool) {
	records, laps, sessions := 0, 0, 0
	for _, x := range all {
		records, laps = records+x.Samples.Len(), laps+len(x.Laps)
		if x.Session.ElapsedS != nil || x.Session.TimerS != nil {
			sessions++
		}
	}
	got, known := map[string]int{"n_records": records, "n_laps_messages": laps, "n_sessions": sessions}[quantity]
	return known, strconv.Itoa(got) == want
}

func matches(got *float64, want string) bool {
	w, err := strconv.ParseFloat(want, 64)
	return err == nil && got != nil && math.Abs(*got-w) <= 0.0011
}
