//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/shared/function/identity"
)

const (
	starts  = 15 // cold starts of each function, and of a bare server beside it
	bare    = "hello"
	bareIn  = "paceline-e2e-hello"
	aim     = 1.15     // of the median of a function's starts, each against the bare server's beside it
	maxSize = 30 << 20 // of an image
)

// server is a function or a bare server, and how it is asked.
type server struct {
	name, host, ingress, image string
	status                     int    // of its answer
	token                      string // that is asked with
}

// contender is a function, and a bare server that starts in the same moment.
type contender struct {
	server
	beside      server
	took, hello []time.Duration
	ratios      []float64 // of each start
}

func median[T cmp.Ordered](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// BenchmarkTheCluster deploys the platform, measures it, and takes it away.
func BenchmarkTheCluster(b *testing.B) {
	s := newSuite(b)
	s.stores = startStores(b, s)
	b.Cleanup(func() { s.undeploy(b) })
	s.deploy(b)
	s.deployHello(b)
	s.memory(b) // that it can be asked is better known now
	b.Run("cold starts", s.coldStarts)
	b.Run("concurrency", s.concurrency)
}

// coldStarts prints how long each function takes from zero pods to the first
// byte of its answer, the size of its image and what it holds in memory when it
// is idle. The kubelet looks once a second which containers run, which is as
// long as a start: a bare server starts in the same moment as each function, so
// that both wait for the same look. A token that is over gets 401: that is an
// answer of the function's own, after it has read its settings, opened its
// stores and verified who asks. It is no signal, which would wake the watch
// before its turn.
func (s *suite) coldStarts(b *testing.B) {
	field := s.contenders(b)
	for round := range starts {
		s.allAsleep(b)
		rand.Shuffle(len(field), func(i, j int) { field[i], field[j] = field[j], field[i] })
		var said []string
		for _, c := range field {
			s.asleepAgain(b, c)
			function, hello := s.together(b, c)
			c.took, c.hello = append(c.took, function), append(c.hello, hello)
			c.ratios = append(c.ratios, float64(function)/float64(hello))
			said = append(said, fmt.Sprintf("%s %s/%s", c.name, ms(function), ms(hello)))
		}
		b.Logf("round %d: %s", round+1, strings.Join(said, ", "))
	}
	for _, c := range field { // they are awake for a while
		s.together(b, c)
	}
	b.Log("\n" + s.table(b, field, s.memory(b)))
}

// together is how long a function and the bare server beside it take.
func (s *suite) together(b *testing.B, c *contender) (function, hello time.Duration) {
	b.Helper()
	var both sync.WaitGroup
	var failed, also error
	both.Go(func() { function, failed = firstByte(b.Context(), c.server) })
	both.Go(func() { hello, also = firstByte(b.Context(), c.beside) })
	both.Wait()
	if err := errors.Join(failed, also); err != nil {
		b.Fatal(err)
	}
	return function, hello
}

// deployHello deploys a bare server for each function, and who may measure.
func (s *suite) deployHello(b *testing.B) {
	s.must(b, "kubectl", "apply", "-f", "tests/e2e/hello/namespace.yaml")
	b.Cleanup(func() { s.must(b, "kubectl", "delete", "-f", "tests/e2e/hello/namespace.yaml", "--wait=true") })
	resolved := s.must(b, "ko", "resolve", "-B", "--sbom=none", "-f", "tests/e2e/hello/service.yaml")
	var all []string
	for _, f := range s.objects(b, namespace, "ksvc") {
		all = append(all, strings.ReplaceAll(resolved, "FUNCTION", f.Metadata.Name))
	}
	if _, err := s.run(b, strings.Join(all, "\n---\n"), "kubectl", "apply", "-f", "-"); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.must(b, "kubectl", "-n", bareIn, "delete", "ksvc", "--all", "--wait=true") })
	s.must(b, "kubectl", "-n", bareIn, "wait", "--for=condition=Ready", "ksvc", "--all", "--timeout=300s")
}

// contenders are all functions, each with its bare server.
func (s *suite) contenders(b *testing.B) []*contender {
	var field []*contender
	for _, f := range s.objects(b, namespace, "ksvc") {
		name := f.Metadata.Name
		c := &contender{server: s.server(b, namespace, name, 401), beside: s.server(b, bareIn, bare+"-"+name, 200)}
		if name == "gateway" {
			c.host, c.ingress = s.host, s.ingress
			c.token = s.stale(b, "accounts", func(signer *identity.Signer, who identity.Caller) (string, error) { return signer.AccessToken(who) })
		} else {
			c.token = s.stale(b, "gateway", func(signer *identity.Signer, who identity.Caller) (string, error) { return signer.CallToken(name, who) })
		}
		field = append(field, c)
	}
	return field
}

