package upload

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/upload/archive/archivetest"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
	"paceline/shared/objects/sealed"
)

const piece = "application/offset+octet-stream"

// begin begins an archive of so many bytes and returns its path.
func (r rig) begin(t *testing.T, who functiontest.Person, size int) string {
	t.Helper()
	name := "filename " + base64.StdEncoding.EncodeToString([]byte("export.zip"))
	a := r.Call(who, "POST", "/v1/archives", nil, "Tus-Resumable", "1.0.0", "Upload-Length", strconv.Itoa(size), "Upload-Metadata", name)
	if a.Status != 201 || !strings.HasPrefix(a.Header.Get("Location"), resumablePath) {
		t.Fatalf("begin: %d %s %s", a.Status, a.Header.Get("Location"), a.Body)
	}
	return a.Header.Get("Location")
}

func (r rig) send(who functiontest.Person, path string, offset int, body any) functiontest.Answer {
	return r.Call(who, "PATCH", path, body, "Tus-Resumable", "1.0.0", "Content-Type", piece, "Upload-Offset", strconv.Itoa(offset))
}

func (r rig) offset(t *testing.T, who functiontest.Person, path string) int {
	t.Helper()
	a := r.Call(who, "HEAD", path, nil, "Tus-Resumable", "1.0.0")
	n, err := strconv.Atoi(a.Header.Get("Upload-Offset"))
	if a.Status != 200 || err != nil {
		t.Fatalf("offset: %d %v", a.Status, a.Header)
	}
	return n
}

func TestAnArchivePieceByPiece(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who, content := person(), account()
	path := r.begin(t, who, len(content))
	id := strings.TrimPrefix(path, resumablePath)
	if out := r.imported(t, who, id); out.State != api.ImportStateReceiving || out.SizeBytes != int64(len(content)) {
		t.Errorf("receiving %+v", out)
	}
	for at := 0; at < len(content); {
		next := min(at+997, len(content))
		if a := r.send(who, path, at, content[at:next]); a.Status != 204 || a.Header.Get("Upload-Offset") != strconv.Itoa(next) {
			t.Fatalf("piece at %d: %d %s", at, a.Status, a.Body)
		}
		if at = next; r.offset(t, who, path) != at {
			t.Errorf("offset after %d", at)
		}
	}
	if a := r.send(who, path, len(content), []byte{}); a.Status != 204 { // its answer was lost
		t.Errorf("the end again: %d %s", a.Status, a.Body)
	}
	r.pump(t, 0, 1, nil)
	if out := r.imported(t, who, id); says(out) != accountSays || out.FileName != "export.zip" {
		t.Errorf("import %+v", out)
	}
	if sent := functiontest.SentOf[events.ImportRequested](r.Rig); len(sent) != 2 { // of the archive, and of the one in it
		t.Errorf("%d steps", len(sent))
	}
}

// cutOff is a body whose connection breaks.
type cutOff struct{ io.Reader }

func (c cutOff) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Parts are larger than pieces: what is kept of one that was cut counts, and the
// rest follows it, also over the edges of parts.
func TestPiecesOverTheEdgesOfParts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	v := r.volume(t, "01USER")
	content := make([]byte, 2*partSize+partSize/2)
	for i := range content {
		content[i] = byte(i * 7 / 3)
	}
	at := int64(0)
	for _, size := range []int64{10, partSize - 10, partSize + 3, 1, 0, partSize} {
		end := min(at+size, int64(len(content)))
		now, err := v.write(t.Context(), at, bytes.NewReader(content[at:end]), int64(len(content)))
		if err != nil || now != end {
			t.Fatalf("write at %d: %d, %v", at, now, err)
		}
		at = end
	}
	if _, err := v.write(t.Context(), at, strings.NewReader("x"), at); err == nil {
		t.Error("more than was said")
	}
	got := make([]byte, len(content)+1)
	if n, err := v.reader(t.Context()).ReadAt(got, 0); n != int(at) || err != io.EOF || !bytes.Equal(got[:n], content[:at]) {
		t.Errorf("read %d of %d bytes, %v", n, at, err)
	}
	cut, err := v.write(t.Context(), 5, cutOff{bytes.NewReader(content[5:100])}, int64(len(content)))
	if err == nil || cut != 100 {
		t.Errorf("cut at %d, %v", cut, err)
	}
}

// volume is one of the user's, beside the function.
func (r rig) volume(t *testing.T, user string) volume {
	t.Helper()
	r.Know(user)
	return volume{shelf{sealed.Store{Store: r.store, Keys: r.Keys()}}, user, importPrefix(user, "01IMPORT") + "0/"}
}

