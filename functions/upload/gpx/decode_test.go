package gpx

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/functions/upload/gpx/gpxtest"
	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/track"
)

var start = time.Date(2026, 5, 1, 5, 12, 3, 0, time.UTC)

// one decodes a file of exactly one workout.
func one(t *testing.T, file string) *track.Track {
	t.Helper()
	got, err := Decode([]byte(file), track.DefaultLimits)
	if err != nil || len(got) != 1 {
		t.Fatalf("Decode = %d tracks, %v", len(got), err)
	}
	return got[0]
}

// file wraps points in a GPX 1.1 file with the usual namespaces.
func file(points string) string {
	return `<?xml version="1.0"?><gpx version="1.1" creator="unit" xmlns="http://www.topografix.com/GPX/1/1"
 xmlns:ns3="http://www.garmin.com/xmlschemas/TrackPointExtension/v2" xmlns:gpxdata="http://www.cluetrust.com/XML/GPXDATA/1/0"
 xmlns:pwr="http://www.garmin.com/xmlschemas/PowerExtension/v1" xmlns:other="http://example.org/kmh">
<trk><trkseg>` + points + `</trkseg></trk></gpx>`
}

// pt is a point at a second with more elements.
func pt(second int, more string) string {
	at := start.Add(time.Duration(second) * time.Second).Format(time.RFC3339)
	return `<trkpt lat="47.5" lon="9.25"><time>` + at + `</time>` + more + `</trkpt>`
}

func TestDecodeRun(t *testing.T) {
	t.Parallel()
	got := one(t, string(gpxtest.Run(start, 600)))
	s := &got.Samples
	if got.Format != "gpx" || got.Sport != "running" || got.Name != "Test run" || got.Device != "gpxtest" ||
		!got.StartedAt.Equal(start) || got.UTCOffset != nil || got.Warnings != nil || got.Laps != nil {
		t.Errorf("head %+v", got)
	}
	if s.Len() != 600 || s.TimeMS[599] != 599_000 || s.Lat[0] != 47.5 || s.Lng[599] != 9.25 ||
		s.ElevationM[0] != 400 || s.HeartRateBPM[0] != 120 || s.CadenceRPM[1] != 85 {
		t.Errorf("samples %d", s.Len())
	}
	if s.PowerW != nil || s.SpeedMPS != nil || s.DistanceM != nil || s.TemperatureC != nil {
		t.Error("a column that the file does not have")
	}
}

func TestDecodeSensors(t *testing.T) {
	t.Parallel()
	type want struct{ hr, cad, power, temp, speed, dist float64 }
	none := math.NaN()
	tests := []struct {
		name, give string
		want       want
	}{
		{"Garmin's extension, any prefix, v2 with speed", `<extensions><ns3:TrackPointExtension><ns3:atemp>27.5</ns3:atemp><ns3:hr>127</ns3:hr><ns3:cad>64</ns3:cad><ns3:speed>3.25</ns3:speed></ns3:TrackPointExtension></extensions>`,
			want{127, 64, none, 27.5, 3.25, none}},
		{"Strava's bare power beside it", `<extensions><power>219</power><ns3:TrackPointExtension><ns3:hr>127</ns3:hr></ns3:TrackPointExtension></extensions>`,
			want{127, none, 219, none, none, none}},
		{"Garmin's power extension", `<extensions><pwr:PowerExtension><pwr:PowerInWatts>219</pwr:PowerInWatts></pwr:PowerExtension></extensions>`,
			want{none, none, 219, none, none, none}},
		{"cluetrust with a distance", `<extensions><gpxdata:hr>71</gpxdata:hr><gpxdata:cadence>80</gpxdata:cadence><gpxdata:temp>9</gpxdata:temp><gpxdata:distance>12.5</gpxdata:distance></extensions>`,
			want{71, 80, none, 9, none, 12.5}},
		{"Amazfit, which says it twice", `<extensions><heartrate>89</heartrate><ns3:TrackPointExtension><ns3:hr>90</ns3:hr></ns3:TrackPointExtension></extensions>`,
			want{89, none, none, none, none, none}},
		{"prefixes nobody declared", `<extensions><gpxtpx:hr>89</gpxtpx:hr><gpxx:Temperature>22</gpxx:Temperature></extensions>`,
			want{89, none, none, 22, none, none}},
		{"GPX 1.0, in the point itself", `<speed>2.5</speed><course>90</course><name>TP1</name>`,
			want{none, none, none, none, 2.5, none}},
		{"not a speed of unknown unit", `<extensions><other:speed>12</other:speed><other:distance>4</other:distance><power>1</power></extensions>`,
			want{none, none, 1, none, none, none}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := one(t, file(pt(0, tt.give))).Samples
			check := func(what string, got, want float64) {
				if got != want && !(got != got && want != want) {
					t.Errorf("%s %v, want %v", what, got, want)
				}
			}
			check("heart rate", first(s.HeartRateBPM), tt.want.hr)
			check("cadence", first(s.CadenceRPM), tt.want.cad)
			check("power", first(s.PowerW), tt.want.power)
			check("temperature", first(s.TemperatureC), tt.want.temp)
			check("speed", first(s.SpeedMPS), tt.want.speed)
			check("distance", first(s.DistanceM), tt.want.dist)
		})
	}
}

