package tcx

import (
	"bytes"
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/track"
)

// refused lists the files of the corpus that hold no workout, with the reason.
var refused = map[string]string{
	"tcx_file_wo_tracks.tcx":                                    "no_activity",
	"HRM-unbucle-resync.zip!__MACOSX/._activity_2677977976.tcx": "xml_encoding", // a resource fork
}

func TestCorpusGivesTracksOrAFault(t *testing.T) {
	t.Parallel()
	for _, f := range corpustest.Files(t, ".tcx") {
		base := strings.SplitN(f.Name, "/", 3)[2]
		got, err := Decode(f.Data, track.DefaultLimits)
		var fault *track.Fault
		code := ""
		if errors.As(err, &fault) {
			code = fault.Code
		}
		if code != refused[base] || (err == nil) != (len(got) > 0) || err != nil && fault == nil {
			t.Errorf("%s: %d tracks, %v; want fault %q", base, len(got), err, refused[base])
		}
		for _, tr := range got {
			stored, err := track.Encode(tr)
			if err != nil {
				t.Errorf("%s: %v", base, err)
				continue
			}
			back, err := track.Decode(stored)
			if err != nil {
				t.Errorf("%s: %v", base, err)
				continue
			}
			if again, err := track.Encode(back); err != nil || !bytes.Equal(again, stored) {
				t.Errorf("%s: the stored form differs (%v)", base, err)
			}
		}
	}
}

// plainFile is TCX as encoding/xml reads it.
type plainFile struct {
	Activities []plainActivity `xml:"Activities>Activity"`
	First      []plainActivity `xml:"Activities>MultiSportSession>FirstSport>Activity"`
	Next       []plainActivity `xml:"Activities>MultiSportSession>NextSport>Activity"`
	Courses    []plainCourse   `xml:"Courses>Course"`
}

type plainCourse struct {
	Points []plainPoint `xml:"Track>Trackpoint"`
}

type plainActivity struct {
	Sport string     `xml:",attr"`
	ID    string     `xml:"Id"`
	Laps  []plainLap `xml:"Lap"`
}

type plainLap struct {
	TotalTimeSeconds float64
	DistanceMeters   float64
	Points           []plainPoint `xml:"Track>Trackpoint"`
}

type plainPoint struct {
	Time       string
	Lat        *float64 `xml:"Position>LatitudeDegrees"`
	Lng        *float64 `xml:"Position>LongitudeDegrees"`
	Altitude   *float32 `xml:"AltitudeMeters"`
	Distance   *float64 `xml:"DistanceMeters"`
	Heart      *float32 `xml:"HeartRateBpm>Value"`
	Cadence    *float32 `xml:"Cadence"`
	Speed      *float32 `xml:"Extensions>TPX>Speed"`
	RunCadence *float32 `xml:"Extensions>TPX>RunCadence"`
	Watts      *float32 `xml:"Extensions>TPX>Watts"`
}

func TestCorpusAgreesWithEncodingXML(t *testing.T) {
	t.Parallel()
	files, points := 0, 0
	for _, f := range corpustest.Files(t, ".tcx") {
		ours, err := Decode(f.Data, track.DefaultLimits)
		if err != nil {
			continue
		}
		var file plainFile
		if err := xml.Unmarshal(bytes.TrimPrefix(f.Data, []byte("\xEF\xBB\xBF")), &file); err != nil {
			t.Errorf("%s: encoding/xml refuses it: %v", f.Name, err)
			continue
		}
		files++
		theirs := append(append(file.First, file.Next...), file.Activities...)
		if len(theirs) == 0 {
			for _, c := range file.Courses {
				theirs = append(theirs, plainActivity{Laps: []plainLap{{Points: c.Points}}})
			}
		}
		if len(theirs) != len(ours) {
			t.Errorf("%s: %d tracks, encoding/xml %d", f.Name, len(ours), len(theirs))
			continue
		}
		for i, a := range theirs {
			points += agree(t, f.Name, ours[i], a)
		}
	}
	t.Logf("%d files, %d points agree", files, points)
}

