package accounts_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// pairs is how many addresses of each kind are asked about.
const pairs = 60

// Whether an address is known shows in no answer's time. Known and unknown ones
// are asked about in a random order; p is of Mann and Whitney's test, that the two
// are told apart no better than by chance, and ratio is of the medians. The test
// that counts hashes and trips is TestA4NothingTellsKnownFromUnknown: this one
// shows what it comes to.
func BenchmarkKnownBesideUnknown(b *testing.B) {
	r := open(b)
	for i := range pairs {
		r.member(fmt.Sprintf("known%d@example.com", i))
	}
	for road, body := range map[string]func(email string) (path string, body any){
		"login": func(email string) (string, any) {
			return "/v1/auth/login", map[string]any{"email": email, "password": "a goat walks into a bar"}
		},
		"register": func(email string) (string, any) {
			return "/v1/auth/register", map[string]any{"email": email, "password": password, "display_name": "Anna"}
		},
		"forgot": func(email string) (string, any) {
			return "/v1/auth/password/forgot", map[string]any{"email": email}
		},
	} {
		b.Run(road, func(b *testing.B) {
			for round := range b.N {
				r.Advance(2 * time.Hour) // nobody has asked too often
				took := map[string][]float64{}
				for _, n := range rand.Perm(2 * pairs) {
					kind := []string{"known", "unknown"}[n%2]
					email := fmt.Sprintf("%s%d@example.com", kind, n/2)
					if kind == "unknown" {
						email = fmt.Sprintf("%s%d-%d@example.com", road, round, n/2)
					}
					path, body := body(email)
					began := time.Now()
					r.post(path, body)
					took[kind] = append(took[kind], time.Since(began).Seconds())
				}
				p, ratio := rank(took["known"], took["unknown"])
				b.ReportMetric(p, "p")
				b.ReportMetric(ratio, "ratio")
			}
		})
	}
}

// rank is the two-sided p of Mann and Whitney's test, by the normal curve, and the
// ratio of the medians.
func rank(a, b []float64) (p, ratio float64) {
	above := 0.0
	for _, x := range a {
		for _, y := range b {
			switch {
			case x > y:
				above++
			case x == y:
				above += 0.5
			}
		}
	}
	n, m := float64(len(a)), float64(len(b))
	z := (above - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	slices.Sort(a)
	slices.Sort(b)
	return math.Erfc(math.Abs(z) / math.Sqrt2), a[len(a)/2] / b[len(b)/2]
}

// Two samples of one kind are not told apart, and of two kinds they are.
func TestRankTellsApart(t *testing.T) {
	t.Parallel()
	var even, odd, late []float64
	for i := range 60 {
		even, odd, late = append(even, float64(2*i)), append(odd, float64(2*i+1)), append(late, float64(2*i+40))
	}
	if p, _ := rank(even, odd); p < 0.5 {
		t.Errorf("p is %.3f for what is alike", p)
	}
	if p, ratio := rank(even, late); p > 0.001 || ratio > 0.8 {
		t.Errorf("p is %.3f and the ratio %.2f for what is not", p, ratio)
	}
}
