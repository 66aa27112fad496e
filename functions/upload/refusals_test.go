package upload

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"paceline/functions/upload/archive/archivetest"
	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/function/functiontest"
)

// refusals are requests that must be refused, and how.
var refusals = []struct {
	name   string
	body   any // []part or JSON
	status int
	code   string // any when empty
	member string // that the problem must have
}{
	{"no file", []part{{"name", "", "x"}}, 422, "missing_file", ""},
	{"an empty file", []part{aFile("a.fit", nil)}, 422, "missing_file", ""},
	{"a picture", []part{aFile("a.fit", []byte("\x89PNG\r\n\x1a\n0000000000000"))}, 415, "unsupported_format", ""},
	{"a damaged archive", []part{aFile("a.zip", []byte("PK\x03\x04aaaaaaaaaaaaaaaaaaaa"))}, 422, "zip_corrupt", ""},
	{"an archive of several files", []part{aFile("a.zip", archivetest.Files(map[string][]byte{"a.gpx": aRun(), "b.gpx": aRun()}))}, 422, "zip_several_files", ""},
	{"an archive of no file", []part{aFile("a.zip", archivetest.Files(nil))}, 415, "unsupported_format", ""},
	{"plain text", []part{aFile("a.gpx", []byte("hello, this is my run"))}, 415, "unsupported_format", ""},
	{"another XML", []part{aFile("a.gpx", []byte(`<?xml version="1.0"?><svg></svg>`))}, 415, "unsupported_format", ""},
	{"half a FIT file", []part{aFile("a.fit", half(fittest.Run(morning, 300)))}, 422, "fit_truncated", "offset"},
	{"a FIT course", []part{aFile("a.fit", fittest.Course(morning))}, 422, "not_activity", "offset"},
	{"a document type", []part{aFile("a.gpx", withDoctype())}, 422, "xml_doctype", "line"},
	{"a GPX file that is cut", []part{aFile("a.gpx", aRun()[:700])}, 422, "", "line"},
	{"a packed picture", []part{aFile("a.gz", gz([]byte("\x89PNG\r\n\x1a\n0000")))}, 415, "unsupported_format", ""},
	{"a packed file that is packed", []part{aFile("a.gz", gz(gz(aRun())))}, 415, "unsupported_format", ""},
	{"a packed file that is cut", []part{aFile("a.gz", gz(aRun())[:200])}, 422, "gzip_truncated", ""},
	{"two packed files", []part{aFile("a.gz", append(gz(aRun()), gz(aRun())...))}, 422, "gzip_trailing", "offset"},
	{"a bomb", []part{aFile("a.gz", gz(bytes.Repeat([]byte(" "), 70<<20)))}, 413, "file_too_large", ""},
	{"a file that is too large", []part{aFile("a.fit", make([]byte, maxFile+1))}, 413, "file_too_large", ""},
	{"a body that is too large", []part{aFile("a.fit", make([]byte, maxBody+1))}, 413, "too_large", ""},
	{"two files", []part{aFile("a.gpx", aRun()), aFile("b.gpx", aRide())}, 422, "invalid_member", "pointer"},
	{"an unknown field", []part{{"user_id", "", "x"}, aFile("a.gpx", aRun())}, 422, "invalid_member", "pointer"},
	{"a field in another case", []part{{"Visibility", "", "everyone"}, aFile("a.gpx", aRun())}, 422, "invalid_member", "pointer"},
	{"a field twice", []part{{"name", "", "x"}, {"name", "", "y"}, aFile("a.gpx", aRun())}, 422, "invalid_member", "pointer"},
	{"a name of two lines", []part{{"name", "", "a\nb"}, aFile("a.gpx", aRun())}, 422, "invalid_member", "pointer"},
	{"a name that is too long", []part{{"name", "", strings.Repeat("ü", 201)}, aFile("a.gpx", aRun())}, 422, "invalid_member", "pointer"},
	{"a name that is not UTF-8", []part{{"name", "", "\xff\xfe"}, aFile("a.gpx", aRun())}, 422, "invalid_member", "pointer"},
	{"a description with a NUL", []part{{"description", "", "a\x00b"}, aFile("a.gpx", aRun())}, 422, "invalid_member", "pointer"},
	{"a description that is too long", []part{{"description", "", strings.Repeat("x", 20001)}, aFile("a.gpx", aRun())}, 422, "invalid_member", "pointer"},
	{"a sport with a space", []part{{"sport", "", "trail running"}, aFile("a.gpx", aRun())}, 422, "invalid_member", "pointer"},
	{"an unknown visibility", []part{{"visibility", "", "public"}, aFile("a.gpx", aRun())}, 422, "invalid_member", "pointer"},
	{"an entry without a sport", manual("sport", ""), 422, "invalid_member", "pointer"},
	{"an entry of the day after tomorrow", manual("started_at", "2026-05-06T10:00:00Z"), 422, "invalid_member", "pointer"},
	{"an entry of the century before last", manual("started_at", "1899-05-06T10:00:00Z"), 422, "invalid_member", "pointer"},
	{"an entry with an offset of no zone", manual("started_at", "2026-05-03T10:00:00+23:00"), 422, "invalid_member", "pointer"},
	{"an entry of no time", manual("elapsed_time_s", 0), 422, "invalid_member", "pointer"},
	{"an entry of a year", manual("elapsed_time_s", 31_000_000), 422, "invalid_member", "pointer"},
	{"an entry that moves longer than it lasts", manual("moving_time_s", 3601), 422, "invalid_member", "pointer"},
	{"an entry with a heart of a bird", manual("max_heart_rate_bpm", 600), 422, "invalid_member", "pointer"},
	{"an entry that goes back", manual("distance_m", -1), 422, "invalid_member", "pointer"},
	{"an entry in no zone", manual("time_zone", "../../etc/passwd"), 422, "invalid_member", "pointer"},
	{"an entry with figures of ours", manual("stats", map[string]any{}), 422, "invalid_member", "pointer"},
	{"an entry that is no JSON", []byte("{"), 400, "invalid_json", ""},
}

