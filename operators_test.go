package paceline

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/upload/archive/archivetest"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/knative"
	"paceline/shared/function/redistest"
	"paceline/shared/function/store"
	"paceline/shared/operator"
)

// desk is an operator's machine.
type desk struct {
	r      *running
	config string
	in     string
	token  string           // PACELINE_TOKEN
	now    func() time.Time // the machine's clock when nil
}

// kn runs 'kn paceline …' and wants the exit code; it returns what was written.
func (d *desk) kn(code int, args ...string) (out, complaints string) {
	d.r.t.Helper()
	var stdout, stderr bytes.Buffer
	now := d.now
	if now == nil {
		now = time.Now
	}
	tool := operator.Tool{
		Manifests: knative.Manifests, Env: map[string]string{"PACELINE_URL": d.r.url, "PACELINE_TOKEN": d.token}, ConfigDir: d.config,
		In: strings.NewReader(d.in), Out: &stdout, Err: &stderr, Now: now, HTTP: http.DefaultClient,
		Sleep: func(context.Context, time.Duration) error { time.Sleep(50 * time.Millisecond); return nil },
	}
	if got := tool.Run(d.r.t.Context(), args); got != code {
		d.r.t.Fatalf("kn paceline %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

// has wants each of texts in s.
func has(t *testing.T, s string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(s, text) {
			t.Errorf("%q is not in:\n%s", text, s)
		}
	}
}

func TestOperatorsSignInAndLookAfterPeople(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com,second@example.com"})
	r.join("Root")
	second := r.join("Second")
	anna := r.join("Anna")
	d := &desk{r: r, config: filepath.Join(t.TempDir(), "paceline")}

	_, complaints := d.kn(1, "user", "show", anna.email)
	has(t, complaints, "not signed in", "kn paceline login")
	d.in = "not the password\n"
	_, complaints = d.kn(1, "login", "--email", "root@example.com")
	has(t, complaints, "401 invalid_credentials")
	d.in = testPassword + "\n"
	d.kn(0, "login", "--email", "root@example.com")
	if info, err := os.Stat(filepath.Join(d.config, "credentials.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the kept sign-in: %v %v", info, err)
	}

	out, _ := d.kn(0, "user", "show", anna.email)
	has(t, out, anna.id, "Anna", "(proven)", "Roles:        member")
	out, _ = d.kn(0, "user", "sessions", anna.id)
	has(t, out, "Go-http-client")
	_, complaints = d.kn(1, "user", "show", "nobody@example.com")
	has(t, complaints, "nobody has the address")

	_, complaints = d.kn(1, "role", "grant", anna.email, "emperor")
	has(t, complaints, "422 unknown_role")
	_, complaints = d.kn(0, "role", "grant", anna.email, "operator")
	has(t, complaints, "another admin", "kn paceline role confirm "+anna.id+" operator")
	out, _ = d.kn(0, "role", "requests")
	has(t, out, anna.id, "operator")
	_, complaints = d.kn(1, "role", "confirm", anna.email, "operator")
	has(t, complaints, "409 second_admin_needed")
	other := &desk{r: r, token: second.token}
	other.kn(0, "role", "confirm", anna.email, "operator")
	out, _ = d.kn(0, "role", "requests")
	has(t, out, "No requests.")
	d.kn(0, "role", "grant", anna.email, "admin")
	other.kn(0, "role", "refuse", anna.email, "admin")
	anna.want(401, "GET", "/v1/admin/deadletters", nil, nil) // what a token says of roles ends with them
	anna.signIn()
	anna.want(200, "GET", "/v1/admin/deadletters", nil, nil)
	anna.want(403, "GET", "/v1/admin/users/"+anna.id, nil, nil)
	d.kn(0, "role", "revoke", anna.email, "operator")
	d.kn(0, "user", "sign-out", anna.email)
	out, _ = d.kn(0, "user", "sessions", anna.id)
	has(t, out, "No sessions.")
	d.kn(0, "user", "reset-factors", anna.email)
	_, complaints = d.kn(1, "user", "reset-factors", "root@example.com")
	has(t, complaints, "409 own_factors")
	anna.signIn()
	anna.want(403, "GET", "/v1/admin/deadletters", nil, nil)

	d.kn(0, "logout")
	_, complaints = d.kn(1, "user", "show", anna.email)
	has(t, complaints, "not signed in")
}

// Support asks for what is kept of a person, who alone gets it; an admin erases
// one who cannot, and says so twice.
func TestOperatorsExportAndErasePeople(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com"})
	root, anna := r.join("Root"), r.join("Anna")
	d := &desk{r: r, token: root.token}
	out, _ := d.kn(0, "user", "export", anna.email)
	has(t, out, "preparing", "a mail tells "+anna.email)
	_, complaints := d.kn(1, "user", "export", anna.id)
	has(t, complaints, "429 export_daily")
	_, complaints = d.kn(1, "user", "export", "nobody@example.com")
	has(t, complaints, "nobody has the address")
	if files := r.takeout(anna); !strings.Contains(files["accounts/account.json"], anna.email) {
		t.Errorf("the export has %d files and not her address", len(files))
	}

	_, complaints = d.kn(2, "user", "erase", anna.email)
	has(t, complaints, anna.id, "say --yes")
	_, complaints = d.kn(1, "user", "erase", root.email, "--yes")
	has(t, complaints, "409 own_admin_role")
	_, complaints = (&desk{r: r, token: anna.token}).kn(1, "user", "erase", anna.id, "--yes")
	has(t, complaints, "403")
	anna.want(200, "GET", "/v1/me", nil, nil)
	_, complaints = d.kn(0, "user", "erase", anna.email, "--yes")
	has(t, complaints, "the keys are destroyed")
	_, complaints = d.kn(1, "user", "show", anna.id)
	has(t, complaints, "404 account_not_found")
	_, complaints = d.kn(1, "user", "erase", anna.id, "--yes")
	has(t, complaints, "404 account_not_found")
	r.settled()
	var told []string
	for _, e := range root.auditLog() {
		if e.Record.TargetID == anna.id && e.Record.ActorID == root.id && e.Record.Action != "account.look" {
			told = append(told, e.Record.Action+" "+e.Record.Outcome)
		}
	}
	if want := []string{"account.export asked", "account.erase asked"}; !slices.Equal(told, want) {
		t.Errorf("the audit log has %q, want %q", told, want)
	}
}

// The kept access token ends after minutes; the sign-in goes on, and each new
// refresh token is kept.
func TestAnOperatorsSignInIsMadeNew(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com"})
	root := r.join("Root")
	d := &desk{r: r, config: t.TempDir(), in: testPassword}
	d.kn(0, "login", "--email", root.email)
	file := filepath.Join(d.config, "credentials.json")
	seen := map[string]bool{}
	for range 3 {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var kept map[string]any
		if err := json.Unmarshal(b, &kept); err != nil {
			t.Fatal(err)
		}
		kept["until"] = time.Now().Add(-time.Minute)
		seen[kept["refresh_token"].(string)] = true
		if b, err = json.Marshal(kept); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		d.kn(0, "user", "show", root.id)
	}
	if len(seen) != 3 {
		t.Errorf("%d refresh tokens in three rounds", len(seen))
	}
	if err := os.WriteFile(file, []byte(`{"url":"`+r.url+`","refresh_token":"a.b.1.c"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, complaints := d.kn(1, "user", "show", root.id)
	has(t, complaints, "has ended", "kn paceline login")
}

func TestOperatorsReplayDeadLetters(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com"})
	root := r.join("Root")
	d := &desk{r: r, token: root.token}
	out, _ := d.kn(0, "deadletter", "list")
	has(t, out, "No dead letters.")
	for _, id := range []string{"poison-1", "poison-2"} {
		r.send(events.Envelope{
			SpecVersion: "1.0", ID: id, Source: "/functions/upload", Type: events.TypeWorkoutUploaded, Subject: "01POISON",
			Time: monday, DataContentType: "application/json", Data: json.RawMessage(`{"workout_id": 42}`),
		})
	}
	var letters []struct {
		ID, State string
		EventID   string `json:"event_id"`
		Replays   int
	}
	list := func(args ...string) int {
		out, _ := d.kn(0, append([]string{"deadletter", "list", "-o", "json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &letters); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		return len(letters)
	}
	r.soon("two dead letters", func() bool { return list() == 2 })
	if list("--type", "paceline.other.v1") != 0 || list("--limit", "1") != 1 {
		t.Error("--type or --limit does nothing")
	}
	id := letters[0].ID
	out, _ = d.kn(0, "deadletter", "describe", id)
	has(t, out, letters[0].EventID, events.TypeWorkoutUploaded, `"workout_id":42`, "stats")
	_, complaints := d.kn(1, "deadletter", "describe", "nothing")
	has(t, complaints, "404 deadletter_not_found")

	d.kn(2, "deadletter", "replay")
	d.kn(2, "deadletter", "replay", "--all", id)
	_, complaints = d.kn(1, "deadletter", "replay", "nothing", id)
	has(t, complaints, "nothing: 404")
	r.soon("the replayed letter again", func() bool {
		list()
		for _, l := range letters {
			if l.ID == id {
				return l.Replays == 1 && l.State == "kept"
			}
		}
		return false
	})
	d.kn(0, "deadletter", "replay", "--all", "--type", "paceline.other.v1")
	out, _ = d.kn(0, "deadletter", "replay", "--all", "--type", events.TypeWorkoutUploaded)
	if n := strings.Count(out, "sent again"); n != 2 {
		t.Errorf("%d letters were sent again:\n%s", n, out)
	}
}

func TestOperatorsAreToldWhatTheyDidWrong(t *testing.T) {
	t.Parallel()
	closed := &running{t: t, url: "http://127.0.0.1:1"}
	d := &desk{r: closed, token: "x"}
	for _, c := range []struct {
		code int
		args string
		says string
	}{
		{2, "user", "wants one of its commands"},
		{2, "user show", "user show ID|ADDRESS"},
		{2, "usr show", "unknown command"},
		{2, "user show x --nonsense", "unknown flag"},
		{2, "user show x -o yaml", "-o yaml"},
		{1, "login", "HOME"},
		{1, "user show x", "PACELINE_URL (http://127.0.0.1:1)"},
		{1, "key rotate --data-dir /nowhere", "folder of keys"},
	} {
		_, complaints := d.kn(c.code, strings.Fields(c.args)...)
		has(t, complaints, c.says)
	}
}

func TestTheDoctorAsksAPlatform(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com"})
	root, anna := r.join("Root"), r.join("Anna")
	out, _ := (&desk{r: r}).kn(0, "doctor", "--data-dir", r.dir)
	has(t, out, "NOTE", "not looked at", "kn paceline login", "Nothing is wrong.")
	out, _ = (&desk{r: r, token: anna.token}).kn(0, "doctor")
	has(t, out, "NOTE", "you are no operator", "Nothing is wrong.")
	d := &desk{r: r, token: root.token}
	if out, _ = d.kn(0, "doctor", "-o", "json"); strings.TrimSpace(out) != "[]" {
		t.Errorf("all is well, and it finds %s", out)
	}
	out, _ = (&desk{r: r, token: "forged"}).kn(1, "doctor")
	has(t, out, "the token is refused", "kn paceline login")

	r.send(events.Envelope{
		SpecVersion: "1.0", ID: "poison", Source: "/functions/upload", Type: events.TypeWorkoutUploaded, Subject: "01POISON",
		Time: monday, DataContentType: "application/json", Data: json.RawMessage(`{"workout_id": 42}`),
	})
	r.soon("the dead letter", func() bool { out, _ := d.kn(0, "deadletter", "list"); return strings.Contains(out, "kept") })
	out, _ = d.kn(1, "doctor")
	has(t, out, "WRONG deadletters: 1 of paceline.workout.uploaded.v1 wait", "kn paceline deadletter replay --all --type paceline.workout.uploaded.v1")

	jwks := filepath.Join(r.dir, "keys", "jwks.json")
	b, err := os.ReadFile(jwks)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(jwks, bytes.Replace(b, []byte(`"kid":"stats.`), []byte(`"kid":"stats.0`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _ = (&desk{r: r}).kn(1, "doctor", "--data-dir", r.dir)
	has(t, out, "the public half of stats's key is not in jwks.json")
}

func TestTheDoctorNamesWhoDoesNotAnswer(t *testing.T) {
	t.Parallel()
	out, _ := (&desk{r: &running{t: t, url: "http://127.0.0.1:1"}}).kn(1, "doctor")
	has(t, out, "WRONG gateway: it cannot be reached", "make run")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/v1/feed":
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"status":503,"code":"store_unavailable","detail":"away"}`))
		case strings.HasPrefix(r.URL.Path, "/v1/admin/"):
			_, _ = w.Write([]byte(`{"items":[{"id":"a1","state":"kept","event_type":"dev.knative.sources.ping","destination":"http://social/events","error":"{\"code\":\"outbox_not_empty\"}"},{"id":"a2","state":"kept","event_type":"x\u001b[2J\u009b"}]}`))
		default:
			_, _ = w.Write([]byte(`{}`))
		}
	}))
	defer server.Close()
	out, _ = (&desk{r: &running{t: t, url: server.URL}, token: "x"}).kn(1, "doctor")
	has(t, out, "WRONG function/feed: 503 store_unavailable: away", "WRONG outbox: events wait in the outbox behind http://social/events", "kn paceline deadletter replay a1")
	if has(t, out, "1 of x?[2J? wait"); strings.Count(out, "WRONG") != 3 {
		t.Errorf("it says more:\n%s", out)
	}
}

