package function_test

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"paceline/shared/function"
	"paceline/shared/function/redistest"
)

// serving is a function that is being served.
type serving struct {
	url  string
	stop func()
	end  chan error
}

func serve(t *testing.T, f *function.Function) *serving {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := &serving{"http://" + l.Addr().String(), stop, make(chan error, 1)}
	go func() { s.end <- function.Serve(ctx, l, "echo", f) }()
	return s
}

// ended is how Serve returned.
func (s *serving) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-s.end:
		return err
	case <-time.After(40 * time.Second):
		t.Fatal("Serve does not end")
		return nil
	}
}

func get(t *testing.T, url string, header ...string) (int, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

func TestServeDrains(t *testing.T) {
	t.Parallel()
	started, finish := make(chan struct{}), make(chan struct{})
	s := serve(t, &function.Function{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(started)
			<-finish
		}
		_, _ = io.WriteString(w, "done")
	})})
	slow := make(chan string, 1)
	go func() {
		status, body, err := get(t, s.url+"/slow")
		if status != 200 || err != nil {
			body = http.StatusText(status) + " " + body
		}
		slow <- body
	}()
	<-started
	s.stop()
	eventually(t, "the probe fails", func() bool {
		status, _, _ := get(t, s.url+"/health/readiness", "User-Agent", "kube-probe/1.35")
		return status == 503
	})
	if status, _, err := get(t, s.url+"/late"); status != 200 {
		t.Errorf("a request that was on its way when it began: %d %v", status, err)
	}
	eventually(t, "new requests are refused", func() bool {
		_, _, err := get(t, s.url+"/late")
		if err == nil {
			time.Sleep(2 * function.Quiet) // each request that is served puts off the end
		}
		return err != nil
	})
	select {
	case err := <-s.end:
		t.Fatalf("Serve ended with an answer under way: %v", err)
	default:
	}
	close(finish)
	if body := <-slow; body != "done" {
		t.Errorf("the request under way got %q", body)
	}
	if err := s.ended(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

// Somebody who never stops calling cannot keep a process alive.
func TestServeEndsUnderConstantLoad(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	s := serve(t, &function.Function{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) })})
	s.stop()
	began := time.Now()
	for time.Since(began) < 30*time.Second {
		if _, _, err := get(t, s.url); err != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if err := s.ended(t); err != nil || served.Load() == 0 || time.Since(began) > 10*time.Second {
		t.Errorf("ended with %v after %v and %d requests", err, time.Since(began), served.Load())
	}
}

func TestAStreamIsToldToEnd(t *testing.T) {
	t.Parallel()
	started := make(chan struct{})
	s := serve(t, &function.Function{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(started)
		<-r.Context().Done()
	})})
	go func() { _, _, _ = get(t, s.url) }()
	<-started
	s.stop()
	if err := s.ended(t); err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("not yet: %s", what)
}

// A store that is away makes a function unready and leaves it alive: to start
// it again would not help.
func TestReadinessWithoutTheStore(t *testing.T) {
	t.Parallel()
	f, err := echo(t.Context(), environment(settings(t)))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, f)
	for _, agent := range []string{"test", "kube-probe/1.35"} {
		status, body, err := get(t, s.url+"/health/readiness", "User-Agent", agent)
		if status != 503 || !strings.Contains(body, "store_unavailable") || err != nil {
			t.Errorf("readiness for %s: %d %s %v", agent, status, body, err)
		}
		if status, _, err := get(t, s.url+"/health/liveness", "User-Agent", agent); status != 200 || err != nil {
			t.Errorf("liveness for %s: %d %v", agent, status, err)
		}
	}
}

func TestReadinessAsksTheStoreUntilItAnswers(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	f := &function.Function{Handler: http.NotFoundHandler(), Ready: func(context.Context) error {
		if asked.Add(1) < 3 {
			return io.ErrUnexpectedEOF
		}
		return nil
	}}
	h := function.Surface("echo", f)
	var got []int
	for range 5 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/health/readiness", nil))
		got = append(got, w.Code)
	}
	if want := [5]int{503, 503, 200, 200, 200}; [5]int(got) != want || asked.Load() != 3 {
		t.Errorf("answers %v, asked %d times", got, asked.Load())
	}
}

func TestRunListensFirstAndSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, taken, _ := net.SplitHostPort(l.Addr().String())
	for name, c := range map[string]struct {
		vars map[string]string
		want string
	}{
		"a port that is taken":    {map[string]string{"PORT": taken}, "PORT"},
		"a port that is none":     {map[string]string{"PORT": "http!"}, "PORT"},
		"a setting that is wrong": {map[string]string{"PORT": "0", "REDIS_URL": "x"}, "REDIS_URL"},
		"a Redis that is away":    {map[string]string{"PORT": "0", "REDIS_URL": "redis://127.0.0.1:1"}, "REDIS_URL: "},
		"where it should be":      {map[string]string{"PORT": "0", "REDIS_URL": "redis://127.0.0.1:1"}, "127.0.0.1:1"},
	} {
		vars := settings(t)
		vars["LISTEN_ADDRESS"] = "127.0.0.1"
		maps.Copy(vars, c.vars)
		if err := function.Run(t.Context(), "echo", echo, environment(vars)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRunEndsWell(t *testing.T) {
	t.Parallel()
	vars := settings(t)
	maps.Copy(vars, map[string]string{"LISTEN_ADDRESS": "127.0.0.1", "PORT": "0", "REDIS_URL": redistest.URL(t)})
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := function.Run(ctx, "echo", echo, environment(vars)); err != nil {
		t.Errorf("run: %v", err)
	}
}

// Whoever sends a request too slowly is not waited for: no part of it keeps a
// connection for longer than patience has.
func TestServeDoesNotWaitForSlowClients(t *testing.T) {
	t.Parallel()
	var entered, read atomic.Int64
	s := serve(t, &function.Function{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		entered.Add(1)
		if _, err := io.ReadAll(r.Body); err == nil {
			read.Add(1)
		}
	})})
	t.Cleanup(s.stop)
	for name, c := range map[string]struct {
		send    string
		entered int64
	}{
		"nothing":              {"", 0},
		"half of a first line": {"GET / HT", 0},
		"half of a header":     {"GET / HTTP/1.1\r\nHost: x\r\nX-A: ", 0},
		"no empty line":        {"GET / HTTP/1.1\r\nHost: x\r\n", 0},
		"half of a body":       {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345", 1},
		"half of a chunk":      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n12345", 1},
	} {
		before := entered.Load()
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil { // a server that waits fails the test
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, c.send); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(conn); err != nil {
			t.Errorf("%s: the server does not end it: %v", name, err)
		}
		_ = conn.Close() // the server has
		if n := entered.Load() - before; n != c.entered {
			t.Errorf("%s: %d calls", name, n)
		}
	}
	if read.Load() != 0 {
		t.Errorf("%d half bodies were taken for whole ones", read.Load())
	}
}

// The server answers nothing by itself that a handler would refuse.
func TestServeLeavesEveryRequestToItsHandler(t *testing.T) {
	t.Parallel()
	s := serve(t, &function.Function{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })})
	t.Cleanup(s.stop)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 400") {
		t.Errorf("%.40q %v", b, err)
	}
}
