package upload

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
	"paceline/shared/objects/objectstest"
	"paceline/shared/objects/s3"
)

// newLinkingRig is a rig on a server that makes links.
func newLinkingRig(t *testing.T) rig {
	t.Helper()
	server := objectstest.S3(t)
	return newRigOn(t, opened(t, server.URL, s3.WithKeys(server.AccessKey, server.SecretKey)))
}

func (r rig) link(t *testing.T, who functiontest.Person, size int) (out api.ArchiveLink) {
	t.Helper()
	a := r.Call(who, "POST", "/v1/archive-links", map[string]any{"size_bytes": size, "file_name": "export.zip", "visibility": "private"})
	if a.Status != 201 {
		t.Fatalf("link: %d %s", a.Status, a.Body)
	}
	a.JSON(t, &out)
	return out
}

// follow sends content with the request of a link, without any token.
func follow(t *testing.T, link api.ArchiveLink, content []byte) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), link.Method, link.URL, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range link.Headers {
		if name != "Content-Length" { // which the client writes by itself
			req.Header.Set(name, value)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestAnArchiveByALink(t *testing.T) {
	t.Parallel()
	r := newLinkingRig(t)
	who, content := person(), account()
	link := r.link(t, who, len(content))
	complete := func(status int, code string) {
		t.Helper()
		if a := r.Call(who, "POST", "/v1/imports/"+link.ImportID+"/complete", nil); a.Status != status || a.Code() != code {
			t.Errorf("complete: %d %s", a.Status, a.Body)
		}
	}
	complete(409, "not_received")
	if status := follow(t, link, content[:len(content)-1]); status < 400 {
		t.Errorf("a shorter one is taken: %d", status)
	}
	other := link
	other.URL = strings.Replace(link.URL, who.ID, person().ID, 1)
	if status := follow(t, other, content); status != http.StatusForbidden {
		t.Errorf("to another place: %d", status)
	}
	if status := follow(t, link, content); status != http.StatusOK {
		t.Fatalf("put: %d", status)
	}
	for range 2 {
		complete(202, "")
	}
	r.pump(t, 0, 2, nil)
	out := r.imported(t, who, link.ImportID)
	if out.State != api.ImportStateFinished || says(out) != accountSays || out.FileName != "export.zip" {
		t.Errorf("import %+v", out)
	}
	for _, key := range r.objects(t) {
		if strings.HasPrefix(key, "import/") {
			t.Errorf("%s is still there", key)
		}
	}
	complete(202, "")
}

func TestWhatComesByALinkAndIsNoArchive(t *testing.T) {
	t.Parallel()
	r := newLinkingRig(t)
	who := person()
	content := bytes.Repeat([]byte("x"), 1000)
	before := r.kept(t)
	link := r.link(t, who, len(content))
	if status := follow(t, link, content); status != http.StatusOK {
		t.Fatalf("put: %d", status)
	}
	r.Call(who, "POST", "/v1/imports/"+link.ImportID+"/complete", nil)
	late := r.link(t, who, len(content)) // it comes, and nobody says so
	follow(t, late, content)
	r.Advance(receivedWithin + time.Minute)
	r.pump(t, 0, 1, nil)
	if status := r.Deliver(events.Ping{Schedule: function.ScheduleSweep}); status != 202 {
		t.Errorf("sweep: %d", status)
	}
	r.pump(t, 0, 1, nil)
	out := r.imported(t, who, link.ImportID)
	if out.State != api.ImportStateUndone || out.Error == nil || out.Error.Code != "unsupported_format" {
		t.Errorf("import %+v", out)
	}
	if got := r.kept(t); got != before {
		t.Errorf("left\n%s\nwant\n%s", got, before)
	}
}

// A bomb that comes by a link is refused when nobody is there to be answered: the
// watch hears of it once.
func TestABombByALink(t *testing.T) {
	t.Parallel()
	r := newLinkingRig(t)
	who, content := person(), aBomb()
	link := r.link(t, who, len(content))
	if status := follow(t, link, content); status != http.StatusOK {
		t.Fatalf("put: %d", status)
	}
	r.Call(who, "POST", "/v1/imports/"+link.ImportID+"/complete", nil)
	r.pump(t, 0, 2, nil)
	if out := r.imported(t, who, link.ImportID); out.State != api.ImportStateUndone || out.Error == nil || out.Error.Code != "zip_bomb" {
		t.Errorf("import %+v", out)
	}
	if told := functiontest.SentOf[events.SecuritySignal](r.Rig); len(told) != 1 || told[0].Code != "zip_bomb" || told[0].Level != "critical" || told[0].ActorID != who.ID {
		t.Errorf("the watch was told %+v", told)
	}
}

func TestLinksThatAreRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	who := person()
	for _, c := range []struct {
		in     map[string]any
		status int
		code   string
	}{
		{map[string]any{"size_bytes": 100}, 501, "links_unsupported"}, // a folder
		{map[string]any{"size_bytes": 0}, 422, "invalid_member"},
		{map[string]any{"size_bytes": int64(maxArchive) + 1}, 422, "invalid_member"},
		{map[string]any{"size_bytes": testQuota + 1}, 413, "quota_exceeded"},
		{map[string]any{"size_bytes": 100, "visibility": "all"}, 422, "invalid_member"},
		{map[string]any{"size_bytes": 100, "key": "raw/x"}, 422, "invalid_member"},
	} {
		if a := r.Call(who, "POST", "/v1/archive-links", c.in); a.Status != c.status || a.Code() != c.code {
			t.Errorf("%v: %d %s", c.in, a.Status, a.Body)
		}
	}
	if left := r.kept(t); left != "" {
		t.Errorf("left %s", left)
	}
}
