package broker

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkThroughput prints events accepted and delivered a second over
// loopback HTTP, and each as a ratio to a bare loop that appends and syncs
// records of the same size on the same disk in the same run.
func BenchmarkThroughput(b *testing.B) {
	const body = 600
	for _, senders := range []int{1, 16} {
		b.Run(fmt.Sprint("senders=", senders), func(b *testing.B) {
			bare := syncRate(b, body)
			sub := newSubscriber(b, func(w http.ResponseWriter, _ int, _ received) { w.WriteHeader(202) })
			r := newRig(b, brokerYAML+service("sub")+trigger("t", "a", "{}"), sub, nil)
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: senders}}
			var next atomic.Int64
			b.ResetTimer()
			began := time.Now()
			var wg sync.WaitGroup
			for range senders {
				wg.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						req, _ := http.NewRequest(http.MethodPost, r.ingress.URL+"/default/default", strings.NewReader(strings.Repeat("x", body)))
						req.Header = http.Header{"Ce-Specversion": {"1.0"}, "Ce-Id": {fmt.Sprint(n)}, "Ce-Source": {"/s"}, "Ce-Type": {"a"}, "Content-Type": {"text/plain"}}
						resp, err := client.Do(req)
						if err != nil || resp.StatusCode != 202 {
							b.Error(err, resp)
							return
						}
						_ = resp.Body.Close()
					}
				})
			}
			wg.Wait()
			accepted := float64(b.N) / time.Since(began).Seconds()
			r.idle()
			delivered := float64(b.N) / time.Since(began).Seconds()
			b.ReportMetric(accepted, "accepted/s")
			b.ReportMetric(delivered, "delivered/s")
			b.ReportMetric(bare, "syncs/s")
			b.ReportMetric(accepted/bare, "accepted/sync")
			b.ReportMetric(delivered/bare, "delivered/sync")
		})
	}
}

// syncRate is how many records a second a bare loop appends and syncs.
func syncRate(b *testing.B, size int) float64 {
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	record := make([]byte, size)
	const n = 300
	began := time.Now()
	for range n {
		if _, err := f.Write(record); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	return n / time.Since(began).Seconds()
}
