package accounts_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/accounts"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
	"paceline/shared/function/redistest"
)

// pages is what every function answers to an asking: accounts what it sent, the
// others nothing, and upload an original.
func (r rig) pages(asked events.AccountExportRequested) map[string]events.Payload {
	r.T.Helper()
	none := events.Exported{UserID: asked.UserID, ExportID: asked.ExportID, At: asked.At, Page: 1, Last: true}
	file := none
	file.Originals = []events.Original{{Key: "raw/" + asked.UserID + "/w", Name: "w.fit", SizeBytes: 5}}
	all := map[string]events.Payload{
		"feed": events.FeedExported{Exported: none}, "mail": events.MailExported{Exported: none}, "notify": events.NotifyExported{Exported: none},
		"social": events.SocialExported{Exported: none}, "stats": events.StatsExported{Exported: none}, "upload": events.UploadExported{Exported: file},
	}
	for _, p := range functiontest.SentOf[events.AccountsExported](r.Rig) {
		if p.ExportID == asked.ExportID && p.At.Equal(asked.At) {
			all[fmt.Sprint("accounts ", p.Page)] = p
		}
	}
	if len(all) == 6 {
		r.T.Fatal("accounts did not answer itself")
	}
	return all
}

// asked is the newest asking, of which accounts has heard.
func (r rig) asked() events.AccountExportRequested {
	r.T.Helper()
	all := functiontest.SentOf[events.AccountExportRequested](r.Rig)
	if len(all) == 0 {
		r.T.Fatal("nobody is asked")
	}
	last := all[len(all)-1]
	r.deliver(last)
	return last
}

// ready has everybody answer.
func (r rig) ready() {
	r.T.Helper()
	for _, p := range r.pages(r.asked()) {
		r.deliver(p)
	}
}

// keep puts an original where upload does.
func (r rig) keep(user, content string) {
	r.T.Helper()
	key := "raw/" + user + "/w"
	sealed, err := r.Keys().SealFile(r.T.Context(), user, key, []byte(content))
	if err != nil {
		r.T.Fatal(err)
	}
	file := filepath.Join(strings.TrimPrefix(r.Vars["OBJECTS_URL"], "file://"), key)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		r.T.Fatal(err)
	}
	if err := os.WriteFile(file, sealed, 0o600); err != nil {
		r.T.Fatal(err)
	}
}

// pagesOf is how many objects of exports a person has.
func (r rig) pagesOf(user string) (n int) {
	r.T.Helper()
	root := filepath.Join(strings.TrimPrefix(r.Vars["OBJECTS_URL"], "file://"), "export", user)
	err := filepath.WalkDir(root, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return nil
	})
	if err != nil {
		r.T.Fatal(err)
	}
	return n
}

func (r rig) exportState(me functiontest.Person) string {
	r.T.Helper()
	var e api.Export
	a := r.Call(me, "GET", "/v1/me/export", nil)
	if a.Status == 404 {
		return a.Code()
	}
	a.JSON(r.T, &e)
	return string(e.State)
}

func (r rig) link(me functiontest.Person) api.ExportLink {
	r.T.Helper()
	a := r.Call(me, "POST", "/v1/me/export/links", nil)
	r.want(a, 201, "")
	var out api.ExportLink
	a.JSON(r.T, &out)
	return out
}

// unzip is the files of a ZIP by name.
func unzip(t testing.TB, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("%v in %d bytes", err, len(b))
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(content)
	}
	return out
}

