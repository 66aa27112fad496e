//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const password = "a horse walks into a bar"

// person uses the platform through the cluster's ingress.
type person struct {
	s                *suite
	id, email, token string
}

type answer struct {
	status int
	body   []byte
}

func (s *suite) request(token, method, path string, body io.Reader, contentType string) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.ingress+path, body)
	if err != nil {
		return answer{}, err
	}
	req.Host = s.host
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, b}, err
}

// want makes a JSON request that has to answer with a status.
func (p *person) want(t testing.TB, status int, method, path string, body, into any) {
	t.Helper()
	var content io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(b)
	}
	a, err := p.s.request(p.token, method, path, content, "application/json")
	if err != nil || a.status != status {
		t.Fatalf("%s %s: %d %s %v, want %d", method, path, a.status, a.body, err, status)
	}
	if into != nil {
		if err := json.Unmarshal(a.body, into); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, a.body)
		}
	}
}

// join registers, reads the mail, opens its link and signs in.
func (s *suite) join(t testing.TB, name string) *person {
	t.Helper()
	p := &person{s: s, email: strings.ToLower(name) + "@example.com"}
	var registered struct {
		UserID string `json:"user_id"`
	}
	p.want(t, 201, "POST", "/v1/auth/register", map[string]any{"email": p.email, "password": password, "display_name": name}, &registered)
	p.id = registered.UserID
	p.want(t, 204, "POST", "/v1/auth/verify", map[string]any{"token": s.mailToken(t, p.email)}, nil)
	p.signIn(t)
	return p
}

// signIn also renews an access token, which lives for five minutes.
func (p *person) signIn(t testing.TB) {
	t.Helper()
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	p.token = ""
	p.want(t, 200, "POST", "/v1/auth/login", map[string]any{"email": p.email, "password": password}, &tokens)
	p.token = tokens.AccessToken
}

// mailToken waits for the mail with a link and takes the token out of it.
func (s *suite) mailToken(t testing.TB, to string) (token string) {
	t.Helper()
	s.soon(t, "a mail with a link to "+to, func() bool {
		for _, m := range s.stores.mail.Messages() {
			_, query, ok := strings.Cut(m.Text, "/verify?")
			if ok && len(m.To) == 1 && strings.Contains(m.To[0], to) {
				values, err := url.ParseQuery(strings.Fields(query)[0])
				token = values.Get("token")
				return err == nil && token != ""
			}
		}
		return false
	})
	return token
}

func (s *suite) soon(t testing.TB, what string, holds func() bool) {
	t.Helper()
	if !eventually(holds) {
		t.Fatalf("%s did not come", what)
	}
}

// multipartFile is the form of an upload, and its content type.
func multipartFile(name string, content []byte) (body []byte, contentType string, err error) {
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = form.Close()
	}
	return out.Bytes(), form.FormDataContentType(), err
}

// send uploads a file and returns the id of the upload.
func (p *person) send(name string, content []byte) (id string, err error) {
	body, form, err := multipartFile(name, content)
	if err != nil {
		return "", err
	}
	a, err := p.s.request(p.token, "POST", "/v1/workouts", bytes.NewReader(body), form)
	if err != nil || a.status != 202 {
		return "", fmt.Errorf("upload %s: %d %s %w", name, a.status, a.body, err)
	}
	var out struct {
		UploadID string `json:"upload_id"`
	}
	return out.UploadID, json.Unmarshal(a.body, &out)
}

// state is how far an upload is.
func (p *person) state(t testing.TB, upload string) string {
	t.Helper()
	var u struct{ State string }
	p.want(t, 200, "GET", "/v1/uploads/"+upload, nil, &u)
	return u.State
}

// distances are the metres of everything a person has, newest first.
func (p *person) distances(t testing.TB) []float64 {
	t.Helper()
	var list struct {
		Items []struct {
			Stats struct {
				DistanceM float64 `json:"distance_m"`
			}
		}
	}
	p.want(t, 200, "GET", "/v1/workouts?limit=100", nil, &list)
	var out []float64
	for _, w := range list.Items {
		out = append(out, w.Stats.DistanceM)
	}
	return out
}