// withDoctype is a run behind a document type.
func withDoctype() []byte {
	const heading = `<?xml version="1.0" encoding="UTF-8"?>`
	return []byte(heading + `<!DOCTYPE gpx [<!ENTITY a "b">]>` + strings.TrimPrefix(string(aRun()), heading))
}

// half is the first half of b.
func half(b []byte) []byte { return b[:len(b)/2] }

// manual is an entry by hand with one member changed.
func manual(member string, value any) map[string]any {
	in := map[string]any{"sport": "running", "started_at": "2026-05-03T19:30:00+02:00", "elapsed_time_s": 3600}
	in[member] = value
	return in
}

func TestRefusalsStoreNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	taken(t, r.Rig, who, aFile("there.gpx", gpxtest.Run(morning, 30))) // something that must not change
	before, sent := r.state(t), r.told()
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			var a functiontest.Answer
			if parts, ok := test.body.([]part); ok {
				a = post(r.Rig, who, parts...)
			} else {
				a = r.Call(who, "POST", "/v1/workouts", test.body)
			}
			if a.Status != test.status || (test.code != "" && a.Code() != test.code) {
				t.Errorf("%d %s, want %d %s", a.Status, a.Body, test.status, test.code)
			}
			var problem map[string]any
			if a.JSON(t, &problem); test.member != "" && problem[test.member] == nil {
				t.Errorf("the problem has no %s: %s", test.member, a.Body)
			}
		})
	}
	for name, header := range map[string]string{"no boundary": "multipart/form-data", "another boundary": "multipart/form-data; boundary=other", "a raw file": "application/octet-stream"} {
		body, _ := aForm(aFile("a.gpx", aRun()))
		if a := r.Call(who, "POST", "/v1/workouts", body, "Content-Type", header); a.Status/100 != 4 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	if a := post(r.Rig, functiontest.Person{}, aFile("a.gpx", aRun())); a.Status != http.StatusForbidden {
		t.Errorf("a guest: %d", a.Status)
	}
	if after := r.state(t); after != before || r.told() != sent {
		t.Errorf("something was stored or sent:\n%s\n%s", before, after)
	}
}