func TestAnExportFromTheAskingToTheLastByte(t *testing.T) {
	t.Parallel()
	r := open(t)
	id := r.member("anna@example.com")
	me, ben := functiontest.Person{ID: id}, functiontest.Person{ID: r.member("ben@example.com")}
	r.enrols(me)
	old := functiontest.Person{ID: id, AuthTime: r.Now().Add(-6 * time.Minute)}
	r.want(r.Call(old, "POST", "/v1/me/export", nil), 403, "reauthentication_required")
	if got := r.exportState(me); got != "export_not_found" {
		t.Fatalf("before: %s", got)
	}
	r.want(r.Call(me, "POST", "/v1/me/export/links", nil), 404, "export_not_found")

	a := r.Call(me, "POST", "/v1/me/export", nil)
	r.want(a, 202, "")
	again := r.Call(me, "POST", "/v1/me/export", nil)
	r.want(again, 429, "export_daily")
	if again.Header.Get("Retry-After") != "86400" || a.Header.Get("Location") != "/v1/me/export" {
		t.Errorf("Retry-After %q, Location %q", again.Header.Get("Retry-After"), a.Header.Get("Location"))
	}
	r.want(r.Call(me, "POST", "/v1/me/export/links", nil), 409, "export_not_ready")
	r.keep(id, "bytes")
	pages := r.pages(r.asked())
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		if got := r.exportState(me); got != "preparing" {
			t.Fatalf("before %s answered: %s", name, got)
		}
		r.deliver(pages[name])
		r.deliver(pages[name]) // again, as a broker may
	}
	if got := r.exportState(me); got != "ready" || r.mails("export_ready") != 1 {
		t.Fatalf("%s, %d mails", got, r.mails("export_ready"))
	}

	r.want(r.Call(old, "POST", "/v1/me/export/links", nil), 403, "reauthentication_required")
	first := r.link(me)
	r.want(r.Call(ben, "GET", first.URL, nil), 404, "link_not_found")
	second := r.link(me)
	r.want(r.Call(me, "GET", first.URL, nil), 404, "link_not_found") // the newest alone
	r.Advance(15 * time.Minute)
	r.want(r.Call(me, "GET", second.URL, nil), 410, "link_used")
	link := r.link(me)
	got := r.Call(me, "GET", link.URL, nil)
	if got.Status != 200 || got.Header.Get("Content-Type") != "application/zip" || !strings.Contains(got.Header.Get("Content-Disposition"), "-1-of-1.zip") {
		t.Fatalf("%d %v %s", got.Status, got.Header, got.Body)
	}
	r.want(r.Call(me, "GET", link.URL, nil), 410, "link_used")
	files := unzip(t, got.Body)
	if files["originals/w.fit"] != "bytes" || !strings.Contains(files["README.txt"], "everything that Paceline keeps") {
		t.Errorf("files: %v", slices.Sorted(maps.Keys(files)))
	}
	var account []struct {
		Key   string
		Value map[string]any
	}
	if err := json.Unmarshal([]byte(files["accounts/account.json"]), &account); err != nil || len(account) != 1 || account[0].Value["email"] != "anna@example.com" || account[0].Value["password"] != nil {
		t.Errorf("account: %v %s", err, files["accounts/account.json"])
	}
	if factors := files["accounts/factors.json"]; !strings.Contains(factors, "confirmed_at") || strings.Contains(factors, "secret") || strings.Contains(factors, "recovery") {
		t.Errorf("factors: %s", factors)
	}
	var m struct {
		Format string
		Files  []struct {
			Name      string
			Documents int
		}
	}
	if err := json.Unmarshal([]byte(files["manifest.json"]), &m); err != nil || m.Format != "paceline-export/1" || len(m.Files) != len(files)-1 {
		t.Errorf("manifest: %v %s", err, files["manifest.json"])
	}
	if state, n := r.exportState(me), r.pagesOf(id); state != "downloaded" || n != 0 {
		t.Errorf("after the download: %s, %d objects are left", state, n)
	}
	r.want(r.Call(me, "POST", "/v1/me/export/links", nil), 410, "export_over")
	deeds := map[string]int{}
	for _, d := range functiontest.SentOf[events.AuditRecorded](r.Rig) {
		if d.TargetID == id {
			deeds[d.Action]++
		}
	}
	if deeds["account.export"] != 1 || deeds["account.exported"] != 1 || deeds["account.export.link"] != 3 {
		t.Errorf("the audit log: %v", deeds)
	}
	r.Advance(24 * time.Hour)
	r.want(r.Call(me, "POST", "/v1/me/export", nil), 202, "")
}

