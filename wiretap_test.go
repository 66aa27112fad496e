package paceline

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/shared/function"
	"paceline/shared/function/identity"
)

// wiretap keeps what every request between parts has to prove itself with.
type wiretap struct {
	mu    sync.Mutex
	calls []tapped
}

// tapped is one request: who was called, with which token, and of an event the
// signature of who sent it.
type tapped struct {
	callee, path string
	token, event string
}

func (w *wiretap) tap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		c := tapped{path: r.Method + " " + r.URL.Path, event: r.Header.Get("Ce-Signature")}
		c.token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		rest, is := strings.CutPrefix(r.URL.Path, "/fn/")
		host, inCluster := strings.CutSuffix(r.Host, ".paceline.svc.cluster.local")
		switch {
		case is:
			c.callee, _, _ = strings.Cut(rest, "/")
		case inCluster:
			c.callee = host
		case strings.HasPrefix(r.URL.Path, "/broker/"):
			c.callee = function.BrokerName
		}
		w.mu.Lock()
		w.calls = append(w.calls, c)
		w.mu.Unlock()
		next.ServeHTTP(rw, r)
	})
}

// said is what a token claims; whether it is true is what its reader verifies.
type said struct {
	Type      string  `json:"typ"` // of the header
	Issuer    string  `json:"iss"`
	Subject   string  `json:"sub"`
	Audience  any     `json:"aud"`
	IssuedAt  float64 `json:"iat"`
	ExpiresAt float64 `json:"exp"`
	Act       struct {
		Subject string `json:"sub"`
	} `json:"act"`
}

func saidBy(token string) (s said, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return s, fmt.Errorf("%q is no token", token)
	}
	for _, part := range parts[:2] {
		b, err := base64.RawURLEncoding.DecodeString(part)
		if err == nil {
			err = json.Unmarshal(b, &s)
		}
		if err != nil {
			return s, fmt.Errorf("%q: %w", part, err)
		}
	}
	return s, nil
}

// Whatever goes between two parts on the main road carries a token for its
// callee alone, short and of who calls; an event says besides who sent it, and
// nobody hands a token on.
func TestEveryCallBetweenPartsProvesItself(t *testing.T) {
	t.Parallel()
	w := &wiretap{}
	r := start(t, t.TempDir(), nil, func(p *Platform) { p.tap = w.tap })
	walk(r)
	r.stop()
	callees := map[string]string{} // token → who was called with it
	kinds := map[string]int{}
	for _, c := range w.calls {
		s, err := saidBy(c.token)
		if err != nil || c.callee == "" {
			t.Errorf("%s to %q: %v", c.path, c.callee, err)
			continue
		}
		if before, seen := callees[c.token]; seen && before != c.callee {
			t.Errorf("%s was called with the token that %s got", c.callee, before)
		}
		callees[c.token] = c.callee
		if s.Audience != c.callee && !slices.Equal(strings.Fields(strings.Trim(fmt.Sprint(s.Audience), "[]")), []string{c.callee}) {
			t.Errorf("%s to %s: the audience is %v", c.path, c.callee, s.Audience)
		}
		life, longest := time.Duration((s.ExpiresAt-s.IssuedAt)*float64(time.Second)), identity.WorkloadTTL
		switch s.Type {
		case identity.CallType:
			longest = identity.CallTTL
			if s.Act.Subject != function.GatewayName {
				t.Errorf("%s to %s: the caller is %q", c.path, c.callee, s.Act.Subject)
			}
		case identity.WorkloadType:
			if functions[s.Issuer] == nil && s.Issuer != function.BrokerName {
				t.Errorf("%s to %s: %q is no part", c.path, c.callee, s.Issuer)
			}
		default:
			t.Errorf("%s to %s: a token of the type %q", c.path, c.callee, s.Type)
		}
		if life <= 0 || life > longest {
			t.Errorf("%s to %s: the token lives %s", c.path, c.callee, life)
		}
		if event := c.callee == function.BrokerName || strings.HasSuffix(c.path, "/events"); event {
			if _, err := saidBy(c.event); err != nil {
				t.Errorf("%s to %s: an event without its sender's word: %v", c.path, c.callee, err)
			}
		}
		kinds[s.Type]++
	}
	t.Logf("%d calls: %v", len(w.calls), kinds)
	if kinds[identity.CallType] < 30 || kinds[identity.WorkloadType] < 60 {
		t.Errorf("this was not the main road: %v", kinds)
	}
}
