package tcx

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/functions/upload/tcx/tcxtest"
	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/track"
)

var start = time.Date(2026, 5, 1, 5, 12, 3, 0, time.UTC)

// one decodes a file of exactly one workout.
func one(t *testing.T, file []byte) *track.Track {
	t.Helper()
	got, err := Decode(file, track.DefaultLimits)
	if err != nil || len(got) != 1 {
		t.Fatalf("Decode = %d tracks, %v", len(got), err)
	}
	return got[0]
}

func activities(inside string) string {
	return `<TrainingCenterDatabase><Activities>` + inside + `</Activities></TrainingCenterDatabase>`
}

// course is a file of a way to follow, of one lap of a minute.
func course(points string) string {
	return `<TrainingCenterDatabase><Courses><Course><Name>Round the lake</Name><Lap><TotalTimeSeconds>60</TotalTimeSeconds><DistanceMeters>300</DistanceMeters></Lap><Track>` +
		points + `</Track></Course></Courses></TrainingCenterDatabase>`
}

// A course is a recording when nothing else of the file is.
func TestDecodeCourse(t *testing.T) {
	t.Parallel()
	points := `<Trackpoint><Time>2026-05-01T05:12:03Z</Time></Trackpoint><Trackpoint><Time>2026-05-01T05:13:03Z</Time></Trackpoint>`
	got := one(t, []byte(course(points)))
	if got.Name != "Round the lake" || got.Sport != "generic" || !got.StartedAt.Equal(start) || got.Samples.Len() != 2 || !slices.Equal(got.Warnings, []string{"course"}) {
		t.Errorf("%+v", got)
	}
	if len(got.Laps) != 1 || got.Laps[0].Span != (track.Span{EndMS: 60_000}) || got.Session.DistanceM == nil || *got.Session.DistanceM != 300 {
		t.Errorf("laps %+v, session %+v", got.Laps, got.Session)
	}
	both := strings.Replace(string(tcxtest.Run(start, 5)), "</TrainingCenterDatabase>", strings.TrimPrefix(course(points), "<TrainingCenterDatabase>"), 1)
	if got := one(t, []byte(both)); got.Name != "Test run" || got.Warnings != nil {
		t.Errorf("beside a recording: %+v", got)
	}
}

func TestDecodeRun(t *testing.T) {
	t.Parallel()
	got := one(t, tcxtest.Run(start, 1500))
	s := &got.Samples
	if got.Format != "tcx" || got.Sport != "running" || got.Name != "Test run" || got.Device != "tcxtest" ||
		!got.StartedAt.Equal(start) || got.Warnings != nil || got.Pauses != nil {
		t.Errorf("head %+v", got)
	}
	if s.Len() != 1500 || s.TimeMS[1499] != 1_499_000 || s.Lat[0] != 47.5 || s.DistanceM[100] != 300 ||
		s.HeartRateBPM[9] != 140 || s.CadenceRPM[1] != 85 || s.PowerW != nil || s.SpeedMPS != nil {
		t.Error("samples differ from what was written")
	}
	var spans []track.Span
	for _, l := range got.Laps {
		spans = append(spans, l.Span)
		if l.Trigger != "time" || l.Intensity != "active" {
			t.Errorf("lap %+v", l)
		}
	}
	if want := []track.Span{{StartMS: 0, EndMS: 600_000}, {StartMS: 600_000, EndMS: 1_200_000}, {StartMS: 1_200_000, EndMS: 1_500_000}}; !slices.Equal(spans, want) {
		t.Errorf("laps %v", spans)
	}
	u := got.Session
	if *u.DistanceM != 4500 || *u.TimerS != 1500 || *u.ElapsedS != 1500 || *u.CaloriesKcal != 300 || *u.AvgHeartRateBPM != 140 || u.AvgPowerW != nil {
		t.Errorf("session %+v", u)
	}
}