func TestArchivesThatAreGivenUp(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who, stranger := person(), person()
	taken(t, r.Rig, who, aFile("a.gpx", aRun()))
	before := r.kept(t)
	content := account()

	path := r.begin(t, who, len(content))
	r.send(who, path, 0, content[:500])
	for _, c := range []struct {
		who          functiontest.Person
		method, path string
		header       []string
		status       int
		code         string
	}{
		{stranger, "PATCH", path, []string{"Content-Type", piece, "Upload-Offset", "500"}, 404, "import_not_found"},
		{stranger, "DELETE", path, nil, 404, "import_not_found"},
		{stranger, "HEAD", path, nil, 404, ""},
		{who, "PATCH", resumablePath + "x", []string{"Content-Type", piece, "Upload-Offset", "0"}, 404, "import_not_found"},
		{who, "PATCH", path, []string{"Content-Type", piece, "Upload-Offset", "499"}, 409, "mismatched_offset"},
		{who, "PATCH", path, []string{"Content-Type", piece, "Upload-Offset", "-1"}, 400, "invalid_offset"},
		{who, "PATCH", path, []string{"Content-Type", "text/plain", "Upload-Offset", "500"}, 400, "invalid_content_type"},
		{who, "PATCH", path, []string{"Content-Type", piece, "Upload-Offset", "500", "Tus-Resumable", "0.2"}, 412, "unsupported_version"},
		{who, "POST", "/v1/archives", []string{"Upload-Length", "x"}, 400, "invalid_upload_length"},
		{who, "POST", "/v1/archives", []string{"Upload-Length", fmt.Sprint(testQuota)}, 413, "quota_exceeded"},
		{who, "POST", "/v1/archives", []string{"Upload-Length", fmt.Sprint(int64(maxArchive) + 1)}, 413, "max_size_exceeded"},
		{who, "POST", "/v1/archives", []string{"Upload-Length", "9", "Upload-Metadata", "visibility " + base64.StdEncoding.EncodeToString([]byte("all"))}, 422, "invalid_member"},
	} {
		header := append([]string{"Tus-Resumable", "1.0.0"}, c.header...)
		var body any
		if c.method == "PATCH" {
			body = []byte("x")
		}
		if a := r.Call(c.who, c.method, c.path, body, header...); a.Status != c.status || a.Code() != c.code {
			t.Errorf("%s %s %v: %d %s, want %d %s", c.method, c.path, c.header, a.Status, a.Body, c.status, c.code)
		}
	}
	if at := r.offset(t, who, path); at != 500 {
		t.Errorf("offset %d after what was refused", at)
	}
	if a := r.Call(who, "DELETE", path, nil, "Tus-Resumable", "1.0.0"); a.Status != 204 {
		t.Errorf("given up: %d %s", a.Status, a.Body)
	}

	path = r.begin(t, who, 100) // what comes is no archive
	if a := r.send(who, path, 0, bytes.Repeat([]byte("x"), 100)); a.Status != 415 || a.Code() != "unsupported_format" {
		t.Errorf("no archive: %d %s", a.Status, a.Body)
	}

	r.begin(t, who, 100) // it never comes
	r.Advance(receivedWithin + time.Minute)
	if status := r.Deliver(events.Ping{Schedule: function.ScheduleSweep}); status != 202 {
		t.Errorf("sweep: %d", status)
	}
	r.pump(t, 0, 1, nil)
	if got := r.kept(t); got != before {
		t.Errorf("left\n%s\nwant\n%s", got, before)
	}
	if told := functiontest.SentOf[events.ImportUndone](r.Rig); len(told) != 3 {
		t.Errorf("told %+v", told)
	}
}

func TestPiecesAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	content := archivetest.Files(map[string][]byte{"a.gpx": aDay(0)})
	path := r.begin(t, who, len(content))
	answers := make([]int, 6)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = r.send(who, path, 0, content).Status })
	}
	wg.Wait()
	first := 0
	for _, status := range answers {
		if status == 204 {
			first++
		} else if status != 409 {
			t.Errorf("answered %d", status)
		}
	}
	if first != 1 {
		t.Errorf("taken %d times: %v", first, answers)
	}
	r.pump(t, 0, 1, nil)
	if out := r.imported(t, who, strings.TrimPrefix(path, resumablePath)); out.Created != 1 {
		t.Errorf("import %+v", out)
	}
}
