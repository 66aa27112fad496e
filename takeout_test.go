package paceline

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"paceline/events"
	"paceline/functions/upload/fit/fittest"
	"paceline/shared/function/redistest"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
	"paceline/shared/inventory"
)

// unexported is the functions with a state that do not answer
// account.export.requested, and why.
var unexported = map[string]string{
	"deadletter": "letters are the operators', and copies of what others export",
	"gateway":    "counts requests for minutes, and blocks for an hour",
	"watch":      "counts attacks for a while; the audit log is of deeds of those with power",
}

// TestTakeoutHasEverything plants something in every document that the inventory
// says an export has, and finds each of them in the ZIP as it is kept, but for
// what is withheld; and nothing of others.
func TestTakeoutHasEverything(t *testing.T) {
	t.Parallel()
	address := redistest.ServerURL(t)
	r := start(t, t.TempDir(), map[string]string{"REDIS_URL": address, "ADMIN_EMAILS": "root@example.com"})
	anna, others := plantTakeout(t, r)
	anna.want(202, "POST", "/v1/me/export", nil, nil)
	files := r.takeout(anna)
	if got := files["originals/"+others["upload"]+".fit"]; got != others["content"] {
		t.Errorf("the original has %d bytes of %d: %v", len(got), len(others["content"]), slices.Sorted(maps.Keys(files)))
	}
	whole := strings.Join(slices.Collect(maps.Values(files)), "\n")
	for what, text := range map[string]string{"name": others["ben's name"], "address": "ben@example.com", "workout": "Secret run of Ben"} {
		if strings.Contains(whole, text) {
			t.Errorf("Ben's %s is in Anna's export", what)
		}
	}
	if left, err := filepath.Glob(filepath.Join(r.dir, "objects", "export", anna.id, "*", "*", "*", "*")); err != nil || len(left) > 0 {
		t.Errorf("%d pages are left after the download: %v", len(left), err)
	}

	found := documents(t, files)
	withheld := map[string]bool{}
	for _, d := range inventory.Documents {
		if d.File() == "" {
			continue
		}
		kept := keptOf(t, r, address, anna.id, d)
		if len(kept) == 0 {
			t.Errorf("nothing is planted for %s: the test does not see whether it is exported", d.Type)
		}
		for key, value := range kept {
			dropMembers(value, d.Withheld(), func(member string, secret any) {
				withheld[d.Type+"."+member] = true
				if text, ok := secret.(string); ok && len(text) > 4 && strings.Contains(whole, text) {
					t.Errorf("%s of %s is in the export", member, d.Type)
				}
			})
			got, ok := found[d.Function()+"/"+d.File()+" "+key]
			if !ok {
				t.Errorf("%s %s is kept, and not in the export", d.Type, key)
			} else if !reflect.DeepEqual(got, value) {
				t.Errorf("%s %s is kept as\n%v\nand exported as\n%v", d.Type, key, value, got)
			}
		}
	}
	for _, l := range inventory.Lists {
		if !strings.Contains(files[l.Function+"/"+l.Export], others[l.Key]) || others[l.Key] == "" {
			t.Errorf("%s: %s has not %q", l.Key, l.Export, others[l.Key])
		}
	}
	for _, name := range []string{"accounts.Account.password", "accounts.Session.salt", "accounts.Factors.secret", "accounts.Factors.recovery", "mail.Person.secret", "notify.Note.actor_name"} {
		if !withheld[name] {
			t.Errorf("%s is not kept: the test does not see that it is withheld", name)
		}
	}
	t.Logf("%d files, %d documents", len(files), len(found))
}

