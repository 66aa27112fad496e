package paceline

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/shared/function"
	"paceline/shared/function/redistest"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
)

// What is said of a person, each so that it is nowhere by chance.
var canaries = map[string]string{
	"address":      "canary.7gq2xw@example.com",
	"name":         `Canaria "Ñ" 7gq2xw`,
	"bio":          "bio <7gq2xw> & more",
	"birth date":   "1951-07-29",
	"password":     "vk4 lamps over a wet tram",
	"device":       "Browser/7gq2xw",
	"weight":       "71.83649",
	"heart rate":   "187.41538",
	"power":        "271.92613",
	"workout":      "workout 7gq2xw",
	"description":  "description 7gq2xw",
	"file":         "file-7gq2xw.gpx",
	"recorded":     "recorded 7gq2xw",
	"position":     "-12.3456789",
	"entry":        "entry 7gq2xw",
	"mail":         "mail 7gq2xw",
	"other's name": "Ben Zaunkoenig 7gq2xw",
}

// Whatever a person says of themselves lies nowhere as it is: not in Redis, in
// its log or its snapshots, not among the objects, in the broker, the dead
// letters, the logs or the traces. The folder of mails is left out: it stands for
// the mail server, which must be able to read a mail.
func TestNothingOfAPersonLiesAnywhereAsItIs(t *testing.T) {
	address := redistest.ServerURL(t, "--appendonly", "yes", "--rdbcompression", "no")
	logs, traces := new(heap), new(heap)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body) // a span less is a search of less
		_, _ = traces.Write(b)
	}))
	t.Cleanup(collector.Close)
	flush, err := function.Telemetry(t.Context(), "canary", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": collector.URL, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"})
	if err != nil {
		t.Fatal(err)
	}
	deaf := &deaf{}
	r := start(t, t.TempDir(), map[string]string{"REDIS_URL": address, "ADMIN_EMAILS": "root@example.com"}, func(p *Platform) {
		p.log, p.tap = slog.New(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})), deaf.tap
	})
	secrets := plant(t, r, address)
	waiting := r.waiting(deaf, secrets["access token"])
	if err := flush(context.Background()); err != nil {
		t.Error(err)
	}
	places := map[string][]byte{"logs": logs.all(), "traces": traces.all()}
	read(t, r.dir, places)
	mails := bytes.Buffer{}
	for name, b := range places {
		if strings.HasPrefix(name, "mail/") {
			mails.Write(b)
			delete(places, name)
		}
	}
	read(t, saved(t, address), places)
	maps.Copy(places, waiting)
	for _, kind := range []string{"raw/", "track/", "export/", "deadletter/", "waiting in broker/", "dump.rdb", ".aof", "logs", "traces"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(places)), func(name string) bool { return strings.Contains(name, kind) && len(places[name]) > 0 }) {
			t.Errorf("there is nothing of %s to look through: %d places", kind, len(places))
		}
	}
	if !bytes.Contains(mails.Bytes(), []byte(canaries["address"])) {
		t.Error("the address is not even in the mails: the search finds nothing")
	}
	for what, canary := range secrets {
		for place, content := range places {
			if how := findForm(content, canary); how != "" {
				t.Errorf("%s lies in %s %s", what, place, how)
			}
		}
	}
}

// deaf is functions that take no event while it is set.
type deaf struct{ atomic.Bool }

