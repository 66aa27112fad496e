package paceline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"paceline/shared/broker"
)

const testPassword = "a horse walks into a bar"

// running is a platform with a server in front of it.
type running struct {
	t    testing.TB
	dir  string
	url  string
	stop func()

	broker *broker.Broker
	inside string
}

// start brings up the whole platform on a folder.
func start(t testing.TB, dir string, env map[string]string, options ...func(*Platform)) *running {
	t.Helper()
	p := New()
	p.log = slog.New(slog.NewTextHandler(&logTo{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	for _, o := range options {
		o(p)
	}
	vars := map[string]string{"DATA_DIR": dir, "RATE_SCALE": "100"} // tests do in a second what people do in an hour
	for k, v := range env {
		vars[k] = v
	}
	ctx := context.Background()
	if err := p.Start(ctx, vars); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(p.Handle))
	r := &running{t: t, dir: dir, url: server.URL, broker: p.broker, inside: p.inside}
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		server.Close()
		end, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if err := p.Stop(end); err != nil {
			t.Errorf("stop: %v", err)
		}
	}
	t.Cleanup(r.stop)
	return r
}

// discard is for what a test does not look at.
var discard = slog.New(slog.DiscardHandler)

type logTo struct{ t testing.TB }

func (l *logTo) Write(b []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimSpace(b))
	return len(b), nil
}

// person is somebody with an app.
type person struct {
	r     *running
	id    string
	email string
	token string
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) code() string {
	var p struct{ Code string }
	_ = json.Unmarshal(a.body, &p)
	return p.Code
}

func (r *running) do(token, method, path string, body io.Reader, contentType string) answer {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, b}
}

func (r *running) json(token, method, path string, body any) answer {
	r.t.Helper()
	if body == nil {
		return r.do(token, method, path, nil, "")
	}
	b, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.do(token, method, path, bytes.NewReader(b), "application/json")
}

// want makes a call and decodes the answer, which must have the status.
func (p *person) want(status int, method, path string, body, out any) {
	p.r.t.Helper()
	a := p.r.json(p.token, method, path, body)
	if a.status != status {
		p.r.t.Fatalf("%s %s: %d %s, want %d", method, path, a.status, a.body, status)
	}
	if out != nil {
		if err := json.Unmarshal(a.body, out); err != nil {
			p.r.t.Fatalf("%s %s: %v in %s", method, path, err, a.body)
		}
	}
}

// join registers, reads the mail, opens its link and signs in.
func (r *running) join(name string) *person {
	r.t.Helper()
	p := &person{r: r, email: strings.ToLower(name) + "@example.com"}
	var registered struct {
		UserID string `json:"user_id"`
	}
	p.want(201, "POST", "/v1/auth/register", map[string]any{"email": p.email, "password": testPassword, "display_name": name, "locale": "en"}, &registered)
	p.id = registered.UserID
	p.want(204, "POST", "/v1/auth/verify", map[string]any{"token": r.mailToken(p.email)}, nil)
	p.signIn()
	return p
}

func (p *person) signIn() {
	p.r.t.Helper()
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	p.want(200, "POST", "/v1/auth/login", map[string]any{"email": p.email, "password": testPassword}, &tokens)
	p.token = tokens.AccessToken
}

// mails are the subjects of the mails to an address, in the folder of mails.
func (r *running) mails(to string) map[string]*enmime.Envelope {
	r.t.Helper()
	files, err := filepath.Glob(filepath.Join(r.dir, "mail", "*.eml"))
	if err != nil {
		r.t.Fatal(err)
	}
	out := map[string]*enmime.Envelope{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			r.t.Fatal(err)
		}
		e, err := enmime.ReadEnvelope(bytes.NewReader(b))
		if err != nil {
			r.t.Fatal(err)
		}
		if a, err := mail.ParseAddress(e.GetHeader("To")); err == nil && a.Address == to {
			if _, twice := out[e.GetHeader("Subject")]; twice {
				r.t.Errorf("two mails %q to %s", e.GetHeader("Subject"), to)
			}
			out[e.GetHeader("Subject")] = e
		}
	}
	return out
}

// mailToken is the token of the link that proves an address.
func (r *running) mailToken(to string) string { return r.linkToken(to, "/verify") }