// server is a Knative Service that is asked within the cluster.
func (s *suite) server(b *testing.B, in, name string, status int) server {
	image := s.must(b, "kubectl", "-n", in, "get", "ksvc", name, "-o", "jsonpath={.spec.template.spec.containers[0].image}")
	return server{name: name, host: name + "." + in + ".svc.cluster.local", ingress: s.inside, image: strings.TrimSpace(image), status: status}
}

// stale is a token of an hour ago.
func (s *suite) stale(b *testing.B, issuer string, sign func(*identity.Signer, identity.Caller) (string, error)) string {
	key, err := base64.StdEncoding.DecodeString(s.kubectl(b, "get", "secret", "paceline-identity-"+issuer, "-o", `jsonpath={.data.key\.pem}`))
	if err != nil {
		b.Fatal(err)
	}
	signer, err := identity.NewSigner(issuer, key, func() time.Time { return time.Now().Add(-time.Hour) })
	if err != nil {
		b.Fatal(err)
	}
	token, err := sign(signer, identity.Caller{UserID: "01J0000000000000000000000A", Roles: []identity.Role{identity.Member}})
	if err != nil {
		b.Fatal(err)
	}
	return token
}

// allAsleep waits until nothing has a pod that could answer: those that are
// ending take no requests any more, so that who asks next starts from zero.
func (s *suite) allAsleep(b *testing.B) {
	s.sleeping(b, func(string) bool { return true })
}

// asleepAgain waits for one function that something else woke since, and its
// bare server.
func (s *suite) asleepAgain(b *testing.B, c *contender) {
	s.sleeping(b, func(service string) bool { return service == c.name || service == c.beside.name })
}

func (s *suite) sleeping(b *testing.B, whose func(service string) bool) {
	b.Helper()
	var awake []string
	ok := eventually(func() bool {
		awake = nil
		for _, in := range []string{namespace, bareIn} {
			for _, p := range s.objects(b, in, "pods") {
				service := p.Metadata.Labels["serving.knative.dev/service"]
				if p.Metadata.DeletionTimestamp == "" && service != "" && whose(service) {
					awake = append(awake, p.Metadata.Name)
				}
			}
		}
		return len(awake) == 0
	})
	if !ok {
		b.Fatalf("still awake after %s: %v", patience, awake)
	}
}

// firstByte is how long an answer takes to begin, on a connection of its own.
func firstByte(ctx context.Context, of server) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, of.ingress+"/v1/me", nil)
	if err != nil {
		return 0, err
	}
	req.Host = of.host
	if of.token != "" {
		req.Header.Set("Authorization", "Bearer "+of.token)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	started := time.Now()
	resp, err := client.Do(req)
	took := time.Since(started)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != of.status {
		return 0, fmt.Errorf("%s answers %d %s %v, want %d", of.name, resp.StatusCode, body, err, of.status)
	}
	return took, nil
}

// table is what the benchmark prints. It fails for an image that is too large;
// times are for the reader.
func (s *suite) table(b *testing.B, field []*contender, memory map[string]int64) string {
	slices.SortFunc(field, func(x, y *contender) int { return cmp.Compare(x.name, y.name) })
	var out strings.Builder
	const row = "%-12s %10s %10s %10s %10s %8s %9s %10s\n"
	fmt.Fprintf(&out, row, "function", "median", "min", "max", "hello's", "ratio", "image MB", "idle MB")
	mega := func(bytes int64) string { return fmt.Sprintf("%.1f", float64(bytes)/(1<<20)) }
	within := 0
	var hellos []time.Duration
	for _, c := range field {
		ratio, size := median(c.ratios), s.imageSize(b, c.image)
		fmt.Fprintf(&out, row, c.name, ms(median(c.took)), ms(slices.Min(c.took)), ms(slices.Max(c.took)), ms(median(c.hello)),
			fmt.Sprintf("%.2f", ratio), mega(size), mega(memory[c.name]))
		if ratio <= aim {
			within++
		}
		if size > maxSize {
			b.Errorf("the image of %s has %d bytes, more than %d", c.name, size, maxSize)
		}
		hellos = append(hellos, c.hello...)
		b.ReportMetric(ratio, c.name+"/hello")
	}
	fmt.Fprintf(&out, row, bare, ms(median(hellos)), ms(slices.Min(hellos)), ms(slices.Max(hellos)), "", "", mega(s.imageSize(b, field[0].beside.image)), mega(memory[bare]))
	fmt.Fprintf(&out, "%d of %d within %.2f of the bare server that started beside", within, len(field), aim)
	return out.String()
}

func ms(d time.Duration) string { return fmt.Sprint(d.Round(time.Millisecond)) }

// imageSize is what a node pulls: the layers as the registry keeps them.
func (s *suite) imageSize(b *testing.B, image string) (size int64) {
	var m struct{ Layers []struct{ Size int64 } }
	if err := json.Unmarshal([]byte(s.must(b, "crane", "manifest", "--insecure", image)), &m); err != nil {
		b.Fatal(err)
	}
	for _, l := range m.Layers {
		size += l.Size
	}
	return size
}