// A page that is damaged, or gone, is never half a file: the connection breaks.
func TestADownloadThatBreaksIsNoFile(t *testing.T) {
	t.Parallel()
	r := open(t)
	me := functiontest.Person{ID: r.member("anna@example.com")}
	r.want(r.Call(me, "POST", "/v1/me/export", nil), 202, "")
	r.ready()
	link := r.link(me)
	root := strings.TrimPrefix(r.Vars["OBJECTS_URL"], "file://")
	if err := os.Rename(filepath.Join(root, "export"), filepath.Join(root, "away")); err != nil {
		t.Fatal(err)
	}
	if status, _ := r.fetch(me, link.URL); status/100 != 5 {
		t.Errorf("without its pages: %d", status)
	}
	if err := os.Rename(filepath.Join(root, "away"), filepath.Join(root, "export")); err != nil {
		t.Fatal(err)
	}
	r.want(r.Call(me, "GET", link.URL, nil), 410, "link_used")
	big := filepath.Join(root, "raw", me.ID, "w")
	r.keep(me.ID, string(noise(1<<20)))
	b, err := os.ReadFile(big)
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(b)
	damaged[len(b)-1]++
	for _, try := range []struct {
		name    string
		content []byte
	}{{"damaged", damaged}, {"whole", b}} {
		if err := os.WriteFile(big, try.content, 0o600); err != nil {
			t.Fatal(err)
		}
		link := r.link(me)
		status, body := r.fetch(me, link.URL)
		if whole := try.name == "whole"; status != 200 || (body != nil) != whole {
			t.Errorf("%s: %d, %d bytes", try.name, status, len(body))
		}
	}
}

// noise cannot be packed.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // never fails
	return b
}

func TestPagesEndWithTheirDay(t *testing.T) {
	t.Parallel()
	r := open(t)
	me := functiontest.Person{ID: r.member("anna@example.com")}
	r.want(r.Call(me, "POST", "/v1/me/export", nil), 202, "")
	r.ready()
	r.sweep()
	if n := r.pagesOf(me.ID); n != 7 {
		t.Fatalf("%d pages", n)
	}
	r.Advance(24 * time.Hour)
	r.sweep()
	if state, n := r.exportState(me), r.pagesOf(me.ID); state != "expired" || n != 0 {
		t.Errorf("%s, %d pages", state, n)
	}
}

// Who is silent is asked again, once an hour; after a day the person may ask anew.
func TestAnExportWaitsForEverybody(t *testing.T) {
	t.Parallel()
	r := open(t)
	me := functiontest.Person{ID: r.member("anna@example.com")}
	r.want(r.Call(me, "POST", "/v1/me/export", nil), 202, "")
	first := r.asked()
	pages := r.pages(first)
	half := pages["stats"].(events.StatsExported)
	half.Last = false
	delete(pages, "stats")
	for _, p := range pages {
		r.deliver(p)
	}
	r.deliver(half)
	r.Advance(30 * time.Minute)
	r.sweep()
	if n := len(functiontest.SentOf[events.AccountExportRequested](r.Rig)); n != 1 {
		t.Fatalf("asked %d times in the first hour", n)
	}
	r.Advance(30 * time.Minute)
	r.sweep()
	again := r.asked()
	if again.ExportID != first.ExportID || !again.At.After(first.At) {
		t.Fatalf("asked again: %+v", again)
	}
	late := half // of the first asking, which does not count any more once the second is answered
	late.Page, late.Last = 2, true
	whole := half
	whole.At, whole.Last = again.At, false
	r.deliver(whole)
	r.deliver(late)
	if got := r.exportState(me); got != "preparing" {
		t.Fatalf("pages of two askings are one export: %s", got)
	}
	whole.Page, whole.Last = 2, true
	r.deliver(whole)
	if got := r.exportState(me); got != "ready" {
		t.Fatalf("after all answered: %s", got)
	}

	ben := functiontest.Person{ID: r.member("ben@example.com")}
	r.want(r.Call(ben, "POST", "/v1/me/export", nil), 202, "")
	r.Advance(24 * time.Hour)
	r.sweep()
	if got := r.exportState(ben); got != "failed" {
		t.Errorf("a day without answers: %s", got)
	}
	r.want(r.Call(ben, "POST", "/v1/me/export", nil), 202, "")
}