// linkToken is the token of the link to a page, when the mail has come.
func (r *running) linkToken(to, page string) string {
	r.t.Helper()
	token := ""
	r.soon("a mail with a link to "+to, func() bool {
		for _, e := range r.mails(to) {
			if _, query, ok := strings.Cut(e.Text, page+"?"); ok {
				values, err := url.ParseQuery(strings.Fields(query)[0])
				token = values.Get("token")
				return err == nil && token != ""
			}
		}
		return false
	})
	return token
}

// soon waits until something holds.
func (r *running) soon(what string, holds func() bool) {
	r.t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	r.t.Fatalf("%s did not come", what)
}

// uploaded is the answer to an upload.
type uploaded struct {
	UploadID string `json:"upload_id"`
	Workouts []struct {
		ID        string `json:"id"`
		State     string `json:"state"`
		Duplicate bool   `json:"duplicate"`
	} `json:"workouts"`
}

// send uploads a file and returns the answer as it is.
func (p *person) send(name string, content []byte, fields map[string]string) answer {
	p.r.t.Helper()
	body, contentType, err := multipartFile(name, content, fields)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return p.r.do(p.token, "POST", "/v1/workouts", body, contentType)
}

// multipartFile is the form of an upload.
func multipartFile(name string, content []byte, fields map[string]string) (body *bytes.Buffer, contentType string, err error) {
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	for k, v := range fields {
		if err := form.WriteField(k, v); err != nil {
			return nil, "", err
		}
	}
	part, err := form.CreateFormFile("file", name)
	if err != nil {
		return nil, "", err
	}
	if _, err := part.Write(content); err != nil {
		return nil, "", err
	}
	return body, form.FormDataContentType(), form.Close()
}

// upload sends a file and waits until its workouts are ready.
func (p *person) upload(name string, content []byte, fields map[string]string) uploaded {
	p.r.t.Helper()
	a := p.send(name, content, fields)
	if a.status != 202 {
		p.r.t.Fatalf("upload %s: %d %s", name, a.status, a.body)
	}
	var out uploaded
	if err := json.Unmarshal(a.body, &out); err != nil {
		p.r.t.Fatal(err)
	}
	p.r.soon("the figures of "+name, func() bool {
		var state struct{ State string }
		p.want(200, "GET", "/v1/uploads/"+out.UploadID, nil, &state)
		return state.State == "ready"
	})
	return out
}

// feed is a short text of a person's feed.
func (p *person) feed() string {
	p.r.t.Helper()
	var feed struct {
		Items []struct {
			User struct {
				DisplayName string `json:"display_name"`
			}
			Workout struct {
				Name, Visibility string
				Stats            struct {
					DistanceM float64 `json:"distance_m"`
				}
			}
		}
	}
	p.want(200, "GET", "/v1/feed", nil, &feed)
	var lines []string
	for _, i := range feed.Items {
		lines = append(lines, fmt.Sprintf("%s: %s %.0f m (%s)", i.User.DisplayName, i.Workout.Name, i.Workout.Stats.DistanceM, i.Workout.Visibility))
	}
	return strings.Join(lines, "; ")
}

// notifications is a short text of a person's notifications.
func (p *person) notifications() string {
	p.r.t.Helper()
	var list struct {
		Items       []struct{ Text string }
		UnreadCount int `json:"unread_count"`
	}
	p.want(200, "GET", "/v1/notifications", nil, &list)
	var lines []string
	for _, n := range list.Items {
		lines = append(lines, n.Text)
	}
	return fmt.Sprint(list.UnreadCount, " unread: ", strings.Join(lines, " "))
}

// A platform that has ended holds nothing of its folder open: each function
// closes what it opened.
func TestNothingStaysOpen(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir(), nil)
	held := func() (paths []string) {
		links, err := filepath.Glob("/proc/self/fd/*")
		if err != nil || len(links) == 0 {
			t.Skip("nothing here says what a process holds open")
		}
		for _, link := range links {
			if path, err := os.Readlink(link); err == nil && strings.HasPrefix(path, r.dir) {
				paths = append(paths, path)
			}
		}
		return paths
	}
	if len(held()) == 0 {
		t.Error("a running platform holds nothing: the test sees nothing")
	}
	if r.stop(); len(held()) > 0 {
		t.Errorf("still open: %v", held())
	}
}
