package broker

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"
)

// Environment of the process that TestAcceptedEventsOutliveTheirProcess kills.
const (
	childDir = "BROKER_TEST_DIR"
	childSub = "BROKER_TEST_SUBSCRIBER"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		serveChild(dir, os.Getenv(childSub))
		return
	}
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"), goleak.IgnoreTopFunction("internal/poll.runtime_pollWait"))
}

func childConfig(dir, subscriber string) Config {
	yaml := brokerYAML + service("sub") + trigger("t", "a", "{retry: 1000, backoffPolicy: linear, backoffDelay: PT0.001S}")
	return Config{
		Manifests: fstest.MapFS{"m.yaml": {Data: []byte(yaml)}}, Dir: dir,
		Resolve: func(_, _ string) (string, error) { return subscriber, nil },
	}
}

// serveChild runs a broker until it is killed.
func serveChild(dir, subscriber string) {
	b, err := New(childConfig(dir, subscriber))
	if err == nil {
		err = b.Start(context.Background())
	}
	if err != nil {
		fmt.Println("error", err)
		return
	}
	fmt.Println(httptest.NewServer(b.Handler()).URL)
	select {}
}

func startChild(t *testing.T, dir, subscriber string) (url string, kill func()) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childSub+"="+subscriber)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill = func() {
		once.Do(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http") {
		t.Fatalf("child says %q, %v", line, err)
	}
	return strings.TrimSpace(line), kill
}

func TestAcceptedEventsOutliveTheirProcess(t *testing.T) {
	t.Parallel()
	var seen sync.Map
	sub := newSubscriber(t, func(w http.ResponseWriter, n int, r received) {
		if n%3 != 0 { // so that retries wait when the process dies
			w.WriteHeader(503)
			return
		}
		seen.Store(r.event.ID(), true)
		w.WriteHeader(202)
	})
	dir := t.TempDir()
	var accepted []string
	for round := range 3 {
		url, kill := startChild(t, dir, sub.URL)
		accepted = append(accepted, sendUntilDead(t, url, round, kill)...)
	}
	b, err := New(childConfig(dir, sub.URL))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close(context.Background()) }()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := b.Idle(ctx); err != nil {
		t.Fatal(err)
	}
	lost := 0
	for _, id := range accepted {
		if _, ok := seen.Load(id); !ok {
			lost++
		}
	}
	if lost > 0 || len(accepted) == 0 {
		t.Errorf("%d of %d accepted events were lost", lost, len(accepted))
	}
	t.Logf("%d events accepted before 3 kills, %d deliveries", len(accepted), len(sub.deliveries("")))
}

// sendUntilDead sends from 8 places, kills the process amid that, and returns
// the ids that were answered with 202.
func sendUntilDead(t *testing.T, url string, round int, kill func()) (accepted []string) {
	var mu sync.Mutex
	var count atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	for sender := range 8 {
		wg.Go(func() {
			for i := range 10_000 {
				id := fmt.Sprintf("%d/%d/%d", round, sender, i)
				req, err := http.NewRequest(http.MethodPost, url+"/default/default", strings.NewReader("{}"))
				if err != nil {
					t.Error(err)
					return
				}
				req.Header = http.Header{"Ce-Specversion": {"1.0"}, "Ce-Id": {id}, "Ce-Source": {"/s"}, "Ce-Type": {"a"}, "Content-Type": {"application/json"}}
				resp, err := client.Do(req)
				if err != nil {
					return // killed
				}
				_ = resp.Body.Close()
				if resp.StatusCode == 202 {
					mu.Lock()
					accepted = append(accepted, id)
					mu.Unlock()
					if count.Add(1) == 200 {
						kill()
					}
				}
			}
		})
	}
	wg.Wait()
	return accepted
}

func TestARetryGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, func(w http.ResponseWriter, _ int, r received) {
		if r.path != "/letters" {
			w.WriteHeader(500)
		}
	})
	const delivery = "{retry: 2, backoffPolicy: exponential, backoffDelay: PT1.5S, " + toDead + "}"
	r := newRig(t, brokerYAML+service("sub")+service("dead")+trigger("t", "a", delivery), sub, nil)
	r.send("1", "a")
	until(t, "the first attempt is over", func() bool { return r.broker.Stats()["default/t"].Retried == 1 })
	r.close()
	r.start()
	r.idle()
	got := sub.deliveries("/events")
	if len(got) != 3 || len(sub.deliveries("/letters")) != 1 {
		t.Fatalf("%d attempts, want 3: the count must outlive the process", len(got))
	}
	// The store keeps times in whole seconds, so that the wait across the
	// restart may be up to one shorter.
	for i, want := range []time.Duration{500 * time.Millisecond, 3 * time.Second} {
		if wait := got[i+1].at.Sub(got[i].at); wait < want || wait > want+2*time.Second {
			t.Errorf("wait %d is %v, want %v", i, wait, want)
		}
	}
}

