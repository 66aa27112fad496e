package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"paceline/functions/gateway"
	"paceline/shared/function"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/identity"
	"paceline/shared/function/redistest"
)

// edge is a gateway with one server behind it that stands for every function.
type edge struct {
	t        *testing.T
	url      string
	accounts *identity.Signer
	keys     identity.KeySource
	answer   atomic.Pointer[http.HandlerFunc]
	reached  atomic.Int64
	opened   *function.Function
	served   string // where dial finds it
}

// newEdge opens a gateway; pairs of a name and a value are settings of it.
func newEdge(t *testing.T, settings ...string) *edge {
	t.Helper()
	return openEdge(t, gateway.Open, settings...)
}

func openEdge(t *testing.T, open function.Opener, settings ...string) *edge {
	t.Helper()
	e := &edge{t: t}
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.reached.Add(1)
		(*e.answer.Load())(w, r)
	}))
	t.Cleanup(behind.Close)
	sink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	t.Cleanup(sink.Close)
	e.on(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
	dir := t.TempDir()
	var all []*identity.Signer
	for _, issuer := range []string{"accounts", "gateway", "stats"} {
		pem, err := identity.GenerateKey()
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, issuer+".pem"), pem, 0o600))
		s, err := identity.NewSigner(issuer, pem, now)
		must(t, err)
		all = append(all, s)
	}
	e.accounts = all[0]
	set, err := identity.JWKS(all...)
	must(t, err)
	file := filepath.Join(dir, "jwks.json")
	must(t, os.WriteFile(file, set, 0o600))
	e.keys = function.KeysFromFile(file)
	vars := map[string]string{
		"IDENTITY_KEY_FILE": filepath.Join(dir, "gateway.pem"), "IDENTITY_JWKS_FILE": file, "FUNCTION_URL": behind.URL + "/fn/{function}",
		"REDIS_URL": redistest.URL(t), "K_SINK": sink.URL,
	}
	for i := 0; i+1 < len(settings); i += 2 {
		vars[settings[i]] = settings[i+1]
	}
	e.opened, err = open(context.Background(), function.Env{Now: now, Log: slog.New(slog.DiscardHandler), Vars: vars})
	must(t, err)
	server := httptest.NewServer(e.opened.Handler)
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

func now() time.Time { return functiontest.Start }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (e *edge) on(h http.HandlerFunc) { e.answer.Store(&h) }

func (e *edge) token(roles ...identity.Role) string {
	token, err := e.accounts.AccessToken(identity.Caller{UserID: "01ANNA", SessionID: "01SESSION", Roles: roles})
	must(e.t, err)
	return token
}