// What was lost of feeds comes back through the broker, for one person and for
// everybody.
func TestOperatorsRebuildFeeds(t *testing.T) {
	t.Parallel()
	address := redistest.URL(t)
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "root@example.com", "REDIS_URL": address})
	root, anna := r.join("Root"), r.join("Anna")
	anna.upload("run.gpx", gpxtest.Run(monday, 300), map[string]string{"name": "Secret run", "visibility": "private"})
	r.soon("her feed", func() bool { return strings.Contains(anna.feed(), "Secret run") })
	before := anna.feed()
	client, err := store.Dial(address, store.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	s := store.New(store.Config{Function: "feed", Client: client})
	lose := func() {
		t.Helper()
		if n, err := client.Del(t.Context(), s.Key(anna.id, "feed", anna.id)).Result(); n != 1 || err != nil || anna.feed() != "" {
			t.Fatalf("%d keys, %v, feed %q", n, err, anna.feed())
		}
	}
	d := &desk{r: r, token: root.token}
	lose()
	d.kn(0, "rebuild", "feed", "--user", anna.email)
	if after := anna.feed(); after != before {
		t.Errorf("feed %q, want %q", after, before)
	}
	lose()
	d.kn(0, "rebuild", "feed")
	r.soon("the feed again", func() bool { return anna.feed() == before })
	d.kn(0, "rebuild", "stats", "--user", anna.email)
	d.kn(0, "rebuild", "stats")
	_, complaints := d.kn(2, "rebuild", "mail")
	has(t, complaints, "nothing of mail is derived")
	_, complaints = (&desk{r: r, token: anna.token}).kn(1, "rebuild", "feed")
	has(t, complaints, "403")
}