func TestClosingWaitsForWhatIsInFlight(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	sub := newSubscriber(t, func(w http.ResponseWriter, _ int, _ received) {
		arrived <- struct{}{}
		<-release
		w.WriteHeader(202)
	})
	r := newRig(t, brokerYAML+service("sub")+trigger("t", "a", "{retry: 1}"), sub, nil)
	r.send("1", "a")
	<-arrived
	time.AfterFunc(100*time.Millisecond, func() { close(release) })
	if err := r.broker.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if code := r.send("2", "a"); code != 503 {
		t.Errorf("a closed broker answers %d", code)
	}
	r.start()
	r.idle()
	if n := len(sub.deliveries("")); n != 1 {
		t.Errorf("%d deliveries", n)
	}
}

func TestClosingCutsOffWhatHangs(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}, 10), make(chan struct{})
	sub := newSubscriber(t, func(w http.ResponseWriter, n int, _ received) {
		arrived <- struct{}{}
		if n == 1 {
			<-release
		}
		w.WriteHeader(202)
	})
	defer close(release)
	r := newRig(t, brokerYAML+service("sub")+trigger("t", "a", "{retry: 0}"), sub, nil)
	r.send("1", "a")
	<-arrived
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := r.broker.Close(ctx); err == nil {
		t.Error("closing says nothing of the delivery that it cut off")
	}
	r.start()
	r.idle()
	if s := r.broker.Stats()["default/t"]; s.Delivered != 1 || s.Dropped != 0 {
		t.Errorf("stats are %+v", s)
	}
}

func TestALongDeliveryIsNotSentTwice(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, func(w http.ResponseWriter, _ int, _ received) {
		time.Sleep(ackWait + ackWait/2)
		w.WriteHeader(202)
	})
	r := newRig(t, brokerYAML+service("sub")+trigger("t", "a", "{}"), sub, nil)
	r.send("1", "a")
	r.idle()
	if n := len(sub.deliveries("")); n != 1 {
		t.Errorf("%d deliveries", n)
	}
}

func TestOneProcessHasAFolder(t *testing.T) {
	t.Parallel()
	r := newRig(t, brokerYAML, newSubscriber(t, nil), nil)
	b, err := New(r.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(context.Background()); err == nil {
		t.Error("a second broker has the folder too")
	}
}

func TestManifestsMayChangeBetweenStarts(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	down.Store(true)
	sub := newSubscriber(t, func(w http.ResponseWriter, _ int, _ received) {
		if down.Load() {
			w.WriteHeader(503)
		}
	})
	const delivery = "{retry: 100, backoffPolicy: linear, backoffDelay: PT0.01S}"
	r := newRig(t, brokerYAML+service("sub")+trigger("old", "a", delivery)+trigger("kept", "a", delivery), sub, nil)
	r.send("1", "a")
	r.send("2", "a")
	until(t, "both tried", func() bool { return len(sub.deliveries("/events/old")) > 1 && len(sub.deliveries("/events/kept")) > 1 })
	r.close()
	down.Store(false)
	before := len(sub.deliveries("/events/old"))
	r.config.Manifests = fstest.MapFS{"m.yaml": {Data: []byte(brokerYAML + service("sub") + trigger("new", "b", delivery) +
		strings.Replace(trigger("kept", "a", delivery), "filter: {attributes: {type: a}}", "filters: [{any: [{exact: {type: a}}, {exact: {type: b}}]}]", 1))}}
	r.start()
	r.send("3", "b")
	r.idle()
	if n := len(sub.deliveries("/events/old")); n != before {
		t.Errorf("a trigger that is gone got %d more deliveries", n-before)
	}
	if s := r.broker.Stats(); s["default/kept"].Delivered != 3 || s["default/new"].Delivered != 1 {
		t.Errorf("stats are %+v", s)
	}
	r.close()
	// Narrowed again while something waits: what the filter no longer wants goes.
	down.Store(true)
	r.start()
	r.send("4", "a")
	until(t, "tried", func() bool { return r.broker.Stats()["default/kept"].Retried > 0 })
	r.close()
	down.Store(false)
	r.config.Manifests = fstest.MapFS{"m.yaml": {Data: []byte(brokerYAML + service("sub") + trigger("kept", "b", delivery))}}
	r.start()
	r.idle()
}
