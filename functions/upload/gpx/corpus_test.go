package gpx

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	gpxgo "github.com/tkrajina/gpxgo/gpx"

	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/track"
)

// refused lists the files of the corpus that hold no workout, with the reason.
var refused = map[string]string{
	"trackfilter_discard_err.gpx":     "xml_malformed", // a line of plain text
	"A_ride_mapped_on_11_22_2011.gpx": "no_time",
	"strava_route_example.gpx":        "no_time",
	"testFile6Error.gpx":              "xml_malformed", // a wrong end tag
	"c.gpx":                           "xml_encoding",  // bzip2
	"iso8859-1encoded.gpx":            "not_activity",
}

func TestCorpusGivesTracksOrAFault(t *testing.T) {
	t.Parallel()
	for _, f := range corpustest.Files(t, ".gpx") {
		base := f.Name[strings.LastIndexByte(f.Name, '/')+1:]
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

// Every file that gpxgo reads must give the same points. It cuts times to
// seconds, and reads none that has an offset.
func TestCorpusAgreesWithGpxgo(t *testing.T) {
	t.Parallel()
	files, points := 0, 0
	for _, f := range corpustest.Files(t, ".gpx") {
		theirs, err := gpxgo.ParseBytes(f.Data)
		if err != nil {
			continue
		}
		ours, err := Decode(f.Data, track.DefaultLimits)
		if err != nil {
			ours = nil
		}
		if len(ours) > 0 && ours[0].UTCOffset != nil {
			continue
		}
		files++
		next := 0
		for _, trk := range theirs.Tracks {
			timed := timedPoints(trk)
			if len(timed) == 0 {
				continue
			}
			if next >= len(ours) {
				t.Errorf("%s: a track is missing", f.Name)
				break
			}
			points += agree(t, f.Name, ours[next], timed)
			next++
		}
		if next != len(ours) {
			t.Errorf("%s: %d tracks, gpxgo %d", f.Name, len(ours), next)
		}
	}
	t.Logf("%d files, %d points agree", files, points)
}

func timedPoints(trk gpxgo.GPXTrack) (out []gpxgo.GPXPoint) {
	for _, s := range trk.Segments {
		for _, p := range s.Points {
			if !p.Timestamp.IsZero() {
				out = append(out, p)
			}
		}
	}
	return out
}

func agree(t *testing.T, name string, ours *track.Track, theirs []gpxgo.GPXPoint) int {
	t.Helper()
	s := &ours.Samples
	if s.Len() != len(theirs) {
		t.Errorf("%s: %d points, gpxgo %d", name, s.Len(), len(theirs))
		return 0
	}
	for i, p := range theirs {
		at := ours.StartedAt.Add(time.Duration(s.TimeMS[i]) * time.Millisecond)
		if !at.Truncate(time.Second).Equal(p.Timestamp.Truncate(time.Second)) || s.Lat[i] != p.Latitude || s.Lng[i] != p.Longitude {
			t.Errorf("%s: point %d is %v %v/%v, gpxgo %v %v/%v", name, i, at, s.Lat[i], s.Lng[i], p.Timestamp, p.Latitude, p.Longitude)
			return i
		}
		if p.Elevation.NotNull() && s.ElevationM[i] != float32(p.Elevation.Value()) {
			t.Errorf("%s: point %d is at %v m, gpxgo %v", name, i, s.ElevationM[i], p.Elevation.Value())
			return i
		}
	}
	return len(theirs)
}

// The values that other projects' tests assert, as far as a decoder answers
// them.
func TestCorpusExpectations(t *testing.T) {
	t.Parallel()
	files := map[string][]*track.Track{}
	for _, f := range corpustest.Files(t, ".gpx") {
		if got, err := Decode(f.Data, track.DefaultLimits); err == nil {
			files[f.Name] = got
		}
	}
	answered := 0
	for _, row := range corpustest.Rows(t, "expected.tsv") {
		got := files[row["file"]]
		if got == nil || row["kind"] != "test" {
			continue
		}
		have, ok := answer(got, row["quantity"])
		if !ok {
			continue
		}
		answered++
		if !corpustest.Matches(have, row["value"], row["tolerance"]) {
			t.Errorf("%s %s = %s, want %s ± %s", row["file"], row["quantity"], have, row["value"], row["tolerance"])
		}
	}
	t.Logf("%d values match", answered)
	if answered < 20 {
		t.Errorf("only %d rows were compared", answered)
	}
}

// answer gives a quantity of the corpus's tables.
func answer(tracks []*track.Track, quantity string) (string, bool) {
	n, laps := 0, 0
	for _, t := range tracks {
		n += t.Samples.Len()
		laps += len(t.Laps)
	}
	t := tracks[0]
	last := tracks[len(tracks)-1]
	switch quantity {
	case "n_points":
		return corpustest.Number(float64(n)), true
	case "n_laps":
		return corpustest.Number(float64(laps)), true
	case "start_utc":
		return t.StartedAt.Format(time.RFC3339Nano), true
	case "end_utc":
		return last.StartedAt.Add(time.Duration(last.Samples.TimeMS[last.Samples.Len()-1]) * time.Millisecond).Format(time.RFC3339Nano), true
	case "name":
		return t.Name, true
	case "hr_max":
		return greatest(t.Samples.HeartRateBPM)
	case "cadence_max":
		return greatest(t.Samples.CadenceRPM)
	}
	if column, ok := strings.CutPrefix(quantity, "stream."); ok {
		return corpustest.HasColumn(&t.Samples, column)
	}
	return "", false
}

func greatest(column []float32) (string, bool) {
	top := 0.0
	for _, v := range column {
		if float64(v) > top { // false for NaN
			top = float64(v)
		}
	}
	return corpustest.Number(top), column != nil
}