func first[T float32 | float64](column []T) float64 {
	if column == nil {
		return math.NaN()
	}
	return float64(column[0])
}

func TestDecodeWarns(t *testing.T) {
	t.Parallel()
	bad := func(lat, lon string) string {
		return `<trkpt lat="` + lat + `" lon="` + lon + `"><time>2026-05-01T05:13:00Z</time></trkpt>`
	}
	tests := []struct {
		name, give string
		points     int
		warn       []string
	}{
		{"latitude 91", bad("91", "0"), 3, []string{"position_invalid"}},
		{"NaN", bad("NaN", "NaN"), 3, []string{"position_invalid"}},
		{"1e308", bad("1e308", "1"), 3, []string{"position_invalid"}},
		{"no coordinates", `<trkpt><time>2026-05-01T05:13:00Z</time></trkpt>`, 3, []string{"position_invalid"}},
		{"a point without a time", `<trkpt lat="1" lon="1"/>`, 2, []string{"time_missing"}},
		{"an empty time", `<trkpt lat="1" lon="1"><time/></trkpt>`, 2, []string{"time_missing"}},
		{"a time of no calendar", `<trkpt lat="1" lon="1"><time>2026-02-30T00:00:00Z</time></trkpt>`, 2, []string{"time_unreadable", "time_missing"}},
		{"year 0", `<trkpt lat="1" lon="1"><time>0000-01-01T00:00:00Z</time></trkpt>`, 2, []string{"time_unreadable", "time_missing"}},
		{"year 9999", `<trkpt lat="1" lon="1"><time>9999-12-31T23:59:59Z</time></trkpt>`, 2, []string{"time_unreadable", "time_missing"}},
		{"a time without a zone", `<trkpt lat="1" lon="1"><time>2026-05-01T05:13:00</time></trkpt>`, 3, []string{"time_zone_missing"}},
		{"a time that runs back", `<trkpt lat="1" lon="1"><time>2026-05-01T05:00:00Z</time></trkpt>`, 2, []string{"time_backwards"}},
		{"a heart rate that is a word", pt(60, `<extensions><ns3:hr>null</ns3:hr></extensions>`), 3, []string{"value_unreadable"}},
		{"an elevation of 1e308", pt(60, `<ele>1e308</ele>`), 3, []string{"value_unreadable"}},
		{"an elevation above the sky", pt(60, `<ele>1e6</ele>`), 3, []string{"value_out_of_range"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := one(t, file(pt(0, "")+pt(1, "")+tt.give))
			if got.Samples.Len() != tt.points || !slices.Equal(got.Warnings, tt.warn) {
				t.Errorf("%d points, warnings %v; want %d, %v", got.Samples.Len(), got.Warnings, tt.points, tt.warn)
			}
			if _, err := track.Encode(got); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDecodeTracksAndSegments(t *testing.T) {
	t.Parallel()
	p := gpxtest.Points(start, 100)
	got, err := Decode(gpxtest.File(
		gpxtest.Track{Name: "one", Segments: [][]gpxtest.Point{p[:10], p[30:40]}},
		gpxtest.Track{Name: "route", Segments: [][]gpxtest.Point{{{Lat: 1, Lng: 1}}}},
		gpxtest.Track{Name: "two", Type: "16", Segments: [][]gpxtest.Point{p[50:]}},
	), track.DefaultLimits)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d tracks, %v", len(got), err)
	}
	if got[0].Name != "one" || got[0].Samples.Len() != 20 || !slices.Equal(got[0].Pauses, []track.Span{{StartMS: 9000, EndMS: 30_000}}) ||
		!slices.Equal(got[0].Warnings, []string{"workout_left_out"}) {
		t.Errorf("first %+v", got[0])
	}
	if got[1].Name != "two" || got[1].Sport != "swimming" || !got[1].StartedAt.Equal(start.Add(50*time.Second)) {
		t.Errorf("second %+v", got[1])
	}
}

func TestDecodeTexts(t *testing.T) {
	t.Parallel()
	got := one(t, `<gpx creator="Edge 520 with Barometer"><metadata><name>of the file</name><desc>A &amp; B</desc></metadata>
<trk><cmt>c</cmt><trkseg><trkpt lat="1" lon="2"><time>2026-05-01T07:12:03+02:00</time></trkpt></trkseg><name><![CDATA[ ]]></name></trk></gpx>`)
	if got.Name != "of the file" || got.Description != "c" || !got.Barometric || got.Sport != "generic" ||
		got.UTCOffset == nil || *got.UTCOffset != 2*time.Hour || !got.StartedAt.Equal(start) {
		t.Errorf("got %+v", got)
	}
}

func TestDecodeLapsOfCluetrust(t *testing.T) {
	t.Parallel()
	lap := func(second int, more string) string {
		return `<gpxdata:lap><gpxdata:startTime>` + start.Add(time.Duration(second)*time.Second).Format(time.RFC3339) +
			`</gpxdata:startTime>` + more + `</gpxdata:lap>`
	}
	text := file(pt(0, "")+pt(30, "")+pt(60, "")) + ""
	text = strings.Replace(text, "</trk>", "</trk><extensions><gpxdata:run>"+
		lap(31, `<gpxdata:elapsedTime>9</gpxdata:elapsedTime>`)+
		lap(0, `<gpxdata:elapsedTime>31.5</gpxdata:elapsedTime><gpxdata:distance>100</gpxdata:distance><gpxdata:calories>0</gpxdata:calories><gpxdata:summary name="MaximumHeartRateBpm" kind="max">178</gpxdata:summary><gpxdata:trigger kind="distance"/><gpxdata:intensity>active</gpxdata:intensity>`)+
		lap(900, "")+lap(-60, "")+"</gpxdata:run></extensions>", 1)
	got := one(t, text).Laps
	if len(got) != 2 || got[0].Span != (track.Span{StartMS: 0, EndMS: 31_000}) || got[1].Span != (track.Span{StartMS: 31_000, EndMS: 40_000}) {
		t.Fatalf("laps %+v", got)
	}
	l := got[0]
	if l.Trigger != "distance" || l.Intensity != "active" || *l.Totals.DistanceM != 100 || *l.Totals.MaxHeartRateBPM != 178 || l.Totals.CaloriesKcal != nil {
		t.Errorf("lap %+v", l)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	tight := track.Limits{Points: 5, Workouts: 1, Depth: 64}
	p := gpxtest.Points(start, 3)
	two := string(gpxtest.File(gpxtest.Track{Segments: [][]gpxtest.Point{p[:1]}}, gpxtest.Track{Segments: [][]gpxtest.Point{p[1:]}}))
	tests := []struct{ name, give, code string }{
		{"a document type", `<!DOCTYPE gpx [<!ENTITY a SYSTEM "file:///etc/passwd">]><gpx>&a;</gpx>`, "xml_doctype"},
		{"an entity", `<gpx><trk><name>&xxe;</name></trk></gpx>`, "xml_entity"},
		{"two million nested tags", `<gpx>` + strings.Repeat("<trk>", 2_000_000), "xml_depth"},
		{"nested extensions without end", file(`<trkpt lat="1" lon="1"><extensions>` + strings.Repeat("<a>", 100)), "xml_depth"},
		{"a second root", `<gpx/><gpx/>`, "xml_malformed"},
		{"the end in the middle", string(gpxtest.Run(start, 9))[:900], "xml_truncated"},
		{"UTF-7", `<?xml version="1.0" encoding="UTF-7"?><gpx/>`, "xml_encoding"},
		{"another root", `<kml/>`, "not_gpx"},
		{"another root inside which is gpx", `<a><gpx/></a>`, "not_gpx"},
		{"nothing in it", `<gpx/>`, "no_activity"},
		{"a track without points", `<gpx><trk><trkseg/></trk></gpx>`, "no_activity"},
		{"routes only", `<gpx><rte><rtept lat="1" lon="1"/></rte></gpx>`, "not_activity"},
		{"waypoints only", `<gpx><wpt lat="1" lon="1"><time>2026-05-01T05:13:00Z</time></wpt></gpx>`, "not_activity"},
		{"no time", file(`<trkpt lat="1" lon="1"/><trkpt lat="2" lon="1"/>`), "no_time"},
		{"only times of the year 9999", file(`<trkpt lat="1" lon="1"><time>9999-01-01T00:00:00Z</time></trkpt>`), "no_time"},
		{"no usable position or value", file(`<trkpt lat="91" lon="1"><time>2026-05-01T05:13:00Z</time></trkpt>`), "no_activity"},
		{"waypoints beside a track of nothing", `<gpx><wpt lat="1" lon="1"/><trk><trkseg><trkpt lat="91" lon="1"><time>2026-05-01T05:13:00Z</time></trkpt></trkseg></trk></gpx>`, "no_activity"},
		{"more points than allowed", string(gpxtest.Run(start, 6)), "too_many_points"},
		{"more laps than anybody runs", `<gpx xmlns:d="http://www.cluetrust.com/XML/GPXDATA/1/0"><extensions>` + strings.Repeat(`<d:lap><d:startTime>2026-05-01T05:13:00Z</d:startTime></d:lap>`, maxLaps+1) + `</extensions></gpx>`, "too_many_laps"},
		{"more tracks than allowed", two, "too_many_workouts"},
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

func TestSniff(t *testing.T) {
	t.Parallel()
	if !Sniff(gpxtest.Run(start, 1)[:200]) || Sniff([]byte("<kml>")) || Sniff(nil) {
		t.Error("Sniff mistakes a file")
	}
}

// FuzzDecode: never a panic, always tracks or a Fault, and every track can be
// stored.
func FuzzDecode(f *testing.F) {
	f.Add(gpxtest.Run(start, 2))
	f.Add([]byte(file(pt(0, `<ele>1</ele><extensions><power>2</power></extensions>`) + pt(-5, ""))))
	f.Add([]byte(`<gpx><trk><trkseg><trkpt lat='1' lon='2'><time>2026-05-01T05:13:00+01:00</time></trkpt></trkseg><trkseg/></trk></gpx>`))
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
		}
	})
}
