package gateway

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"
)

// limit is how often somebody may use the routes of one class: burst at once,
// and one more each interval.
type limit struct {
	class    string
	burst    int
	interval time.Duration
}

// The classes of routes. Whoever signs in is known by the address alone, so that
// class is small; a club behind one address still gets through.
var (
	signIns = limit{"sign-in", 60, 2 * time.Second}
	pages   = limit{"page", 300, 100 * time.Millisecond}
	reads   = limit{"read", 300, 100 * time.Millisecond}
	writes  = limit{"write", 120, 500 * time.Millisecond}
	files   = limit{"file", 200, time.Second}
)

// limits is every class.
var limits = []limit{signIns, pages, reads, writes, files}

// limit is the class of a route.
func (r Route) limit() limit {
	switch {
	case r.Public() && r.Method == http.MethodPost && strings.HasPrefix(r.Pattern, "/v1/auth/"):
		return signIns
	case r.Public() && r.Method == http.MethodGet:
		return pages
	case r.MaxBody >= fileBody:
		return files
	case r.Method == http.MethodGet:
		return reads
	}
	return writes
}

// scaled is the limit times a factor, at least one at once.
func (l limit) scaled(by float64) limit {
	l.burst = max(int(float64(l.burst)*by), 1)
	l.interval = max(time.Duration(float64(l.interval)/by), time.Microsecond)
	return l
}

// window is how long it takes until nothing of the burst is used.
func (l limit) window() time.Duration { return time.Duration(l.burst) * l.interval }

// policy is the value of RateLimit-Policy.
func (l limit) policy() string {
	return fmt.Sprintf("%q;q=%d;w=%d", l.class, l.burst, seconds(l.window()))
}

// standing is the value of RateLimit: how many are left, and in how many
// seconds all are again.
func (l limit) standing(left int, whole time.Duration) string {
	return fmt.Sprintf("%q;r=%d;t=%d", l.class, left, seconds(whole))
}

// seconds rounds up.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