func (e *edge) do(method, path, token, body string, header ...string) (int, http.Header, string) {
	e.t.Helper()
	req, err := http.NewRequest(method, e.url+path, strings.NewReader(body))
	must(e.t, err)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	must(e.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(e.t, err)
	return resp.StatusCode, resp.Header, string(b)
}

func code(body string) string {
	var p struct{ Code string }
	_ = json.Unmarshal([]byte(body), &p)
	return p.Code
}

// path is a route's pattern with its wildcards filled in.
func path(r gateway.Route) string {
	p := strings.ReplaceAll(r.Pattern, "{$}", "")
	return strings.NewReplacer("{id}", "01ID", "{file...}", "a.css").Replace(p)
}

func TestOnlyPublicRoutesAnswerWithoutAToken(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	for _, r := range gateway.Routes {
		before := e.reached.Load()
		status, header, body := e.do(r.Method, path(r), "", "")
		if r.Public() {
			if status != 200 || e.reached.Load() == before {
				t.Errorf("%s %s: %d, want an answer", r.Method, r.Pattern, status)
			}
			continue
		}
		said := r.Method == "HEAD" || code(body) == "token_missing" // HEAD has no body
		if status != 401 || !said || header.Get("WWW-Authenticate") == "" || e.reached.Load() != before {
			t.Errorf("%s %s without a token: %d %s", r.Method, r.Pattern, status, body)
		}
	}
	for _, unknown := range []string{"/nothing", "/v1/nothing", "/events", "/health/readiness", "/fn/stats/events", "/v1/workouts/x/y/z", "/debug/pprof/"} {
		if status, _, _ := e.do("GET", unknown, "", ""); status != 401 {
			t.Errorf("%s: %d, want 401", unknown, status)
		}
		if status, _, body := e.do("GET", unknown, e.token(identity.Member), ""); status != 404 || code(body) != "not_found" {
			t.Errorf("%s with a token: %d", unknown, status)
		}
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	roles := []identity.Role{identity.Member, identity.Coach, identity.Support, identity.Marketer, identity.Operator, identity.Admin, identity.Workload}
	for _, r := range gateway.Routes {
		if r.Public() {
			continue
		}
		for _, role := range roles {
			want := http.StatusForbidden
			for _, allowed := range r.Roles {
				if allowed == role {
					want = http.StatusOK
				}
			}
			if status, _, body := e.do(r.Method, path(r), e.token(role), ""); status != want {
				t.Errorf("%s %s as %s: %d %s, want %d", r.Method, r.Pattern, role, status, body, want)
			}
		}
	}
}

func TestContractsAreAnswered(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	for path, want := range map[string]string{"/v1/openapi.yaml": "\nopenapi: 3.0", "/v1/asyncapi.yaml": "\nasyncapi: 3.0"} {
		status, header, body := e.do("GET", path, e.token(identity.Member, identity.Operator), "")
		if status != http.StatusOK || header.Get("Content-Type") != "application/yaml" || !strings.Contains("\n"+body, want) {
			t.Errorf("%s: %d %s %.80s", path, status, header.Get("Content-Type"), body)
		}
	}
}

func TestBadTokensAreRefused(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	good := e.token(identity.Member)
	call, err := e.accounts.CallToken("stats", identity.Caller{UserID: "01ANNA", Roles: []identity.Role{identity.Member}})
	must(t, err)
	for name, token := range map[string]string{"garbage": "abc", "cut short": good[:len(good)-3], "of another type": call, "empty parts": ".."} {
		if status, _, body := e.do("GET", "/v1/me", token, ""); status != 401 || code(body) != "token_invalid" {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, _, _ := e.do("GET", "/v1/me", "", "", "Authorization", "Basic YTpi"); status != 401 {
		t.Errorf("basic: %d", status)
	}
}

func TestWhatAFunctionSees(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	var seen *http.Request
	e.on(func(w http.ResponseWriter, r *http.Request) { seen = r.Clone(context.Background()) })
	_, header, _ := e.do("GET", "/v1/workouts?sport=running", e.token(identity.Member), "",
		"X-Forwarded-For", "1.2.3.4", "Ce-Type", "paceline.x", "K-Original", "x", "Cookie", "a=b", "X-Request-Id", "chosen", "If-Match", `"1"`)
	v := identity.NewVerifier(identity.CallType, "stats", []string{"gateway"}, e.keys, now)
	caller, err := v.Request(seen)
	must(t, err)
	if caller.UserID != "01ANNA" || caller.Actor != "gateway" || caller.SessionID != "01SESSION" || !caller.Has(identity.Member) {
		t.Errorf("caller %+v", caller)
	}
	if seen.URL.String() != "/fn/stats/v1/workouts?sport=running" {
		t.Errorf("path %s", seen.URL)
	}
	for _, name := range []string{"X-Forwarded-For", "Ce-Type", "K-Original", "Cookie"} {
		if seen.Header.Get(name) != "" {
			t.Errorf("%s came through", name)
		}
	}
	if id := seen.Header.Get("X-Request-Id"); id == "chosen" || id == "" || id != header.Get("X-Request-Id") || seen.Header.Get("If-Match") == "" {
		t.Errorf("request id %q, answered %q", id, header.Get("X-Request-Id"))
	}
	if _, err := identity.NewVerifier(identity.CallType, "upload", []string{"gateway"}, e.keys, now).Request(seen); err == nil {
		t.Error("the token for stats works at upload")
	}
}

// Who guesses at passwords is counted by an address that nobody can choose.
func TestFunctionsSeeTheAddress(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	var seen []string
	e.on(func(w http.ResponseWriter, r *http.Request) { seen = r.Header.Values("X-Client-Address") })
	e.do("POST", "/v1/auth/login", "", "{}", "X-Forwarded-For", "198.51.100.7", "X-Client-Address", "198.51.100.7")
	if len(seen) != 1 || seen[0] != "127.0.0.1" {
		t.Errorf("they see %v", seen)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	huge := strings.Repeat("x", 70<<10)
	if status, _, body := e.do("POST", "/v1/auth/login", "", huge); status != 413 || code(body) != "too_large" {
		t.Errorf("with a length: %d %s", status, body)
	}
	req, err := http.NewRequest("POST", e.url+"/v1/auth/login", io.MultiReader(strings.NewReader(huge), strings.NewReader(huge)))
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != 413 {
		t.Errorf("without a length: %d", resp.StatusCode)
	}
}

func TestAnAbsentFunctionIsSaidSo(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	e.on(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		must(t, err)
		must(t, c.Close())
	})
	status, header, body := e.do("GET", "/v1/feed", e.token(identity.Member), "")
	if status != 503 || code(body) != "function_unavailable" || header.Get("Retry-After") == "" {
		t.Errorf("%d %s", status, body)
	}
}

func TestABrowserIsShownTheWayToSignIn(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	status, header, body := e.do("GET", "/app", "", "", "Accept", "text/html,*/*")
	if status != 401 || !strings.HasPrefix(header.Get("Content-Type"), "text/html") || !strings.Contains(body, "/login") {
		t.Errorf("%d %s", status, body)
	}
	if _, header, _ := e.do("GET", "/v1/me", "", "", "Accept", "text/html"); header.Get("Content-Type") != "application/problem+json" {
		t.Error("the API answers with a page")
	}
}

func TestWrongMethods(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	status, header, body := e.do("DELETE", "/v1/feed", e.token(identity.Member), "")
	if status != 405 || header.Get("Allow") != "GET" || code(body) != "method_not_allowed" {
		t.Errorf("%d %v %s", status, header, body)
	}
	if status, _, _ := e.do("DELETE", "/v1/feed", "", ""); status != 401 {
		t.Errorf("without a token: %d", status)
	}
}

func TestSettingsAreNamed(t *testing.T) {
	t.Parallel()
	_, err := gateway.Open(context.Background(), function.Env{Now: now, Log: slog.Default(), Vars: map[string]string{}})
	if err == nil || !strings.Contains(fmt.Sprint(err), "FUNCTION_URL") {
		t.Errorf("got %v", err)
	}
}

func TestWhoAsksTooOftenIsToldToWait(t *testing.T) {
	t.Parallel()
	e := newEdge(t)
	for i := range 60 {
		if status, header, body := e.do("POST", "/v1/auth/login", "", "{}"); status != 200 || header.Get("RateLimit-Policy") != `"sign-in";q=60;w=120` {
			t.Fatalf("request %d: %d %v %s", i+1, status, header, body)
		}
	}
	before := e.reached.Load()
	status, header, body := e.do("POST", "/v1/auth/login", "", "{}", "X-Forwarded-For", "198.51.100.7")
	if status != 429 || code(body) != "rate_limited" || header.Get("Retry-After") != "2" || header.Get("RateLimit") != `"sign-in";r=0;t=120` || e.reached.Load() != before {
		t.Errorf("the next: %d %v %s", status, header, body)
	}
	if status, _, _ := e.do("GET", "/login", "", ""); status != 200 {
		t.Errorf("a page: %d", status)
	}
	if status, _, _ := e.do("POST", "/v1/auth/login", e.token(identity.Member), "{}"); status != 200 {
		t.Errorf("somebody known: %d", status)
	}
}

func TestWithoutTheStoreOnlyPagesAnswer(t *testing.T) {
	t.Parallel()
	e := newEdge(t, "REDIS_URL", "redis://127.0.0.1:1")
	for path, want := range map[string]int{"GET /": 200, "POST /v1/auth/login": 503, "POST /v1/auth/password/forgot": 503, "GET /v1/feed": 503, "GET /v1/none": 503} {
		method, p, _ := strings.Cut(path, " ")
		token := ""
		if want == 503 && method == "GET" {
			token = e.token(identity.Member)
		}
		if status, header, body := e.do(method, p, token, ""); status != want || want == 503 && header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
}

func TestBrowsersAreToldToStayWithTLS(t *testing.T) {
	t.Parallel()
	behind, bare := newEdge(t, "TRUSTED_PROXIES", "127.0.0.1"), newEdge(t)
	if _, h, _ := behind.do("GET", "/", "", "", "X-Forwarded-Proto", "https"); h.Get("Strict-Transport-Security") == "" {
		t.Error("behind a proxy with TLS they are not")
	}
	if _, h, _ := behind.do("GET", "/", "", "", "X-Forwarded-Proto", "http"); h.Get("Strict-Transport-Security") != "" {
		t.Error("behind a proxy without TLS they are")
	}
	if _, h, _ := bare.do("GET", "/", "", "", "X-Forwarded-Proto", "https"); h.Get("Strict-Transport-Security") != "" {
		t.Error("a client's own word is taken")
	}
}
