package kml_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"paceline/functions/upload/kml"
	"paceline/functions/upload/kml/kmltest"
	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/track"
)

var start = time.Date(2026, 5, 1, 5, 12, 3, 0, time.UTC)

func codeOf(err error) string {
	var f *track.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}

func one(t *testing.T, data []byte) *track.Track {
	t.Helper()
	got, err := kml.Decode(data, track.DefaultLimits)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d tracks, %v", len(got), err)
	}
	return got[0]
}

func TestARun(t *testing.T) {
	t.Parallel()
	got := one(t, kmltest.Run(start, 60))
	s := got.Samples
	if got.Format != "kml" || got.Sport != "running" || got.Name != "A run" || got.Device != "OpenTracks" || !got.StartedAt.Equal(start) || s.Len() != 60 {
		t.Errorf("track %+v", got)
	}
	if s.TimeMS[59] != 59_000 || math.Abs(s.Lat[59]-47.5-59*3/111_195.0) > 1e-6 || s.Lng[0] != 9.25 || s.ElevationM[0] != 400 || s.HeartRateBPM[39] != 159 {
		t.Errorf("samples %+v", s)
	}
}

// file is a Track of its own in a file.
func file(content string) []byte {
	return kmltest.File("<Placemark><gx:Track>" + content + "</gx:Track></Placemark>")
}

func TestWhatBelongsTogether(t *testing.T) {
	t.Parallel()
	const second = `<when>2026-05-01T05:12:0%dZ</when>`
	got := one(t, file(`<gx:coord>9 47 1</gx:coord><gx:coord/>`+fmt.Sprintf(second, 1)+`<gx:coord>9.1,47.1</gx:coord>`+fmt.Sprintf(second, 2)+fmt.Sprintf(second, 3)+
		`<ExtendedData><SchemaData><gx:SimpleArrayData name="Heart rate"><gx:value/><gx:value>99</gx:value><gx:value>x</gx:value><gx:value>7</gx:value></gx:SimpleArrayData></SchemaData></ExtendedData>`))
	s := got.Samples
	if s.Len() != 3 || s.Lat[0] != 47 || s.Lat[1] == s.Lat[1] || s.Lat[2] != 47.1 || s.ElevationM[2] == s.ElevationM[2] || s.HeartRateBPM[1] != 99 || s.HeartRateBPM[2] == s.HeartRateBPM[2] {
		t.Errorf("samples %+v", s)
	}
	if fmt.Sprint(got.Warnings) != "[value_unreadable]" || got.Name != "The file" {
		t.Errorf("warnings %v, name %q", got.Warnings, got.Name)
	}
}

func TestSegmentsArePauses(t *testing.T) {
	t.Parallel()
	part := func(minute int) string {
		return fmt.Sprintf(`<gx:Track><when>2026-05-01T07:%02d:00+02:00</when><when>2026-05-01T07:%02d:01+02:00</when><gx:coord>9 47</gx:coord><gx:coord>9 47.1</gx:coord></gx:Track>`, minute, minute)
	}
	got := one(t, kmltest.File("<Folder><Placemark><icon>BIKE</icon><gx:MultiTrack>"+part(1)+part(5)+"</gx:MultiTrack></Placemark></Folder>"))
	if len(got.Pauses) != 1 || got.Pauses[0] != (track.Span{StartMS: 1000, EndMS: 240_000}) || got.UTCOffset == nil || *got.UTCOffset != 2*time.Hour || got.Sport != "cycling" {
		t.Errorf("%+v", got)
	}
}

func TestFilesThatAreNoWorkout(t *testing.T) {
	t.Parallel()
	for code, data := range map[string]string{
		"not_kml":           `<gpx/>`,
		"xml_doctype":       `<!DOCTYPE kml><kml/>`,
		"xml_truncated":     string(kmltest.Run(start, 60)[:3000]),
		"not_activity":      string(kmltest.File(`<Placemark><Point><coordinates>9,47</coordinates></Point></Placemark>`)),
		"no_time":           string(kmltest.File(`<Placemark><TimeSpan><begin>2026-05-01</begin></TimeSpan><LineString><coordinates>9,47 9,48</coordinates></LineString></Placemark>`)),
		"no_activity":       string(file(`<when>2026-05-01T05:12:01Z</when><gx:coord/>`)),
		"kml_pairs":         string(file(`<when>2026-05-01T05:12:01Z</when><gx:coord>9 47</gx:coord><gx:coord>9 47</gx:coord>`)),
		"too_many_points":   string(kmltest.Run(start, 101)),
		"too_many_workouts": string(kmltest.File(strings.Repeat(`<Placemark><gx:Track><when>2026-05-01T05:12:01Z</when><gx:coord>9 47</gx:coord></gx:Track></Placemark>`, 4))),
	} {
		got, err := kml.Decode([]byte(data), track.Limits{Points: 100, Workouts: 3, Depth: 20})
		if codeOf(err) != code || got != nil {
			t.Errorf("%s: %d tracks, %v", code, len(got), err)
		}
	}
}

// The files of other projects give what their tests say.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, f := range corpustest.Files(t, ".kml") {
		base := f.Name[strings.LastIndexAny(f.Name, "/!")+1:]
		want, known := map[string]string{
			"google_ext.kml":                        "451 points, 451 with a position, generic",
			"kml22_order_location_and_when.kml":     "5 points, 3 with a position, generic",
			"kml22_when_locations_different.kml":    "kml_pairs",
			"Suunto-Spartan-Ultra.kml":              "36 points, 36 with a position, generic",
			"TomTom-without-distance-extension.kml": "2109 points, 2109 with a position, alpine_skiing",
			"multi-line-without-altitude.kml":       "no_time",
			"kml_2_2_with_extended_data.kml":        "26 points, 25 with a position, walking",
			"example.kml":                           "26 points, 25 with a position, walking",
		}[base]
		got := ""
		switch all, err := kml.Decode(f.Data, track.DefaultLimits); {
		case err != nil:
			got = codeOf(err)
		default:
			at := 0
			for _, lat := range all[0].Samples.Lat {
				if lat == lat {
					at++
				}
			}
			got = fmt.Sprintf("%d points, %d with a position, %s", all[0].Samples.Len(), at, all[0].Sport)
		}
		if !known || got != want {
			t.Errorf("%s: %s, want %s", base, got, want)
		}
	}
}

// FuzzDecode: never a panic, always tracks or a Fault, and every track can be
// stored.
func FuzzDecode(f *testing.F) {
	f.Add(kmltest.Run(start, 3))
	f.Add(file(`<when>2026-05-01T05:12:01+01:00</when><gx:coord>9 47 1</gx:coord><when/><gx:coord/>`))
	f.Add(kmltest.File(`<Folder><Placemark><gx:MultiTrack><gx:Track/></gx:MultiTrack><LineString/></Placemark></Folder>`))
	corpustest.Seeds(f, kml.Sniff)
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := kml.Decode(data, track.Limits{Points: 1000, Workouts: 10, Depth: 32})
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
