package operator

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"paceline/shared/api"
)

// defaultURL is where the one-machine platform listens.
const defaultURL = "http://127.0.0.1:8080"

// maxAnswer bounds what is read of an answer: a dead letter holds its event.
const maxAnswer = 8 << 20

// problem is an answer that says what was wrong.
type problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

func (p *problem) Error() string {
	if p.Code == "reauthentication_required" {
		return fmt.Sprintf("%d %s: your sign-in is older than five minutes: run 'kn paceline login' again", p.Status, p.Code)
	}
	return fmt.Sprintf("%d %s: %s", p.Status, cmp.Or(p.Code, http.StatusText(p.Status)), cmp.Or(p.Detail, "the platform says no more"))
}

// url is the platform's address.
func (t *Tool) url() string {
	return strings.TrimSuffix(cmp.Or(t.Env["PACELINE_URL"], t.saved().URL, defaultURL), "/")
}

// call asks the API as the one who signed in; out may be nil.
func (t *Tool) call(ctx context.Context, method, path string, out any) error {
	token, err := t.token(ctx)
	if err != nil {
		return err
	}
	return t.do(ctx, method, path, token, nil, out)
}

// do makes one request. Its error is a *problem when the platform answered.
func (t *Tool) do(ctx context.Context, method, path, token string, in, out any) error {
	if in == nil {
		return t.send(ctx, t.HTTP, method, path, token, "", nil, out)
	}
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return t.send(ctx, t.HTTP, method, path, token, "application/json", bytes.NewReader(b), out)
}

// send is do with a body of any kind, by a client of the caller's.
func (t *Tool) send(ctx context.Context, client *http.Client, method, path, token, contentType string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, t.url()+path, body)
	if err != nil {
		return usageError{fmt.Errorf("PACELINE_URL: %w", err)}
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if token != "" {
		t.warnPlain(req.URL)
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("User-Agent", "kn-paceline")
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%w: is the platform up, and is PACELINE_URL (%s) its address?", err, t.url())
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode/100 != 2 {
		p := &problem{}
		if json.Unmarshal(answer, p) != nil || p.Code == "" { // not an answer of ours
			p.Detail = fmt.Sprintf("%s does not answer as the platform does", t.url())
		}
		p.Status = resp.StatusCode
		return p
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// eachPage visits a list of the API page by page, from its beginning.
func eachPage[T any](ctx context.Context, t *Tool, path string, visit func([]T) error) error {
	query := url.Values{"limit": {"100"}}
	for {
		var page struct {
			Items      []T    `json:"items"`
			NextCursor string `json:"next_cursor"`
		}
		if err := t.call(ctx, http.MethodGet, path+"?"+query.Encode(), &page); err != nil {
			return err
		}
		if err := visit(page.Items); err != nil {
			return err
		}
		if page.NextCursor == "" {
			return nil
		}
		query.Set("cursor", page.NextCursor)
	}
}

// warnPlain says once that a token goes over the wire in clear.
func (t *Tool) warnPlain(u *url.URL) {
	ip := net.ParseIP(u.Hostname())
	if t.warned || u.Scheme == "https" || u.Hostname() == "localhost" || ip.IsLoopback() {
		return
	}
	t.warned = true
	fmt.Fprintf(t.Err, "warning: %s is not HTTPS; whoever is in between can read your token\n", t.url())
}

// token is what the API is called with: PACELINE_TOKEN, or that of the kept
// sign-in, which is made new when it ends.
func (t *Tool) token(ctx context.Context) (string, error) {
	if token := t.Env["PACELINE_TOKEN"]; token != "" {
		return token, nil
	}
	s := t.saved()
	if s.RefreshToken == "" || s.URL != t.url() {
		return "", fmt.Errorf("not signed in at %s: run 'kn paceline login', or set PACELINE_TOKEN", t.url())
	}
	if s.AccessToken != "" && t.Now().Before(s.Until) {
		return s.AccessToken, nil
	}
	var tokens api.Tokens
	err := t.do(ctx, http.MethodPost, "/v1/auth/refresh", "", api.RefreshRequest{RefreshToken: s.RefreshToken}, &tokens)
	var p *problem
	if errors.As(err, &p) && p.Code == "invalid_grant" {
		return "", fmt.Errorf("the sign-in at %s has ended: run 'kn paceline login'", t.url())
	}
	if err != nil {
		return "", err
	}
	return tokens.AccessToken, t.save(tokens)
}

// spare is how long before its end a token is made new.
const spare = 30 * time.Second

// save keeps tokens for the next command.
func (t *Tool) save(tokens api.Tokens) error {
	return t.write(credentials{
		URL: t.url(), RefreshToken: tokens.RefreshToken, AccessToken: tokens.AccessToken,
		Until: t.Now().Add(time.Duration(tokens.ExpiresIn)*time.Second - spare),
	})
}
