package upload

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/functions/upload/archive/archivetest"
	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/kml/kmltest"
	"paceline/functions/upload/tcx/tcxtest"
	"paceline/functions/upload/xmlscan/corpustest"
	"paceline/shared/function/fault"
	"paceline/shared/track"
)

// ride is a FIT file of records at seconds after the morning and latitudes in
// degrees.
func ride(at func(second int) int, lat func(second int) int32) []byte {
	const degree = int32(1 << 31 / 180)
	w := fittest.NewWire().Activity().Define(1, 20, fittest.Field{253, 4, fittest.Uint32}, fittest.Field{0, 4, fittest.Sint32}, fittest.Field{1, 4, fittest.Sint32})
	for i := range 60 {
		w.Data(1, fittest.Time(morning)+uint32(at(i)), lat(i)*degree, 9*degree)
	}
	return w.File()
}

// xmlFiles makes files of the formats that are XML, of points as each has them.
var xmlFiles = []struct {
	format string
	file   func(points string) []byte
	point  func(at time.Time, lat int) string
	empty  string // a point of nothing
}{
	{
		"gpx", func(points string) []byte { return []byte(`<gpx><trk><trkseg>` + points + `</trkseg></trk></gpx>`) },
		func(at time.Time, lat int) string {
			return fmt.Sprintf(`<trkpt lat="%d" lon="9"><ele>400</ele><time>%s</time></trkpt>`, lat, at.Format(time.RFC3339))
		}, `<trkpt/>`,
	},
	{
		"tcx", func(points string) []byte {
			return []byte(`<TrainingCenterDatabase><Activities><Activity Sport="Running"><Id>2026-05-01T05:12:03Z</Id><Lap StartTime="2026-05-01T05:12:03Z"><Track>` +
				points + `</Track></Lap></Activity></Activities></TrainingCenterDatabase>`)
		},
		func(at time.Time, lat int) string {
			return fmt.Sprintf(`<Trackpoint><Time>%s</Time><Position><LatitudeDegrees>%d</LatitudeDegrees><LongitudeDegrees>9</LongitudeDegrees></Position><AltitudeMeters>400</AltitudeMeters></Trackpoint>`, at.Format(time.RFC3339), lat)
		}, `<Trackpoint/>`,
	},
	{
		"kml", func(points string) []byte {
			return kmltest.File(`<Placemark><gx:Track>` + points + `</gx:Track></Placemark>`)
		},
		func(at time.Time, lat int) string {
			return fmt.Sprintf(`<when>%s</when><gx:coord>9 %d 400</gx:coord>`, at.Format(time.RFC3339), lat)
		}, `<when/>`,
	},
}

// badFile is a file with one thing wrong: it is refused with a code, or taken
// with a warning.
type badFile struct {
	name          string
	content       []byte
	code, warning string
}

func badFiles() (all []badFile) {
	forth := func(i int) int { return i }
	here := func(int) int32 { return 47 }
	records := fittest.NewWire().Activity().Define(1, 20, fittest.Field{2, 2, fittest.Uint16}).Messages()
	const tooMany = 1_000_001
	all = append(all,
		badFile{"fit that is cut", half(aRide()), "fit_truncated", ""},
		badFile{"fit whose checksum is another", append(bytes.Clone(ride(forth, here)[:len(ride(forth, here))-2]), 1, 2), "fit_crc_mismatch", ""},
		badFile{"fit of nothing", fittest.NewWire().Activity().File(), "no_activity", ""},
		badFile{"fit of too many points", fittest.Seal(append(records, bytes.Repeat([]byte{1, 0, 1}, tooMany)...)), "too_many_points", ""},
		badFile{"fit whose times run back", ride(func(i int) int { return -i }, here), "", "records_reordered"},
		badFile{"fit off the globe", ride(forth, func(i int) int32 { return 47 + int32(i) }), "", "position_invalid"},
	)
	for _, f := range xmlFiles {
		points := func(at func(int) int, lat func(int) int) []byte {
			var b strings.Builder
			for i := range 60 {
				b.WriteString(f.point(morning.Add(time.Duration(at(i))*time.Second), lat(i)))
			}
			return f.file(b.String())
		}
		good := points(forth, func(int) int { return 47 })
		within := func(inner string) []byte { return bytes.Replace(good, []byte("400"), []byte(inner), 1) }
		all = append(all,
			badFile{f.format + " that is cut", half(good), "xml_truncated", ""},
			badFile{f.format + " of too many points", f.file(strings.Repeat(f.empty, tooMany)), "too_many_points", ""},
			badFile{f.format + " whose times run back", points(func(i int) int { return (i * 7) % 60 }, func(int) int { return 47 }), "", "time_backwards"},
			badFile{f.format + " off the globe", points(forth, func(i int) int { return 47 + i }), "", "position_invalid"},
			badFile{f.format + " with a document type", append([]byte(`<!DOCTYPE x [<!ENTITY a "b">]>`), good...), "xml_doctype", ""},
			badFile{f.format + " with an entity of its own", within("&a;"), "xml_entity", ""},
			badFile{f.format + " without a bottom", within(strings.Repeat("<a>", 2_000_000)), "xml_depth", ""},
			badFile{f.format + " of another encoding than it says", within("\xff\xfe"), "xml_encoding", ""},
		)
	}
	return all
}

// What is wrong with a file is found in every format, packed or not, within the
// same bounds.
func TestEveryFormatIsBounded(t *testing.T) {
	t.Parallel()
	for _, bad := range badFiles() {
		t.Run(bad.name, func(t *testing.T) {
			t.Parallel()
			ways := map[string][]byte{"as it is": bad.content}
			if len(bad.content) < freePlain { // more of the same is a bomb
				ways["as .gz"], ways["as .zip"] = gz(bad.content), archivetest.Files(map[string][]byte{"a": bad.content})
			}
			for way, content := range ways {
				known, err := recognise(content)
				var tracks []*track.Track
				if err == nil {
					tracks, err = known.tracks()
				}
				switch {
				case bad.code != "" && (fault.Of(err).Code != bad.code || fault.Of(err).Status/100 != 4):
					t.Errorf("%s: %v, want %s", way, err, bad.code)
				case bad.code == "" && (err != nil || !slices.Contains(tracks[0].Warnings, bad.warning)):
					t.Errorf("%s: %v, want a track with the warning %s", way, err, bad.warning)
				}
			}
		})
	}
}

// FuzzRecognise: whatever somebody sends is refused with a code, or is workouts;
// never a panic, and nothing that is unpacked is more than was allowed.
func FuzzRecognise(f *testing.F) {
	for _, plain := range [][]byte{aRun(), aRide(), tcxtest.Run(morning, 3), kmltest.Run(morning, 3)} {
		f.Add(gz(plain))
		f.Add(archivetest.Files(map[string][]byte{"a": plain, "a.jpg": []byte("a picture")}))
	}
	f.Add(gz(append(aRun(), bytes.Repeat([]byte(" "), 2<<20)...)))
	corpustest.Seeds(f, func([]byte) bool { return true })
	f.Fuzz(func(t *testing.T, content []byte) {
		known, err := recognise(content)
		if int64(len(known.plain)) > max(int64(len(content)), freePlain+maxRatio*int64(len(content))) {
			t.Errorf("%d bytes are unpacked from %d", len(known.plain), len(content))
		}
		if err == nil {
			_, err = known.tracks()
		}
		if err != nil && (fault.Of(err).Status/100 != 4 || fault.Of(err).Code == "") {
			t.Errorf("%v", err)
		}
	})
}