func TestOperatorsRefuseMoreLeakedPasswords(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	list := filepath.Join(dir, "breached.bin")
	d := &desk{r: &running{t: t}, in: "our club has 90 members\nshort\n"}
	out, _ := d.kn(0, "breach-list", "build", "-f", list, "-")
	has(t, out, "1 passwords")
	_, complaint := d.kn(1, "breach-list", "build", "-f", list, filepath.Join(dir, "missing"))
	has(t, complaint, "missing")
	r := start(t, filepath.Join(dir, "data"), map[string]string{"BREACHED_PASSWORDS_FILE": list})
	body := `{"email":"ben@example.com","password":"our club has 90 members","display_name":"Ben"}`
	resp, err := http.Post(r.url+"/v1/auth/register", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var problem struct{ Code, Reason string }
	if err := json.NewDecoder(resp.Body).Decode(&problem); err != nil || resp.StatusCode != 422 || problem.Code != "password_too_common" || problem.Reason != "leaked" {
		t.Errorf("%d %+v %v", resp.StatusCode, problem, err)
	}
}

// Somebody at a terminal sends an archive of their own, sees what became of it,
// and takes it back.
func TestOperatorsImportTheirArchives(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), nil)
	anna, dir := r.join("Anna"), t.TempDir()
	d := &desk{r: r, token: anna.token}
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	out, _ := d.kn(0, "import", "list")
	has(t, out, "No imports.")
	_, complaints := d.kn(1, "import", "send", file("run.gpx", gpxtest.Run(monday, 60)))
	has(t, complaints, "415 unsupported_format")
	path := file("export.zip", archivetest.Files(map[string][]byte{"1.gpx": gpxtest.Run(monday, 60), "2.gpx": gpxtest.Run(monday, 60)[:700]}))
	_, complaints = d.kn(1, "import", "send", path, "--visibility", "all")
	has(t, complaints, "422 invalid_member")
	out, complaints = d.kn(1, "import", "send", path, "--visibility", "private")
	has(t, out, "export.zip", "finished")
	has(t, complaints, "1 files failed")
	for _, w := range anna.workouts() {
		if w.Visibility != "private" {
			t.Errorf("a workout is for %s", w.Visibility)
		}
	}
	out, _ = d.kn(0, "import", "list", "-o", "json")
	var all []struct{ ID string }
	if err := json.Unmarshal([]byte(out), &all); err != nil || len(all) != 1 {
		t.Fatalf("%v in %s", err, out)
	}
	out, _ = d.kn(0, "import", "show", all[0].ID)
	has(t, out, "1.gpx", "created", "2.gpx", "failed", "ends")
	out, _ = d.kn(0, "import", "undo", all[0].ID)
	has(t, out, "undone")
	if left := anna.workouts(); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	_, complaints = d.kn(1, "import", "show", "none")
	has(t, complaints, "404 import_not_found")
}