// An erasure takes an export along, and pages that come late.
func TestAnErasureEndsAnExport(t *testing.T) {
	t.Parallel()
	r := open(t)
	me := functiontest.Person{ID: r.member("anna@example.com")}
	r.want(r.Call(me, "POST", "/v1/me/export", nil), 202, "")
	pages := r.pages(r.asked())
	r.deliver(pages["feed"])
	if n := r.pagesOf(me.ID); n != 1 {
		t.Fatalf("%d pages", n)
	}
	r.want(r.Call(me, "DELETE", "/v1/me", nil), 202, "")
	r.Erase(me.ID)
	if n := r.pagesOf(me.ID); n != 0 {
		t.Errorf("%d pages are left", n)
	}
	r.want(r.Call(me, "POST", "/v1/me/export", nil), 404, "account_not_found")
	r.want(r.Call(me, "GET", "/v1/me/export", nil), 404, "export_not_found")
	r.Advance(2 * time.Minute)
	r.sweep()
	if got := r.listed("exports"); len(got) != 0 {
		t.Errorf("the sweep still looks at %v", got)
	}
}

// Support asks for others and sees nothing; admins erase whom they may.
func TestExportAndErasureForOthers(t *testing.T) {
	t.Parallel()
	r := open(t)
	root := r.admin()
	id := r.member("anna@example.com")
	old := root
	old.AuthTime = r.Now().Add(-6 * time.Minute)
	r.want(r.Call(old, "POST", "/v1/admin/users/"+id+"/export", nil), 403, "reauthentication_required")
	r.want(r.Call(old, "DELETE", "/v1/admin/users/"+id, nil), 403, "reauthentication_required")
	r.want(r.Call(root, "POST", "/v1/admin/users/01NOBODY/export", nil), 404, "account_not_found")
	r.want(r.Call(root, "POST", "/v1/admin/users/"+r.register("new@example.com")+"/export", nil), 409, "email_not_verified")
	r.want(r.Call(root, "POST", "/v1/admin/users/"+id+"/export", nil), 202, "")
	r.ready()
	link := r.link(functiontest.Person{ID: id})
	r.want(r.Call(root, "GET", link.URL, nil), 404, "link_not_found")
	r.want(r.Call(root, "DELETE", "/v1/admin/users/"+root.ID, nil), 409, "own_admin_role")
	r.want(r.Call(root, "DELETE", "/v1/admin/users/"+id, nil), 202, "")
	r.Erase(id)
	r.want(r.Call(root, "GET", "/v1/admin/users/"+id, nil), 404, "account_not_found")
	by := map[string]string{}
	for _, d := range functiontest.SentOf[events.AuditRecorded](r.Rig) {
		if d.TargetID == id {
			by[d.Action] = d.ActorID
		}
	}
	if by["account.export"] != root.ID || by["account.erase"] != root.ID {
		t.Errorf("the audit log: %v", by)
	}
}

// Wherever accounts is killed between an asking and the last page, or between an
// erasure and its end, the next process comes to the same end.
func TestAKillHoldsUpNeitherExportNorErasure(t *testing.T) {
	t.Parallel()
	for name, road := range map[string]func(*killed){"export": (*killed).export, "erasure": (*killed).erasure} {
		for _, before := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, before %v", name, before), func(t *testing.T) {
				t.Parallel()
				cuts := 0
				for n, cut := 1, true; cut; n++ {
					r, kill := openKillable(t)
					k := &killed{rig: r, first: r, kill: kill, me: functiontest.Person{ID: r.member("anna@example.com")}}
					kill.At(n, before)
					road(k)
					if cut = k.cut; cut {
						cuts++
					}
				}
				if cuts < 5 {
					t.Errorf("killed at %d places only", cuts)
				}
				t.Logf("killed at %d places, before %v", cuts, before)
			})
		}
	}
}

// killed is a road on which accounts is killed once.
type killed struct {
	rig       // the process that lives
	first rig // whose broker it is
	kill  *redistest.Killer
	me    functiontest.Person
	cut   bool
}

// until tries again, as a broker or a person does, in a new process after the kill.
func (k *killed) until(what string, try func() (status int)) {
	k.T.Helper()
	for range 3 {
		status := try()
		if status/100 == 2 {
			return
		}
		if !k.kill.Heal() {
			k.T.Fatalf("%s: %d, and nobody was killed", what, status)
		}
		k.cut = true
		k.rig = rig{k.Reopen(accounts.Open)}
	}
	k.T.Fatalf("%s does not go on after the kill", what)
}