func (d *deaf) tap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.Load() && strings.HasSuffix(r.URL.Path, "/events") {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// waiting is what the broker keeps of an event that nobody takes: of those that
// were taken it keeps nothing.
func (r *running) waiting(d *deaf, token string) map[string][]byte {
	r.t.Helper()
	r.settled()
	d.Store(true)
	defer d.Store(false)
	if a := r.json(token, "PATCH", "/v1/me", map[string]any{"display_name": canaries["other's name"]}); a.status != http.StatusOK {
		r.t.Fatalf("another name: %d %s", a.status, a.body)
	}
	found := map[string][]byte{}
	r.soon("the event in the broker's files", func() bool {
		files, err := filepath.Glob(filepath.Join(r.dir, "broker", "jetstream", "*", "streams", "*", "msgs", "*"))
		if err != nil {
			r.t.Fatal(err)
		}
		seen := false
		for _, file := range files {
			if b, err := os.ReadFile(file); err == nil { // some go while we look
				found["waiting in broker/"+filepath.Base(file)] = b
				seen = seen || bytes.Contains(b, []byte(events.TypeProfileUpdated))
			}
		}
		return seen
	})
	return found
}

// plant says all canaries through the API, has a mail end as a dead letter, and
// returns what must not be found.
func plant(t *testing.T, r *running, address string) map[string]string {
	t.Helper()
	c := canaries
	secrets := map[string]string{}
	for what, canary := range c {
		secrets[what] = canary
	}
	ben := r.join("Ben")
	ben.want(200, "PATCH", "/v1/me", map[string]any{"display_name": c["other's name"]}, nil)
	anna := &person{r: r, email: c["address"]}
	var registered struct {
		UserID string `json:"user_id"`
	}
	anna.want(201, "POST", "/v1/auth/register", map[string]any{
		"email": anna.email, "password": c["password"], "display_name": c["name"], "birth_date": c["birth date"], "locale": "en",
	}, &registered)
	anna.id = registered.UserID
	secrets["mail token"] = r.mailToken(anna.email)
	anna.want(204, "POST", "/v1/auth/verify", map[string]any{"token": secrets["mail token"]}, nil)
	secrets["access token"], secrets["refresh token"] = signInWith(t, r, anna, c["password"], c["device"])
	anna.token = secrets["access token"]
	once(t, anna, "PATCH", "/v1/me", map[string]any{"bio": c["bio"]})
	once(t, anna, "PUT", "/v1/me/settings", json.RawMessage(fmt.Sprintf(
		`{"entries":[{"valid_from":"2026-01-01","weight_kg":%s,"max_heart_rate_bpm":%s,"ftp_w":%s}]}`, c["weight"], c["heart rate"], c["power"])))
	r.soon("Ben's profile", func() bool { return r.json(anna.token, "GET", "/v1/users/"+ben.id, nil).status == 200 })
	r.soon("Anna's profile", func() bool { return r.json(ben.token, "GET", "/v1/users/"+anna.id, nil).status == 200 })
	ben.want(202, "PUT", "/v1/users/"+anna.id+"/follow", nil, nil)
	anna.want(204, "PUT", "/v1/me/follow-requests/"+ben.id, nil, nil)
	anna.upload(c["file"], recorded(c["recorded"]), map[string]string{"name": c["workout"], "description": c["description"]})
	once(t, anna, "POST", "/v1/workouts", map[string]any{
		"name": c["entry"], "sport": "running", "started_at": monday.Format(time.RFC3339), "elapsed_time_s": 600, "distance_m": 2000,
	})
	r.settled()
	once(t, anna, "POST", "/v1/me/export", nil) // its pages lie among the objects
	r.soon("the export", func() bool {
		return strings.Contains(string(r.json(anna.token, "GET", "/v1/me/export", nil).body), `"ready"`)
	})
	var link struct{ URL string }
	anna.want(201, "POST", "/v1/me/export/links", nil, &link)
	secrets["export link"] = strings.TrimPrefix(link.URL, "/v1/me/export/links/")
	root := r.join("Root")
	root.want(200, "GET", "/v1/admin/users?email="+url.QueryEscape(anna.email), nil, nil)
	r.deadMail(address, anna.id, c["mail"])
	return secrets
}

// recorded is a file from a place and with a name that only it has.
func recorded(name string) []byte {
	points := gpxtest.Points(monday, 120)
	file := gpxtest.File(gpxtest.Track{Name: name, Description: name, Type: "running", Segments: [][]gpxtest.Point{points}})
	first := fmt.Sprintf("%g", points[0].Lat)
	return bytes.ReplaceAll(file, []byte(`lat="`+first), []byte(`lat="`+canaries["position"]))
}

// once is a command with an Idempotency-Key, so that its answer is kept.
func once(t *testing.T, p *person, method, path string, body any) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(method, p.r.url+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Idempotency-Key", method+path)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		text, _ := io.ReadAll(resp.Body)
		t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
}

func signInWith(t *testing.T, r *running, p *person, password, device string) (access, refresh string) {
	t.Helper()
	b, _ := json.Marshal(map[string]any{"email": p.email, "password": password})
	req, err := http.NewRequest(http.MethodPost, r.url+"/v1/auth/login", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", device)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var tokens struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&tokens); err != nil || tokens.AccessToken == "" {
		t.Fatalf("sign in: %d, %v", resp.StatusCode, err)
	}
	return tokens.AccessToken, tokens.RefreshToken
}

// deadMail asks for a mail that nobody can write, as accounts does, and waits
// until it is a dead letter.
func (r *running) deadMail(address, user, text string) {
	r.t.Helper()
	client, err := store.Dial(address, store.TLS{})
	if err != nil {
		r.t.Fatal(err)
	}
	kek, err := seal.OpenKEK("file://" + filepath.Join(r.dir, "keys", "kek.json"))
	if err != nil {
		r.t.Fatal(err)
	}
	s := store.New(store.Config{Function: "accounts", Client: client, KEK: kek})
	defer s.Close()
	ctx := events.WithCause(context.Background(), events.Cause{ID: "canary"})
	e, err := events.New(ctx, "accounts", events.MailRequested{Key: "canary", UserID: user, Template: "none", Data: map[string]string{"name": text}}, time.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	if e, err = s.Keys().SealEvent(ctx, e); err != nil {
		r.t.Fatal(err)
	}
	r.send(e)
	r.soon("the dead letter", func() bool {
		found, err := filepath.Glob(filepath.Join(r.dir, "objects", "deadletter", "*"))
		return err == nil && len(found) == 1
	})
	r.settled()
}

// saved makes a snapshot of Redis and returns the folder of its files.
func saved(t *testing.T, address string) string {
	t.Helper()
	o, err := redis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	defer c.Close()
	if err := c.Save(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	dir, err := c.ConfigGet(t.Context(), "dir").Result()
	if err != nil {
		t.Fatal(err)
	}
	return dir["dir"]
}

// read adds every file below dir, by its name.
func read(t testing.TB, dir string, to map[string][]byte) {
	t.Helper()
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(file)
		name, _ := filepath.Rel(dir, file) // both are clean
		to[filepath.ToSlash(name)] = b
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// findForm says in which form text lies in content, or "".
func findForm(content []byte, text string) string {
	for form, needle := range formsOf(text) {
		if bytes.Contains(content, needle) {
			return form
		}
	}
	for rest := content; ; {
		i := bytes.Index(rest, []byte{0x1f, 0x8b, 8})
		if i < 0 {
			return ""
		}
		rest = rest[i:]
		if z, err := gzip.NewReader(bytes.NewReader(rest)); err == nil {
			unpacked, _ := io.ReadAll(io.LimitReader(z, 64<<20)) // what was read of a broken stream counts, too
			if how := findForm(unpacked, text); how != "" {
				return how + ", packed"
			}
		}
		rest = rest[1:]
	}
}

func formsOf(text string) map[string][]byte {
	quoted, _ := json.Marshal(text) // a string never fails
	forms := map[string][]byte{
		"as it is": []byte(text), "as JSON": bytes.Trim(quoted, `"`),
		"in hexadecimal": []byte(hex.EncodeToString([]byte(text))), "in upper hexadecimal": []byte(strings.ToUpper(hex.EncodeToString([]byte(text)))),
	}
	for offset := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			b := append(make([]byte, offset), text...)
			full := encoding.EncodeToString(b)
			forms[fmt.Sprintf("in %s, moved by %d", name, offset)] = []byte(full[(offset*8+5)/6 : len(b)*8/6])
		}
	}
	return forms
}

// The search finds what it is to find.
func TestTheSearchForCanariesFindsEveryForm(t *testing.T) {
	t.Parallel()
	for what, text := range canaries {
		quoted, _ := json.Marshal(map[string]string{"x": text})
		contents := map[string]string{
			"plain": "a " + text + " b", "JSON": string(quoted), "hex": hex.EncodeToString([]byte("xy" + text + "z")),
		}
		for i := range 3 {
			b := []byte("0123"[:i] + text + "end")
			contents[fmt.Sprint("base64 ", i)] = base64.StdEncoding.EncodeToString(b)
			contents[fmt.Sprint("base64url ", i)] = base64.URLEncoding.EncodeToString(b)
		}
		for form, content := range contents {
			var packed bytes.Buffer
			packed.WriteString("head")
			z := gzip.NewWriter(&packed)
			_, _ = z.Write([]byte(content)) // a buffer never fails
			_ = z.Close()
			if findForm([]byte(content), text) == "" || findForm(packed.Bytes(), text) == "" {
				t.Errorf("%s is not found as %s", what, form)
			}
		}
		if how := findForm([]byte("something else"), text); how != "" {
			t.Errorf("%s is found %s where it is not", what, how)
		}
	}
}

// heap keeps what is written to it.
type heap struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write adds b.
func (h *heap) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.Write(b)
}

func (h *heap) all() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Clone(h.b.Bytes())
}