func TestDecodePauses(t *testing.T) {
	t.Parallel()
	p := tcxtest.Points(start, 400)
	lap := func(from, seconds int, tracks ...[]tcxtest.Point) tcxtest.Lap {
		return tcxtest.Lap{Start: p[from].Time, Seconds: float64(seconds), Tracks: tracks}
	}
	span := func(from, to int64) track.Span { return track.Span{StartMS: from * 1000, EndMS: to * 1000} }
	tests := []struct {
		name string
		laps []tcxtest.Lap
		want []track.Span
	}{
		{"two tracks of a lap with a gap", []tcxtest.Lap{lap(0, 120, p[:60], p[100:160])}, []track.Span{span(59, 100)}},
		{"laps that follow each other", []tcxtest.Lap{lap(0, 100, p[:100]), lap(100, 100, p[103:200])}, nil},
		{"a lap whose timer stood before the next", []tcxtest.Lap{lap(0, 100, p[:100]), lap(160, 40, p[160:200])}, []track.Span{span(100, 160)}},
		{"both", []tcxtest.Lap{lap(0, 120, p[:60], p[100:160]), lap(160, 40, p[160:201]), lap(300, 9, p[300:310])},
			[]track.Span{span(59, 100), span(200, 300)}},
		{"laps in the wrong order", []tcxtest.Lap{lap(100, 100, p[100:200]), lap(0, 100, p[:100])}, nil},
		{"a track without points", []tcxtest.Lap{lap(0, 100, p[:50], nil, p[50:100])}, []track.Span{span(49, 50)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := one(t, tcxtest.File(tcxtest.Activity{Sport: "Running", Start: start, Laps: tt.laps}))
			if !slices.Equal(got.Pauses, tt.want) {
				t.Errorf("pauses %v, want %v", got.Pauses, tt.want)
			}
			for i := 1; i < len(got.Laps); i++ {
				if got.Laps[i].StartMS != got.Laps[i-1].EndMS {
					t.Errorf("laps %v", got.Laps)
				}
			}
		})
	}
}

