package paceline

import (
	"fmt"
	"go/ast"
	"go/parser"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/gateway"
	"paceline/shared/function/identity"
	"paceline/shared/function/local"
)

// open is what answers without a token, as section 5 of the contract has it:
// pages, what they load, what their forms send, and the one-click unsubscribe.
var open = []string{
	"GET /{$}", "GET /register", "GET /login", "GET /verify", "GET /reset", "GET /static/{file...}",
	"POST /v1/auth/register", "POST /v1/auth/verify", "POST /v1/auth/login", "POST /v1/auth/refresh",
	"POST /v1/auth/password/forgot", "POST /v1/auth/password/reset", "POST /v1/mail/unsubscribe",
}

// strange are paths that no table has.
var strange = []string{
	"/nothing", "/v1", "/v1/", "/v1/nothing", "/events", "/health/liveness", "/health/readiness", "/metrics", "/debug/pprof/", "/debug/vars",
	"/fn/stats/v1/workouts", "/broker/paceline/default", "/static/../v1/me", "/v1/me/", "//v1/me", "/v1/me/..;/admin/users", "/%2e%2e/v1/me",
	"/v1/auth/login/", "/v1/auth/password", "/admin", "/.env", "/favicon.ico", "/robots.txt",
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"}

// credentials are what a caller may come with who is not let in anywhere.
func credentials(t *testing.T, dir string) map[string]string {
	t.Helper()
	signer := func(issuer string, now func() time.Time) *identity.Signer {
		keys, err := local.OpenKeys(filepath.Join(dir, "keys"), issuers(), now)
		if err != nil {
			t.Fatal(err)
		}
		return keys.Signer(issuer)
	}
	ann := identity.Caller{UserID: "01ANN", SessionID: "01SESSION", Roles: []identity.Role{identity.Member, identity.Admin}}
	sign := func(raw string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return "Bearer " + raw
	}
	hourAgo := func() time.Time { return time.Now().Add(-time.Hour) }
	return map[string]string{
		"none": "", "empty": "Bearer ", "another scheme": "Basic YW5uOnNlY3JldA==", "garbage": "Bearer not.a.token",
		"expired":          sign(signer("accounts", hourAgo).AccessToken(ann)),
		"another audience": sign(signer("gateway", time.Now).CallToken("accounts", ann)),
		"a guest's call":   sign(signer("gateway", time.Now).CallToken("accounts", identity.Caller{Roles: []identity.Role{identity.Guest}})),
		"a function's own": sign(signer("stats", time.Now).WorkloadToken("broker")),
		"another issuer":   sign(signer("stats", time.Now).AccessToken(ann)),
		"an event's":       sign(signer("stats", time.Now).EventToken(events.Envelope{ID: "x", Source: events.Source("stats")})),
		"a refresh token":  "Bearer 01ANN.01SESSION.1.c2VjcmV0",
		"of a mail's link": "Bearer 01ANN.ABCDEFGHIJKLMNOPQRSTUVWXYZ",
	}
}

// TestWalkerFindsNothingOpen tries every path with every method and every
// credential that is none: what answers anything but 401 is what the contract
// names, and nothing else.
func TestWalkerFindsNothingOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, dir, map[string]string{"TRUSTED_PROXIES": "127.0.0.1"})
	public, patterns := map[string]bool{}, map[string]bool{}
	for _, route := range gateway.Routes {
		patterns[route.Pattern] = true
		if route.Public() {
			public[route.Method+" "+route.Pattern] = true
		}
	}
	if got, want := slices.Sorted(maps.Keys(public)), slices.Sorted(slices.Values(open)); !slices.Equal(got, want) {
		t.Errorf("public are\n%s\nand the contract has\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	paths := map[string]string{} // path → its pattern, or ""
	for pattern := range patterns {
		paths[filled(pattern)] = pattern
	}
	for _, p := range strange {
		paths[p] = ""
	}
	given := credentials(t, dir)
	tries, refused := 0, 0
	for path, pattern := range paths {
		for _, method := range methods {
			isOpen := public[method+" "+pattern] || method == "HEAD" && public["GET "+pattern]
			for name, credential := range given {
				status, header, body := r.walk(t, tries, method, path, credential)
				tries++
				if isOpen {
					if status == http.StatusUnauthorized && header.Get("WWW-Authenticate") != "" && !strings.HasPrefix(path, "/v1/auth/") || status >= 500 {
						t.Errorf("%s %s with %s: %d, and it is open", method, path, name, status)
					}
					continue
				}
				refused++
				ok := status == http.StatusUnauthorized && header.Get("WWW-Authenticate") != "" &&
					(method == "HEAD" || header.Get("Content-Type") == "application/problem+json" && strings.Contains(body, `"status":401`))
				if !ok {
					t.Errorf("%s %s with %s: %d %s", method, path, name, status, body)
				}
			}
		}
	}
	t.Logf("%d paths × %d methods × %d credentials: %d tries, %d refused with 401, %d to the %d that are open", len(paths), len(methods), len(given), tries, refused, tries-refused, len(open))
}

// filled is a path of a pattern.
func filled(pattern string) string {
	return wildcard.ReplaceAllString(strings.ReplaceAll(pattern, "{$}", ""), "01ARZ3NDEKTSV4RRFFQ69G5FAV")
}

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// walk asks once, from an address of its own: who tries everything from one is
// let in no more.
func (r *running) walk(t *testing.T, n int, method, path, credential string) (status int, header http.Header, body string) {
	t.Helper()
	req, err := http.NewRequest(method, r.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.URL.Opaque = strings.TrimPrefix(r.url, "http:") + path // as it stands, not tidied up
	if credential != "" {
		req.Header.Set("Authorization", credential)
	}
	req.Header.Set("Origin", "https://evil.example")
	req.Header.Set("Access-Control-Request-Method", "POST")
	req.Header.Set("X-Forwarded-For", fmt.Sprintf("100.%d.%d.%d", 64+n>>16, n>>8&255, n&255))
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for name := range resp.Header {
		if strings.HasPrefix(name, "Access-Control-") {
			t.Errorf("%s %s: another origin gets %s", method, path, name)
		}
	}
	if resp.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" && path != "/events" { // for parts of the platform, and answered before all else
		t.Errorf("%s %s: another origin may load it", method, path)
	}
	return resp.StatusCode, resp.Header, string(b)
}

// TestWalkerKnowsEveryRouteOfEveryFunction reads what functions put into their
// muxes: a route that the gateway's table lacks would be open to whoever is
// inside, and one that no function has would be a lie.
func TestWalkerKnowsEveryRouteOfEveryFunction(t *testing.T) {
	t.Parallel()
	served := map[string]bool{}
	pattern := regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE|HEAD) /`)
	for _, s := range sources(t, parser.SkipObjectResolution) {
		name, below, _ := strings.Cut(strings.TrimPrefix(s.dir, "functions/"), "/")
		if s.test || below != "" || !strings.HasPrefix(s.dir, "functions/") || name == "gateway" || name == "cmd" {
			continue
		}
		ast.Inspect(s.parsed, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok {
				if text, err := strconv.Unquote(lit.Value); err == nil && pattern.MatchString(text) {
					served[name+" "+text] = true
				}
			}
			return true
		})
	}
	for _, route := range gateway.Routes {
		key := route.Function + " " + route.Method + " " + route.Pattern
		if route.Function != "gateway" && !served[key] && route.Function != "web" {
			t.Errorf("no function has %s", key)
		}
		delete(served, key)
	}
	for key := range served {
		if name, _, _ := strings.Cut(key, " "); name != "web" {
			t.Errorf("the gateway's table lacks %s", key)
		}
	}
}
