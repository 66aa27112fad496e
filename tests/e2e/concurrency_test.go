//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/functions/upload/fit/fittest"
	"paceline/shared/function/identity"
)

// loadFor is how long each function is loaded with each number of requests.
const loadFor = 15 * time.Second

// task is what a function is asked when it is loaded: the heaviest of what
// people ask often.
type task struct {
	function, method, path, contentType string
	body                                []byte
	status                              []int
}

// tasks are for functions that people call.
func tasks(b *testing.B, who *person) []task {
	day, form, err := multipartFile("ride.fit", fittest.Ride(monday, 24*3600))
	if err != nil {
		b.Fatal(err)
	}
	login, err := json.Marshal(map[string]string{"email": who.email, "password": password})
	if err != nil {
		b.Fatal(err)
	}
	return []task{
		{"accounts", "POST", "/v1/auth/login", "application/json", login, []int{200, 429, 503}},
		{"upload", "POST", "/v1/workouts", form, day, []int{202}},
		{"stats", "GET", "/v1/workouts", "", nil, []int{200}},
		{"feed", "GET", "/v1/feed", "", nil, []int{200}},
		{"notify", "GET", "/v1/notifications", "", nil, []int{200}},
		{"social", "GET", "/v1/users/" + who.id, "", nil, []int{200}},
		{"web", "GET", "/register", "", nil, []int{200}},
	}
}

// concurrency prints what a pod does with as many requests at once as its
// Service lets in, with half of them and with one, and how near it comes to its
// limit of memory: what containerConcurrency is chosen by.
func (s *suite) concurrency(b *testing.B) {
	anna := s.join(b, "Anna")
	if _, err := anna.send("run.fit", fittest.Run(monday, 3600)); err != nil {
		b.Fatal(err)
	}
	gateway := s.signer(b, "gateway")
	var out strings.Builder
	fmt.Fprintf(&out, "%-10s %8s %10s %10s %10s %10s %10s\n", "function", "at once", "req/s", "p50", "p99", "peak MB", "limit MB")
	for _, k := range tasks(b, anna) {
		admitted, limit := s.bounds(b, k.function)
		for _, n := range slices.Compact([]int{1, max(admitted/2, 1), admitted}) {
			took, peak := s.load(b, gateway, anna, k, n)
			slices.Sort(took)
			fmt.Fprintf(&out, "%-10s %8d %10.1f %10s %10s %10.1f %10d\n", k.function, n, float64(len(took))/loadFor.Seconds(),
				ms(median(took)), ms(took[len(took)*99/100]), float64(peak)/(1<<20), limit)
			if peak > int64(limit)<<20*9/10 {
				b.Errorf("%s holds %d bytes with %d requests at once: that is too near to its limit of %d MB", k.function, peak, n, limit)
			}
		}
	}
	for _, p := range s.running(b) {
		if n := strings.TrimSpace(s.kubectl(b, "get", "pod", p.Metadata.Name, "--ignore-not-found", "-o", "jsonpath={.status.containerStatuses[*].restartCount}")); strings.Trim(n, "0 ") != "" {
			b.Errorf("%s was restarted: %s", p.Metadata.Name, n)
		}
	}
	b.Log("\n" + out.String())
}

// bounds are a function's containerConcurrency and its limit of memory in MB.
func (s *suite) bounds(b *testing.B, function string) (admitted, limit int) {
	out := s.kubectl(b, "get", "ksvc", function, "-o", "jsonpath={.spec.template.spec.containerConcurrency} {.spec.template.spec.containers[0].resources.limits.memory}")
	if _, err := fmt.Sscanf(out, "%d %dMi", &admitted, &limit); err != nil {
		b.Fatalf("bounds of %s: %q: %v", function, out, err)
	}
	return admitted, limit
}

// load asks n times at once, again and again, and returns how long answers
// took and what the largest pod held meanwhile.
func (s *suite) load(b *testing.B, gateway *identity.Signer, who *person, k task, n int) (took []time.Duration, peak int64) {
	ctx, cancel := context.WithTimeout(context.Background(), loadFor)
	defer cancel()
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	var mu sync.Mutex
	var asking sync.WaitGroup
	for range n {
		asking.Go(func() {
			for ctx.Err() == nil {
				started := time.Now()
				err := s.ask(&client, gateway, who, k)
				mu.Lock()
				if took = append(took, time.Since(started)); err != nil {
					b.Errorf("%s: %v", k.function, err)
					cancel()
				}
				mu.Unlock()
			}
		})
	}
	for ctx.Err() == nil {
		time.Sleep(2 * time.Second)
		peak = max(peak, s.memory(b)[k.function])
	}
	asking.Wait()
	return took, peak
}

// ask asks a function what the gateway would, for who.
func (s *suite) ask(client *http.Client, gateway *identity.Signer, who *person, k task) error {
	token, err := gateway.CallToken(k.function, identity.Caller{UserID: who.id, SessionID: "load", Roles: []identity.Role{identity.Member}})
	if err != nil {
		return err
	}
	req, err := http.NewRequest(k.method, s.inside+k.path, bytes.NewReader(k.body))
	if err != nil {
		return err
	}
	req.Host = k.function + "." + namespace + ".svc.cluster.local"
	req.Header.Set("Authorization", "Bearer "+token)
	if k.contentType != "" {
		req.Header.Set("Content-Type", k.contentType)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && !slices.Contains(k.status, resp.StatusCode) {
		err = fmt.Errorf("%d %s", resp.StatusCode, body)
	}
	return err
}
