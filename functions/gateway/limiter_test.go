package gateway

import (
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/redistest"
	"paceline/shared/function/store"
)

// instances are limiters of one store with one clock.
func instances(t *testing.T, n int) (all []*limiter, advance func(time.Duration)) {
	t.Helper()
	address := redistest.URL(t)
	var clock atomic.Int64
	clock.Store(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC).UnixNano())
	for range n {
		c, err := store.Dial(address, store.TLS{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		now := func() time.Time { return time.Unix(0, clock.Load()) }
		all = append(all, newLimiter(store.New(store.Config{Function: "gateway", Client: c, Now: now})))
	}
	return all, func(d time.Duration) { clock.Add(int64(d)) }
}

// ask asks n times and returns how often the answer was yes, and the last one.
func ask(t *testing.T, l *limiter, p limit, who string, n int) (yes int, last verdict) {
	t.Helper()
	for range n {
		var err error
		if last, err = l.allow(t.Context(), p, who); err != nil {
			t.Fatal(err)
		}
		if last.ok {
			yes++
		}
	}
	return yes, last
}

var ten = limit{"test", 10, time.Second}

func TestABurstAndThenOneEachInterval(t *testing.T) {
	t.Parallel()
	all, advance := instances(t, 1)
	l := all[0]
	if v, err := l.allow(t.Context(), ten, "ann"); err != nil || !v.ok || v.left != 9 || v.whole != time.Second {
		t.Errorf("the first: %+v %v", v, err)
	}
	if yes, last := ask(t, l, ten, "ann", 20); yes != 9 || last.ok || last.retry != time.Second || last.left != 0 || last.whole != 10*time.Second {
		t.Errorf("%d more at once, and %+v", yes, last)
	}
	if yes, _ := ask(t, l, ten, "ben", 20); yes != 10 {
		t.Errorf("another has %d", yes)
	}
	advance(999 * time.Millisecond)
	if yes, last := ask(t, l, ten, "ann", 1); yes != 0 || last.retry != time.Millisecond {
		t.Errorf("a moment too early: %d %+v", yes, last)
	}
	advance(time.Millisecond)
	if yes, _ := ask(t, l, ten, "ann", 3); yes != 1 {
		t.Errorf("%d after an interval", yes)
	}
	advance(time.Hour)
	if yes, _ := ask(t, l, ten, "ann", 20); yes != 10 {
		t.Errorf("%d after a long time", yes)
	}
}

// What is counted ahead for one instance is not there for another, so that all
// of them together never allow more than the limit.
func TestInstancesShareALimit(t *testing.T) {
	t.Parallel()
	all, advance := instances(t, 4)
	p := limit{"test", 50, 100 * time.Millisecond}
	var yes atomic.Int64
	for range 30 { // three seconds
		var asking sync.WaitGroup
		for _, l := range all {
			asking.Go(func() {
				for range 20 {
					v, err := l.allow(t.Context(), p, "ann")
					if err != nil {
						t.Error(err)
					} else if v.ok {
						yes.Add(1)
					}
				}
			})
		}
		asking.Wait()
		advance(100 * time.Millisecond)
	}
	if n := yes.Load(); n > 50+30 || n < 50 {
		t.Errorf("%d of 2,400 were allowed in 3 s, want at most %d", n, 50+30)
	}
}

func TestALimiterWithoutItsStore(t *testing.T) {
	t.Parallel()
	all, _ := instances(t, 1)
	_ = all[0].s.Client().Close()
	if _, err := all[0].allow(t.Context(), ten, "ann"); fault.Of(err).Status != http.StatusServiceUnavailable {
		t.Errorf("%v, want an error to try again on", err)
	}
}

func TestEveryRouteHasALimit(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, r := range Routes {
		used[r.limit().class] = true
	}
	for _, l := range limits {
		if !used[l.class] {
			t.Errorf("no route is of the class %s", l.class)
		}
		if half := l.scaled(0.5); half.burst != l.burst/2 || half.interval != 2*l.interval {
			t.Errorf("%s halved is %+v", l.class, half)
		}
	}
	if got := signIns.policy() + signIns.standing(3, 1500*time.Millisecond); got != `"sign-in";q=60;w=120"sign-in";r=3;t=2` {
		t.Errorf("headers %s", got)
	}
}

func TestClientAddresses(t *testing.T) {
	t.Parallel()
	trusted, err := parseProxies([]string{"10.0.0.0/8", "::1", " 192.0.2.7 "})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"nobody between":              {"203.0.113.9:1", nil, "203.0.113.9"},
		"a word that is not believed": {"203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9"},
		"one proxy":                   {"10.1.2.3:1", []string{"198.51.100.1"}, "198.51.100.1"},
		"two proxies":                 {"10.1.2.3:1", []string{"198.51.100.1, 192.0.2.7"}, "198.51.100.1"},
		"two headers":                 {"10.1.2.3:1", []string{"198.51.100.1", "192.0.2.7"}, "198.51.100.1"},
		"what a client wrote before":  {"10.1.2.3:1", []string{"1.2.3.4, 198.51.100.1"}, "198.51.100.1"},
		"nonsense":                    {"10.1.2.3:1", []string{"unknown"}, "10.1.2.3"},
		"nothing said":                {"10.1.2.3:1", nil, "10.1.2.3"},
		"mapped":                      {"[::ffff:10.1.2.3]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"IPv6":                        {"[::1]:1", []string{"2001:db8::5"}, "2001:db8::5"},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}}
		if got := trusted.client(r); got != netip.MustParseAddr(c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if a, b := household(netip.MustParseAddr("2001:db8:1:2::5")), household(netip.MustParseAddr("2001:db8:1:2:9::")); a != b || a != "2001:db8:1:2::/64" {
		t.Errorf("one subscriber is %s and %s", a, b)
	}
	if _, err := parseProxies([]string{"ten"}); err == nil {
		t.Error("nonsense is a proxy")
	}
}

func TestABlockLiesInTheWay(t *testing.T) {
	t.Parallel()
	all, advance := instances(t, 2)
	g := &gateway{store: all[0].s, now: all[0].s.Now}
	ctx := events.WithCause(t.Context(), events.Cause{ID: "1"})
	until := g.now().Add(time.Hour)
	said := events.SecurityAlert{AlertID: "a", About: "address", Value: "2001:db8::/64", LastAt: g.now(), BlockUntil: &until}
	if err := g.block(ctx, said); err != nil {
		t.Fatal(err)
	}
	neighbour := household(netip.MustParseAddr("2001:db8::8"))
	if _, v := ask(t, all[1], ten, neighbour, 1); !v.blocked || v.ok || v.retry < time.Hour-time.Minute {
		t.Errorf("of the same network: %+v", v)
	}
	if yes, _ := ask(t, all[1], ten, "ann", 1); yes != 1 {
		t.Error("somebody else is blocked")
	}
	advance(time.Minute)
	release := events.SecurityReleased{AlertID: "a", About: "address", Value: "2001:db8::/64", ReleasedAt: g.now()}
	if err := g.release(events.WithCause(t.Context(), events.Cause{ID: "2"}), release); err != nil {
		t.Fatal(err)
	}
	late := events.WithCause(t.Context(), events.Cause{ID: "3"})
	if err := g.block(late, said); err != nil { // it was said before the release, and comes after it
		t.Fatal(err)
	}
	if _, v := ask(t, all[1], ten, neighbour, 1); v.blocked || !v.ok {
		t.Errorf("released: %+v", v)
	}
}