// plantTakeout gives Anna something in every document, and says what else to
// look for.
func plantTakeout(t *testing.T, r *running) (anna *person, more map[string]string) {
	t.Helper()
	root, anna, ben := r.join("Root"), r.join("Anna"), r.join("Ben")
	more = map[string]string{"ben's name": "Ben Zaunkoenig 4kq", "athletes:<user>": ben.id, "followers:<user>": ben.id, "requests:<user>": root.id}
	ben.want(200, "PATCH", "/v1/me", map[string]any{"display_name": more["ben's name"]}, nil)
	for _, p := range []*person{anna, ben} {
		root.want(204, "PUT", "/v1/admin/users/"+p.id+"/roles/coach", nil, nil)
		p.signIn()
	}
	anna.want(204, "PUT", "/v1/me/coaches/"+ben.id, map[string]any{"scopes": []string{"settings"}}, nil)
	ben.want(204, "PUT", "/v1/me/coaches/"+anna.id, map[string]any{"scopes": []string{"settings"}}, nil)
	for _, p := range []*person{anna, ben, root} {
		r.soon("the profile", func() bool {
			return r.json(ben.token, "GET", "/v1/users/"+p.id, nil).status == 200 && r.json(anna.token, "GET", "/v1/users/"+p.id, nil).status == 200
		})
	}
	ben.want(202, "PUT", "/v1/users/"+anna.id+"/follow", nil, nil)
	anna.want(204, "PUT", "/v1/me/follow-requests/"+ben.id, nil, nil)
	root.want(202, "PUT", "/v1/users/"+anna.id+"/follow", nil, nil)
	anna.want(202, "PUT", "/v1/users/"+ben.id+"/follow", nil, nil)
	ben.want(204, "PUT", "/v1/me/follow-requests/"+anna.id, nil, nil)
	anna.want(204, "PUT", "/v1/users/"+r.join("Cid").id+"/block", nil, nil)
	anna.want(200, "PUT", "/v1/me/settings", map[string]any{"entries": []any{map[string]any{"valid_from": "2026-01-01", "max_heart_rate_bpm": 190}}}, nil)
	anna.want(200, "PUT", "/v1/notifications/settings", map[string]any{"kinds": map[string]any{"workout_ready": map[string]any{"in_app": true, "mail": true}}}, nil)
	anna.want(201, "POST", "/v1/goals", map[string]any{"metric": "workouts", "target": 4, "period": "week", "from": "2026-01-01"}, nil)
	anna.want(201, "POST", "/v1/gear", map[string]any{"name": "Anna's shoes", "kind": "shoes", "default_for": []string{"running"}}, nil)
	anna.want(201, "POST", "/v1/privacy-zones", map[string]any{"lat": 52.5, "lng": 13.4, "radius_m": 400, "name": "Anna's home"}, nil)
	var enrolment struct{ Secret string }
	anna.want(201, "POST", "/v1/me/factors/totp", map[string]any{}, &enrolment)
	code, err := totp.GenerateCode(enrolment.Secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	anna.want(200, "POST", "/v1/me/factors/totp/confirm", map[string]any{"code": code}, nil)
	content := fittest.Run(monday, 1500)
	up := anna.upload("run.fit", content, map[string]string{"name": "Anna's run"})
	more["upload"], more["content"] = up.Workouts[0].ID, string(content)
	anna.want(201, "POST", "/v1/segments", map[string]any{"workout_id": up.Workouts[0].ID, "name": "Anna's hill", "from_s": 600, "to_s": 1200}, nil)
	anna.imports(map[string][]byte{"second.fit": fittest.Run(monday.Add(48*time.Hour), 600)})
	ben.upload("run.fit", fittest.Run(monday.Add(time.Hour), 900), map[string]string{"name": "Secret run of Ben", "visibility": "private"})
	r.settled()
	return anna, more
}

// takeout waits until an export is ready and downloads all of it.
func (r *running) takeout(p *person) map[string]string {
	r.t.Helper()
	r.soon("the export", func() bool {
		var e struct{ State string }
		p.want(200, "GET", "/v1/me/export", nil, &e)
		return e.State == "ready"
	})
	r.soon("its mail", func() bool { return r.mails(p.email)["Your export is ready"] != nil })
	all := map[string]string{}
	for {
		var link struct {
			URL             string
			Volume, Volumes int
		}
		p.want(201, "POST", "/v1/me/export/links", nil, &link)
		if m := r.mails(p.email)["Your export is ready"]; strings.Contains(m.Text+m.HTML, url.PathEscape(strings.TrimPrefix(link.URL, "/v1/me/export/links/"))) {
			r.t.Error("the mail has the link")
		}
		if a := r.json("", "GET", link.URL, nil); a.status != 401 {
			r.t.Errorf("the link without a token: %d", a.status)
		}
		a := r.json(p.token, "GET", link.URL, nil)
		if a.status != 200 {
			r.t.Fatalf("%s: %d %s", link.URL, a.status, a.body)
		}
		if again := r.json(p.token, "GET", link.URL, nil); again.status != 410 {
			r.t.Errorf("the link a second time: %d", again.status)
		}
		maps.Copy(all, unzipped(r.t, a.body))
		if link.Volume == link.Volumes {
			return all
		}
	}
}

func unzipped(t testing.TB, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		content, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(text)
	}
	return out
}