func TestDecodeSeveralActivities(t *testing.T) {
	t.Parallel()
	point := func(at string) string {
		return `<Lap StartTime="` + at + `"><TotalTimeSeconds>10</TotalTimeSeconds><Track><Trackpoint><Time>` + at + `</Time></Trackpoint></Track></Lap>`
	}
	act := func(sport, at string) string {
		return `<Activity Sport="` + sport + `"><Id>` + at + `</Id>` + point(at) + `</Activity>`
	}
	got, err := Decode([]byte(activities(`<MultiSportSession><Id>2026-05-01T05:00:00Z</Id><FirstSport>`+act("Other", "2026-05-01T05:00:00Z")+
		`</FirstSport><NextSport><Transition StartTime="2026-05-01T05:30:00Z"/>`+act("Biking", "2026-05-01T05:31:00Z")+
		`</NextSport></MultiSportSession><Activity Sport="Running"/>`+act("running", "2026-05-01T07:00:00Z"))), track.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	var sports []string
	for _, tr := range got {
		sports = append(sports, tr.Sport+" "+tr.StartedAt.Format("15:04"))
	}
	if want := []string{"generic 05:00", "cycling 05:31", "running 07:00"}; !slices.Equal(sports, want) {
		t.Errorf("got %v", sports)
	}
	if !slices.Equal(got[0].Warnings, []string{"workout_left_out"}) {
		t.Errorf("warnings %v", got[0].Warnings)
	}
}

func TestDecodeIndoorWithoutTrackpoints(t *testing.T) {
	t.Parallel()
	got := one(t, tcxtest.File(tcxtest.Activity{Sport: "Biking", Start: start, Laps: []tcxtest.Lap{
		{Start: start, Seconds: 1800, Distance: 15000, Calories: 400, AvgHeart: 130, MaxHeart: 150},
		{Start: start.Add(30 * time.Minute), Seconds: 600, AvgHeart: 170, MaxHeart: 180},
	}}))
	u := got.Session
	if got.Samples.Len() != 0 || len(got.Laps) != 2 || *u.TimerS != 2400 || *u.DistanceM != 15000 || *u.AvgHeartRateBPM != 140 || *u.MaxHeartRateBPM != 180 {
		t.Errorf("got %+v, session %+v", got, u)
	}
}

func TestDecodeLapTotals(t *testing.T) {
	t.Parallel()
	file := activities(`<Activity Sport="Biking"><Id>2026-05-01T05:00:00Z</Id><Notes>a note
of two lines</Notes><Lap StartTime="2026-05-01T05:00:00.500Z"><TotalTimeSeconds>10.25</TotalTimeSeconds><DistanceMeters>0.0</DistanceMeters>
<MaximumSpeed>7.5</MaximumSpeed><Calories>0</Calories><AverageHeartRateBpm><Value>0</Value></AverageHeartRateBpm><Intensity>Resting</Intensity>
<Cadence>109</Cadence><TriggerMethod>Location</TriggerMethod><Track><Trackpoint><Time>2026-05-01T05:00:01Z</Time><AltitudeMeters>5</AltitudeMeters>
<DistanceMeters>0.0</DistanceMeters><HeartRateBpm><Value>101</Value></HeartRateBpm><Cadence>80</Cadence><SensorState>Present</SensorState>
<Extensions><TPX xmlns="http://www.garmin.com/xmlschemas/ActivityExtension/v2" CadenceSensor="Footpod"><Speed>6.5</Speed><Watts>231</Watts></TPX></Extensions></Trackpoint></Track>
<Extensions><x:LX><x:AvgSpeed>6</x:AvgSpeed><x:MaxBikeCadence>109</x:MaxBikeCadence><x:AvgWatts>200</x:AvgWatts><x:MaxWatts>300</x:MaxWatts></x:LX></Extensions>
</Lap></Activity>`)
	got := one(t, []byte(file))
	l, s := got.Laps[0], got.Samples
	if l.Trigger != "position_lap" || l.Intensity != "rest" || l.Span != (track.Span{StartMS: 0, EndMS: 10_250}) {
		t.Errorf("lap %+v", l)
	}
	u := l.Totals
	if *u.TimerS != 10.25 || *u.DistanceM != 0 || *u.MaxSpeedMPS != 7.5 || *u.AvgPowerW != 200 || *u.MaxPowerW != 300 || *u.AvgSpeedMPS != 6 || *u.MaxCadenceRPM != 109 {
		t.Errorf("totals %+v", u)
	}
	if u.CaloriesKcal != nil || u.AvgHeartRateBPM != nil || u.AvgCadenceRPM != nil {
		t.Errorf("zeros and the maximum in <Cadence> are kept: %+v", u)
	}
	if s.TimeMS[0] != 500 || s.ElevationM[0] != 5 || s.HeartRateBPM[0] != 101 || s.CadenceRPM[0] != 80 || s.PowerW[0] != 231 || s.SpeedMPS[0] != 6.5 {
		t.Errorf("samples %+v", s)
	}
	if s.DistanceM != nil || got.Session.DistanceM != nil {
		t.Error("a distance of zeros is kept")
	}
	if got.Description != "a note\nof two lines" || got.Name != "" {
		t.Errorf("name %q, description %q", got.Name, got.Description)
	}
}

func TestDecodeStartOfAWrongClock(t *testing.T) {
	t.Parallel()
	p := tcxtest.Points(start, 10)
	for _, wrong := range []time.Time{start.AddDate(-6, 0, 0), start.Add(time.Hour)} {
		got := one(t, tcxtest.File(tcxtest.Activity{Start: wrong, Laps: []tcxtest.Lap{{Start: wrong, Seconds: 10, Tracks: [][]tcxtest.Point{p}}}}))
		if !got.StartedAt.Equal(start) || !slices.Equal(got.Warnings, []string{"start_implausible"}) {
			t.Errorf("started %v, warnings %v", got.StartedAt, got.Warnings)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	tight := track.Limits{Points: 5, Workouts: 1, Depth: 64}
	lap := func(attr, inside string) string {
		return `<Activity Sport="Running"><Lap` + attr + `>` + inside + `</Lap></Activity>`
	}
	dated := lap(` StartTime="2026-05-01T05:00:00Z"`, `<TotalTimeSeconds>5</TotalTimeSeconds>`)
	tests := []struct{ name, give, code string }{
		{"a document type", `<!DOCTYPE a><TrainingCenterDatabase/>`, "xml_doctype"},
		{"the billion laughs", `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><TrainingCenterDatabase>&b;</TrainingCenterDatabase>`, "xml_doctype"},
		{"an entity", activities(`<Activity><Notes>&xxe;</Notes></Activity>`), "xml_entity"},
		{"two million nested tags", `<TrainingCenterDatabase>` + strings.Repeat("<a>", 2_000_000), "xml_depth"},
		{"nested extensions without end", `<TrainingCenterDatabase><Activities><Activity><Lap><Track><Trackpoint><Extensions>` + strings.Repeat("<a>", 100), "xml_depth"},
		{"a second root", activities(dated) + "<a/>", "xml_malformed"},
		{"the end in the middle", string(tcxtest.Run(start, 3))[:1000], "xml_truncated"},
		{"UTF-7", `<?xml version="1.0" encoding="UTF-7"?><TrainingCenterDatabase/>`, "xml_encoding"},
		{"another root", `<gpx/>`, "not_tcx"},
		{"nothing in it", `<TrainingCenterDatabase/>`, "no_activity"},
		{"a plan", `<TrainingCenterDatabase><Workouts><Workout Sport="Running"><Name>Intervals</Name></Workout></Workouts></TrainingCenterDatabase>`, "not_activity"},
		{"a course without times", course(`<Trackpoint><Position><LatitudeDegrees>47</LatitudeDegrees><LongitudeDegrees>9</LongitudeDegrees></Position></Trackpoint>`), "no_time"},
		{"a course without points", course(""), "no_activity"},
		{"a lap without time, duration or points", activities(lap("", "")), "no_activity"},
		{"a lap with a start and no duration", activities(lap(` StartTime="2026-05-01T05:00:00Z"`, "")), "no_activity"},
		{"a duration without a start", activities(lap("", `<TotalTimeSeconds>5</TotalTimeSeconds>`)), "no_activity"},
		{"a duration that is NaN", activities(lap(` StartTime="2026-05-01T05:00:00Z"`, `<TotalTimeSeconds>NaN</TotalTimeSeconds>`)), "no_activity"},
		{"a duration of 1e308", activities(lap(` StartTime="2026-05-01T05:00:00Z"`, `<TotalTimeSeconds>1e308</TotalTimeSeconds>`)), "no_activity"},
		{"points of the year 9999", activities(lap("", `<Track><Trackpoint><Time>9999-01-01T00:00:00Z</Time></Trackpoint></Track>`)), "no_time"},
		{"points without a time", activities(lap("", `<Track><Trackpoint/></Track>`)), "no_time"},
		{"more points than allowed", string(tcxtest.Run(start, 6)), "too_many_points"},
		{"more laps than anybody runs", activities(`<Activity>` + strings.Repeat("<Lap/>", maxLaps+1) + `</Activity>`), "too_many_laps"},
		{"more activities than allowed", activities(dated + dated), "too_many_workouts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Decode([]byte(tt.give), tight)
			var f *track.Fault
			if !errors.As(err, &f) || f.Code != tt.code || got != nil {
				t.Errorf("got %d tracks, %v; want %s", len(got), err, tt.code)
			}
		})
	}
}

func TestDecodeKeepsPointsWithBadPositions(t *testing.T) {
	t.Parallel()
	for name, position := range map[string]string{
		"latitude 91": `<LatitudeDegrees>91</LatitudeDegrees><LongitudeDegrees>1</LongitudeDegrees>`,
		"NaN":         `<LatitudeDegrees>NaN</LatitudeDegrees><LongitudeDegrees>1</LongitudeDegrees>`,
		"1e308":       `<LatitudeDegrees>1e308</LatitudeDegrees><LongitudeDegrees>1</LongitudeDegrees>`,
		"one missing": `<LatitudeDegrees>1</LatitudeDegrees>`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := one(t, []byte(activities(`<Activity><Lap><Track><Trackpoint><Time>2026-05-01T05:00:00Z</Time><Position>`+position+
				`</Position><HeartRateBpm><Value>99</Value></HeartRateBpm></Trackpoint></Track></Lap></Activity>`)))
			if got.Samples.Len() != 1 || got.Samples.Lat != nil || got.Samples.HeartRateBPM[0] != 99 || !slices.Contains(got.Warnings, "position_invalid") {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestSniff(t *testing.T) {
	t.Parallel()
	if !Sniff(tcxtest.Run(start, 1)[:150]) || Sniff([]byte("<gpx>")) || Sniff(nil) {
		t.Error("Sniff mistakes a file")
	}
}

// FuzzDecode: never a panic, always tracks or a Fault, and every track can be
// stored.
func FuzzDecode(f *testing.F) {
	f.Add(tcxtest.Run(start, 2))
	f.Add([]byte(activities(`<MultiSportSession><FirstSport><Activity Sport="Other"><Lap StartTime="2026-05-01T05:00:00Z"><TotalTimeSeconds>9</TotalTimeSeconds></Lap><Lap/></Activity></FirstSport></MultiSportSession>`)))
	corpustest.Seeds(f, Sniff)
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Decode(data, track.Limits{Points: 1000, Workouts: 10, Depth: 32})
		var fault *track.Fault
		if err != nil && (!errors.As(err, &fault) || fault.Code == "") || err == nil && len(got) == 0 {
			t.Fatalf("%d tracks, %v", len(got), err)
		}
		for _, tr := range got {
			if _, err := track.Encode(tr); err != nil {
				t.Fatal(err)
			}
			for i, l := range tr.Laps {
				if l.EndMS < l.StartMS || i > 0 && l.StartMS < tr.Laps[i-1].StartMS {
					t.Fatalf("laps out of order: %+v", tr.Laps)
				}
			}
			for i, p := range tr.Pauses {
				if p.EndMS <= p.StartMS || i > 0 && p.StartMS <= tr.Pauses[i-1].EndMS {
					t.Fatalf("pauses overlap: %+v", tr.Pauses)
				}
			}
		}
	})
}
