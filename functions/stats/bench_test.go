package stats_test

import (
	"fmt"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/function/store"
)

// BenchmarkSummary reads the sums of ten years with 4,000 workouts, and those of
// one week of them: what it asks Redis for, and how many bare reads take as long.
func BenchmarkSummary(b *testing.B) {
	const days, workouts = 3650, 4000
	r := open(b)
	last := time.Date(2026, 11, 1, 7, 0, 0, 0, berlin)
	for i := range workouts {
		start := last.AddDate(0, 0, -i*days/workouts)
		id := fmt.Sprintf("01S%04d", i)
		r.upload(id, workout(id, start, events.Private), at(start, 60, 3))
	}
	client, err := store.Dial(r.Redis, store.TLS{})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	for _, read := range []struct{ name, query string }{
		{"ten_years_by_year", "by=year&from=2016-11-02&to=2026-11-01"}, {"ten_years_by_week", "by=week&from=2016-11-02&to=2026-11-01"},
		{"a_week", "by=week&from=2026-10-26&to=2026-11-01"}, {"the_first_week", "by=week&from=2016-11-07&to=2016-11-13"},
	} {
		b.Run(read.name, func(b *testing.B) {
			path := "/v1/stats/summary?" + read.query
			r.get(anna, path, 200) // the first call opens connections and the person's key
			own := -r.commands()
			own += r.commands() // that counting takes
			before := r.commands()
			r.get(anna, path, 200)
			commands := r.commands() - before - own
			var bare time.Duration
			var reads int
			for b.Loop() {
				for range 20 {
					r.get(anna, path, 200)
					began := time.Now()
					_ = client.Get(b.Context(), "none").Err() // there is none
					bare, reads = bare+time.Since(began), reads+1
				}
			}
			each := (b.Elapsed() - bare) / time.Duration(reads)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(commands), "commands")
			b.ReportMetric(float64(each.Microseconds()), "µs/read")
			b.ReportMetric(float64(each)/float64(bare/time.Duration(reads)), "x-bare-read")
		})
	}
}