// documents is every document of an export by file and key.
func documents(t *testing.T, files map[string]string) map[string]any {
	t.Helper()
	out := map[string]any{}
	for name, text := range files {
		if !strings.HasSuffix(name, ".json") || name == "manifest.json" || strings.HasPrefix(name, "originals/") {
			continue
		}
		var all []struct {
			Key   string
			Value any
		}
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, d := range all {
			out[name+" "+d.Key] = d.Value
		}
	}
	return out
}

// keptOf is what lies in the store of one kind of document of a person, by key.
func keptOf(t *testing.T, r *running, address, user string, d inventory.Document) map[string]any {
	t.Helper()
	client, err := store.Dial(address, store.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	kek, err := seal.OpenKEK("file://" + filepath.Join(r.dir, "keys", "kek.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(store.Config{Function: d.Function(), Client: client, KEK: kek})
	defer s.Close()
	ctx, kept := t.Context(), map[string]any{}
	keys := client.Scan(ctx, 0, d.Function()+":*:"+d.Kind()+":*", 1000).Iterator()
	for keys.Next(ctx) {
		_, name, _ := strings.Cut(keys.Val(), "}:")
		if kind, _, _ := strings.Cut(name, ":"); kind != d.Kind() || strings.Contains(d.Key, "<user>:") && !strings.Contains(name, ":"+user+":") || strings.HasSuffix(d.Key, "<user>") && !strings.HasSuffix(name, ":"+user) {
			continue
		}
		if strings.HasPrefix(d.Key, "coach:") && !strings.HasPrefix(name, "coach:"+user+":") || strings.HasPrefix(d.Key, "follow:") && !strings.HasPrefix(name, "follow:"+user+":") {
			continue
		}
		var v any
		found := false
		switch {
		case inventory.Hashes[d.Type]:
			fields, err := s.Fields(ctx, user, keys.Val())
			if err != nil {
				t.Fatal(err)
			}
			b, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			found, err = true, json.Unmarshal(b, &v)
			if err != nil {
				t.Fatal(err)
			}
		case d.Sealed:
			if found, err = s.GetSealed(ctx, user, keys.Val(), &v); err != nil {
				found = false // another person's
			}
		default:
			if found, err = s.Get(ctx, keys.Val(), &v); err != nil {
				t.Fatal(err)
			}
		}
		if found {
			kept[name] = v
		}
	}
	if err := keys.Err(); err != nil {
		t.Fatal(err)
	}
	return kept
}

// dropMembers takes members out of a value, and says what they held.
func dropMembers(v any, names map[string]bool, held func(member string, value any)) {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if names[name] {
				held(name, inner)
				delete(v, name)
				continue
			}
			dropMembers(inner, names, held)
		}
	case []any:
		for _, inner := range v {
			dropMembers(inner, names, held)
		}
	}
}

// A new function exports, or somebody has said why it need not.
func TestTakeoutAsksEveryKeeper(t *testing.T) {
	t.Parallel()
	for _, a := range store.Declared() {
		if slices.Contains(events.Exporters(), a.Function) == (unexported[a.Function] != "") {
			t.Errorf("%s: either it answers account.export.requested (events.Exporters), or there is a reason in unexported", a.Function)
		}
	}
	for _, name := range events.Exporters() {
		if kinds := inventory.Exported(name); len(kinds) == 0 && name != "feed" {
			t.Errorf("%s answers, and the inventory has nothing of it", name)
		}
		for kind, d := range inventory.Exported(name) {
			if n := len(slices.DeleteFunc(slices.Clone(inventory.Documents), func(o inventory.Document) bool { return o.Function() != name || o.Kind() != kind })); n != 1 {
				t.Errorf("%s: %d documents have keys that begin with %s", d.Type, n, kind)
			}
		}
	}
	text, err := os.ReadFile("functions/accounts/export.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range inventory.Documents {
		if d.File() != "" && !strings.Contains(string(text), d.File()) {
			t.Errorf("the text that explains an export does not name %s", d.File())
		}
	}
}