func agree(t *testing.T, name string, ours *track.Track, theirs plainActivity) int {
	t.Helper()
	n, s := 0, &ours.Samples
	if len(ours.Laps) != len(theirs.Laps) {
		t.Errorf("%s: %d laps, encoding/xml %d", name, len(ours.Laps), len(theirs.Laps))
	}
	for _, l := range theirs.Laps {
		for _, p := range l.Points {
			at, err := time.Parse(time.RFC3339, p.Time)
			if err != nil || n >= s.Len() {
				t.Errorf("%s: point %d: %v", name, n, err)
				return n
			}
			cadence := p.Cadence
			if p.RunCadence != nil {
				cadence = p.RunCadence
			}
			got := ours.StartedAt.Add(time.Duration(s.TimeMS[n]) * time.Millisecond)
			if !got.Equal(at) || !same(s.Lat, n, p.Lat) || !same(s.Lng, n, p.Lng) || !same(s.ElevationM, n, p.Altitude) ||
				s.DistanceM != nil && !same(s.DistanceM, n, p.Distance) || !same(s.HeartRateBPM, n, p.Heart) ||
				!same(s.CadenceRPM, n, cadence) || !same(s.SpeedMPS, n, p.Speed) || !same(s.PowerW, n, p.Watts) {
				t.Errorf("%s: point %d at %v differs from %+v", name, n, got, p)
				return n
			}
			n++
		}
	}
	if n != s.Len() {
		t.Errorf("%s: %d points, encoding/xml %d", name, s.Len(), n)
	}
	return n
}

// same compares sample i with an optional value.
func same[T float32 | float64](column []T, i int, want *T) bool {
	if column == nil || column[i] != column[i] {
		return want == nil
	}
	return want != nil && column[i] == *want
}

// differs are rows whose test means another quantity than the file's own totals.
var differs = map[string]string{
	"First-point-empty.tcx duration_timer": "the file is cut to 142 s; its lap still declares 3312 s",
	"First-point-empty.tcx distance":       "the file is cut to 601 m; its lap still declares 18.7 km",
	"6791039036.tcx hr_avg":                "a mean of samples; the lap declares 155",
	"test.tcx hr_avg":                      "a mean of samples; the laps declare 160",
	"test.tcx distance":                    "the last sample's; the laps declare 4689 m",
}

// The totals that devices declare and the values that other projects assert.
func TestCorpusExpectations(t *testing.T) {
	t.Parallel()
	files := map[string][]*track.Track{}
	for _, f := range corpustest.Files(t, ".tcx") {
		if got, err := Decode(f.Data, track.DefaultLimits); err == nil {
			files[f.Name] = got
		}
	}
	answered := 0
	compare := func(file, quantity, have, want, tolerance string) {
		base := file[strings.LastIndexByte(file, '/')+1:]
		if differs[base+" "+quantity] != "" {
			return
		}
		answered++
		if !corpustest.Matches(have, want, tolerance) {
			t.Errorf("%s %s = %s, want %s ± %s", file, quantity, have, want, tolerance)
		}
	}
	for _, row := range corpustest.Rows(t, "declared.tsv") {
		scope, ok := strings.CutPrefix(row["scope"], "activity[")
		i, err := strconv.Atoi(strings.TrimSuffix(scope, "]"))
		got := files[row["file"]]
		if !ok || err != nil || i >= len(got) {
			continue
		}
		if have, ok := answer(got[i], row["quantity"]); ok {
			compare(row["file"], row["quantity"], have, row["value"], "±0.01")
		}
	}
	for _, row := range corpustest.Rows(t, "expected.tsv") {
		got := files[row["file"]]
		if len(got) != 1 || row["kind"] != "test" {
			continue
		}
		have, ok := answer(got[0], row["quantity"])
		if !ok {
			continue
		}
		if row["quantity"] == "distance" && strings.HasPrefix(row["file"], "files/Runalyze") {
			km, _ := strconv.ParseFloat(have, 64)
			have = corpustest.Number(km / 1000)
		}
		compare(row["file"], row["quantity"], have, row["value"], row["tolerance"])
	}
	t.Logf("%d values match", answered)
	if answered < 100 {
		t.Errorf("only %d rows were compared", answered)
	}
}

// answer gives a quantity of the corpus's tables. A total that the file says
// nothing of, or that a device writes as 0 for want of a sensor, is 0 there.
func answer(t *track.Track, quantity string) (string, bool) {
	total := func(v *float64) (string, bool) {
		if v == nil {
			return "0", true
		}
		return corpustest.Number(*v), true
	}
	u := &t.Session
	switch quantity {
	case "n_points":
		return corpustest.Number(float64(t.Samples.Len())), true
	case "n_laps":
		return corpustest.Number(float64(len(t.Laps))), true
	case "start_utc":
		return t.StartedAt.Format(time.RFC3339Nano), true
	case "duration_timer":
		return total(u.TimerS)
	case "duration_elapsed":
		return total(u.ElapsedS)
	case "distance":
		return total(u.DistanceM)
	case "calories":
		return total(u.CaloriesKcal)
	case "hr_avg":
		return total(u.AvgHeartRateBPM)
	case "hr_max":
		return total(u.MaxHeartRateBPM)
	case "creator.name":
		return t.Device, true
	}
	if column, ok := strings.CutPrefix(quantity, "stream."); ok {
		return corpustest.HasColumn(&t.Samples, column)
	}
	return "", false
}
