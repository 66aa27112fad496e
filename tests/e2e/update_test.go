//go:build e2e

package e2e

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/functions/upload/fit/fittest"
)

// update rolls new revisions out under load: no request fails.
func (s *suite) update(t testing.TB) {
	dora := s.join(t, "Dora")
	var requests, failures atomic.Int64
	var first sync.Once
	failed := func(what string, err error) {
		failures.Add(1)
		first.Do(func() { t.Errorf("%s: %v", what, err) })
	}
	done := make(chan struct{})
	var load sync.WaitGroup
	stop := sync.OnceFunc(func() {
		close(done)
		load.Wait()
	})
	defer stop()
	for _, path := range []string{"/v1/feed", "/v1/workouts", "/v1/me", "/v1/notifications"} {
		load.Go(func() {
			for ; !closed(done); time.Sleep(50 * time.Millisecond) {
				a, err := s.request(dora.token, "GET", path, nil, "")
				requests.Add(1)
				if err != nil || a.status != 200 {
					failed(path, fmt.Errorf("%d %s %w", a.status, a.body, err))
				}
			}
		})
	}
	load.Go(func() {
		for i := 0; !closed(done); i++ {
			_, err := dora.send("run.fit", fittest.Run(monday.Add(time.Duration(i)*time.Hour), 600))
			requests.Add(1)
			if err != nil {
				failed("upload", err)
			}
			time.Sleep(300 * time.Millisecond)
		}
	})
	time.Sleep(5 * time.Second) // until everything is warm
	before := requests.Load()
	for _, name := range []string{"gateway", "feed", "stats", "upload"} {
		s.must(t, "kn", "service", "update", name, "-n", namespace, "--annotation-revision", "paceline.example/rollout="+fmt.Sprint(time.Now().Unix()), "--wait-timeout", "180")
	}
	time.Sleep(5 * time.Second) // until the old ones have drained
	stop()
	t.Logf("%d requests, %d of them while four functions were replaced, %d failed", requests.Load(), requests.Load()-before, failures.Load())
	if requests.Load()-before < 100 {
		t.Error("too few to say anything")
	}
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
