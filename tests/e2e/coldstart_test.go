//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/shared/function/identity"
)

const (
	starts    = 15 // cold starts of each function
	bare      = "hello"
	lone      = "unmounted" // hello with nothing that is mounted
	bareIn    = "paceline-e2e-hello"
	heartbeat = time.Second // of the kubelet
	aim       = 1.15        // of a function's median start against hello's
	maxSize   = 30 << 20    // of an image
)

// contender is a function whose cold starts are measured, or hello.
type contender struct {
	name, host, ingress, image string
	status                     int    // of its answer
	token                      string // that is asked with
	took                       []time.Duration
}

func (c *contender) median() time.Duration { return median(c.took) }

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
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
// byte of its answer, beside a bare server in the same rounds, and the size of
// its image and what it holds in memory when it is idle. The kubelet looks once
// a second which containers run, so that each start begins at another part of a
// second, and each function has all parts. A token that is over
// gets 401: that is an answer of the function's own, after it has read its
// settings, opened its stores and verified who asks. It is no signal, which
// would wake the watch before its turn.
func (s *suite) coldStarts(b *testing.B) {
	field := s.contenders(b)
	phases := map[string][]int{}
	for _, c := range field {
		phases[c.name] = rand.Perm(starts)
	}
	for round := range starts {
		s.allAsleep(b)
		rand.Shuffle(len(field), func(i, j int) { field[i], field[j] = field[j], field[i] })
		var said []string
		for _, c := range field {
			time.Sleep(time.Duration(phases[c.name][round]) * heartbeat / starts)
			took := s.firstByte(b, c)
			c.took = append(c.took, took)
			said = append(said, c.name+" "+ms(took))
		}
		b.Logf("round %d: %s", round+1, strings.Join(said, ", "))
	}
	for _, c := range field { // they are awake for a while
		s.firstByte(b, c)
	}
	b.Log("\n" + s.table(b, field, s.memory(b)))
}

// deployHello deploys the bare server, and who may measure.
func (s *suite) deployHello(b *testing.B) {
	resolved := s.must(b, "ko", "resolve", "-B", "--sbom=none", "-f", "tests/e2e/hello/service.yaml")
	if _, err := s.run(b, resolved, "kubectl", "apply", "-f", "-"); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = s.run(b, resolved, "kubectl", "delete", "-f", "-", "--wait=true") })
	s.must(b, "kubectl", "-n", bareIn, "wait", "--for=condition=Ready", "ksvc", "--all", "--timeout=180s")
}

// contenders are all functions, and hello.
func (s *suite) contenders(b *testing.B) []*contender {
	var field []*contender
	for _, in := range []string{namespace, bareIn} {
		for _, f := range s.objects(b, in, "ksvc") {
			c := &contender{name: f.Metadata.Name, host: f.Metadata.Name + "." + in + ".svc.cluster.local", ingress: s.inside, status: 401}
			switch c.name {
			case "gateway":
				c.host, c.ingress = s.host, s.ingress
				c.token = s.stale(b, "accounts", func(signer *identity.Signer, who identity.Caller) (string, error) { return signer.AccessToken(who) })
			case bare, lone:
				c.status = 200
			default:
				c.token = s.stale(b, "gateway", func(signer *identity.Signer, who identity.Caller) (string, error) {
					return signer.CallToken(c.name, who)
				})
			}
			c.image = s.must(b, "kubectl", "-n", in, "get", "ksvc", c.name, "-o", "jsonpath={.spec.template.spec.containers[0].image}")
			field = append(field, c)
		}
	}
	return field
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

// allAsleep waits until no function has a pod that could answer: those that are
// ending take no requests any more, so that who asks next starts from zero.
func (s *suite) allAsleep(b *testing.B) {
	var awake []string
	ok := eventually(func() bool {
		awake = nil
		for _, in := range []string{namespace, bareIn} {
			for _, p := range s.objects(b, in, "pods") {
				if p.Metadata.DeletionTimestamp == "" && p.Metadata.Labels["serving.knative.dev/service"] != "" {
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
func (s *suite) firstByte(b *testing.B, c *contender) time.Duration {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.ingress+"/v1/me", nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Host = c.host
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	started := time.Now()
	resp, err := client.Do(req)
	took := time.Since(started)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != c.status {
		b.Fatalf("%s answers %d %s %v, want %d", c.name, resp.StatusCode, body, err, c.status)
	}
	return took
}

// table is what the benchmark prints. It fails for an image that is too large;
// times are for the reader.
func (s *suite) table(b *testing.B, field []*contender, memory map[string]int64) string {
	slices.SortFunc(field, func(x, y *contender) int { return cmp.Compare(x.name, y.name) })
	named := func(name string) *contender {
		return field[slices.IndexFunc(field, func(c *contender) bool { return c.name == name })]
	}
	hello, unmounted := named(bare), named(lone)
	var out strings.Builder
	fmt.Fprintf(&out, "%-12s %10s %10s %10s %8s %13s %9s %10s\n", "function", "median", "min", "max", "of hello", "of unmounted", "image MB", "idle MB")
	within := 0
	for _, c := range field {
		ratio := float64(c.median()) / float64(hello.median())
		size := s.imageSize(b, c.image)
		fmt.Fprintf(&out, "%-12s %10s %10s %10s %8.2f %13.2f %9.1f %10.1f\n", c.name, ms(c.median()), ms(slices.Min(c.took)), ms(slices.Max(c.took)),
			ratio, float64(c.median())/float64(unmounted.median()), float64(size)/(1<<20), float64(memory[c.name])/(1<<20))
		if ratio <= aim {
			within++
		}
		if size > maxSize {
			b.Errorf("the image of %s has %d bytes, more than %d", c.name, size, maxSize)
		}
		b.ReportMetric(ratio, c.name+"/hello")
	}
	fmt.Fprintf(&out, "%d of %d within %.2f of hello", within, len(field), aim)
	return out.String()
}

func ms(d time.Duration) string { return fmt.Sprint(d.Round(time.Millisecond)) }

// imageSize is what a node pulls: the layers as the registry keeps them.
func (s *suite) imageSize(b *testing.B, image string) (size int64) {
	var m struct{ Layers []struct{ Size int64 } }
	if err := json.Unmarshal([]byte(s.must(b, "crane", "manifest", "--insecure", strings.TrimSpace(image))), &m); err != nil {
		b.Fatal(err)
	}
	for _, l := range m.Layers {
		size += l.Size
	}
	return size
}