// Advance moves the clock of both processes, and of who signs.
func (k *killed) Advance(d time.Duration) {
	k.rig.Advance(d)
	if k.rig.Rig != k.first.Rig {
		k.first.Advance(d)
	}
}

func (k *killed) event(id string, p events.Payload) {
	k.T.Helper()
	k.until(id, func() int { return k.Redeliver(id, p) })
}

func (k *killed) sweeps(times ...time.Duration) {
	k.T.Helper()
	for i, d := range times {
		k.Advance(d)
		k.event("sweep "+d.String()+string(rune('a'+i)), events.Ping{Schedule: "sweep"})
	}
}

func (k *killed) export() {
	k.T.Helper()
	k.until("the asking", func() int {
		status := k.Call(k.me, "POST", "/v1/me/export", nil).Status
		if status == 429 { // it was done before the kill
			return 202
		}
		return status
	})
	k.sweeps(0)
	asked := functiontest.SentOf[events.AccountExportRequested](k.first.Rig)
	if len(asked) != 1 {
		k.T.Fatalf("asked %d times", len(asked))
	}
	k.event("asked", asked[0])
	k.sweeps(time.Second)
	for from, p := range k.first.pages(asked[0]) {
		k.event(from, p)
	}
	k.sweeps(2 * time.Second)
	if state, mails := k.exportState(k.me), k.first.mails("export_ready"); state != "ready" || mails != 1 {
		k.T.Fatalf("%s, %d mails", state, mails)
	}
	var got functiontest.Answer
	k.until("the download", func() int {
		a := k.Call(k.me, "POST", "/v1/me/export/links", nil)
		if a.Status != 201 {
			return a.Status
		}
		var link api.ExportLink
		a.JSON(k.T, &link)
		got = k.Call(k.me, "GET", link.URL, nil)
		return got.Status
	})
	if files := unzip(k.T, got.Body); files["manifest.json"] == "" {
		k.T.Errorf("files: %v", files)
	}
	k.sweeps(25 * time.Hour)
	if k.kill.Heal() {
		k.cut = true
	}
	if n := k.pagesOf(k.me.ID); n != 0 {
		k.T.Errorf("%d pages are left", n)
	}
}

func (k *killed) erasure() {
	k.T.Helper()
	k.until("the erasure", func() int {
		status := k.Call(k.me, "DELETE", "/v1/me", nil).Status
		if status == 404 { // it was done before the kill
			return 202
		}
		return status
	})
	k.first.Erase(k.me.ID)
	for round := range 2 {
		k.sweeps(time.Duration(round) * 2 * time.Minute)
		all := functiontest.SentOf[events.AccountErased](k.first.Rig)
		e := events.Erased(all[len(all)-1])
		for from, p := range map[string]events.Payload{
			"feed": events.FeedErased{Erased: e}, "mail": events.MailErased{Erased: e}, "notify": events.NotifyErased{Erased: e},
			"social": events.SocialErased{Erased: e}, "stats": events.StatsErased{Erased: e}, "upload": events.UploadErased{Erased: e},
		} {
			k.event(from+e.At.String(), p)
		}
	}
	k.sweeps(2*time.Minute+time.Second, 2*time.Minute+2*time.Second)
	if k.kill.Heal() {
		k.cut = true
	}
	if n := k.first.ended(); n != 1 {
		k.T.Errorf("the audit log was told of %d ends", n)
	}
	if got := k.listed("erasures"); len(got) != 0 {
		k.T.Errorf("the sweep still looks at %v", got)
	}
	if other := k.first.member("anna@example.com"); other == k.me.ID {
		k.T.Error("the address is still the old account's")
	}
}

// fetch is a download that may break off: then the body is nil.
func (r rig) fetch(who functiontest.Person, path string) (status int, body []byte) {
	r.T.Helper()
	token, err := r.Gateway().CallToken("accounts", identity.Caller{UserID: who.ID, Roles: []identity.Role{identity.Member}})
	if err != nil {
		r.T.Fatal(err)
	}
	req, err := http.NewRequestWithContext(r.T.Context(), http.MethodGet, r.Base+path, nil)
	if err != nil {
		r.T.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		body = nil
	}
	return resp.StatusCode, body
}
