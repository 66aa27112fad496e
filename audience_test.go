package paceline

import (
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"paceline/shared/function"
	"paceline/shared/function/identity"
	"paceline/shared/function/local"
)

// A token for one function is good there and nowhere else, from a minute before
// its time to a minute after it: every function is tried with the token for every
// other, at four times.
func TestATokenIsForOneFunction(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := start(t, t.TempDir(), nil, func(p *Platform) { p.now = c.now })
	ann := identity.Caller{UserID: "01ANN", SessionID: "01SESSION", Roles: []identity.Role{identity.Member}}
	kinds := []struct {
		name, signer, method, path string
		ttl                        time.Duration
		sign                       func(s *identity.Signer, audience string) (string, error)
		deaf                       []string // who takes no such token, whoever it is for
	}{
		{"a call", function.GatewayName, "GET", "/v1/nothing", identity.CallTTL,
			func(s *identity.Signer, audience string) (string, error) { return s.CallToken(audience, ann) }, []string{function.GatewayName}},
		{"a delivery", function.BrokerName, "POST", "/events", identity.WorkloadTTL,
			func(s *identity.Signer, audience string) (string, error) { return s.WorkloadToken(audience) }, []string{"web"}},
	}
	times := []struct {
		name string
		good bool
		made func(ttl time.Duration) time.Duration // when the token was made, from now
	}{
		{"expired 61 s ago", false, func(ttl time.Duration) time.Duration { return -ttl - 61*time.Second }},
		{"expired 59 s ago", true, func(ttl time.Duration) time.Duration { return -ttl - 59*time.Second }},
		{"good in 59 s", true, func(time.Duration) time.Duration { return 59 * time.Second }},
		{"good in 61 s", false, func(time.Duration) time.Duration { return 61 * time.Second }},
	}
	tries, good := 0, 0
	for _, k := range kinds {
		for _, at := range times {
			keys, err := local.OpenKeys(filepath.Join(r.dir, "keys"), issuers(), func() time.Time { return c.now().Add(at.made(k.ttl)) })
			if err != nil {
				t.Fatal(err)
			}
			for audience := range functions {
				token, err := k.sign(keys.Signer(k.signer), audience)
				if err != nil {
					t.Fatal(err)
				}
				for callee := range functions {
					tries++
					let := at.good && callee == audience && !slices.Contains(k.deaf, callee)
					status := r.ask(k.method, "/fn/"+callee+k.path, token)
					if let {
						good++
					}
					if let != (status != http.StatusUnauthorized) || status >= 500 {
						t.Errorf("%s for %s, %s, at %s: %d", k.name, audience, at.name, callee, status)
					}
				}
			}
		}
	}
	t.Logf("%d functions × %d audiences × %d times × %d kinds: %d tries, %d let in", len(functions), len(functions), len(times), len(kinds), tries, good)
}

// ask calls what is not for people, and returns the status.
func (r *running) ask(method, path, token string) int {
	r.t.Helper()
	req, err := http.NewRequest(method, r.inside+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	_ = resp.Body.Close() // the status says it all
	return resp.StatusCode
}
