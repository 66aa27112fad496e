package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/functions/gateway"
	"paceline/shared/function"
	"paceline/shared/function/identity"
)

// framing is a case of testdata/framing.json: bytes that a client sends, what it
// is answered, and what functions see of it.
type framing struct {
	Name, Send string
	Answers    []int    // the statuses
	Reached    []string // method, path and body
	// GoesOn is whether the connection does: the bytes are followed by one more
	// request, for /login, which is answered then and reaches a function.
	GoesOn bool `json:"goes_on"`
}

// behind are the functions, as one that writes down what it sees.
type behind struct {
	mu   sync.Mutex
	seen []string
}

func (b *behind) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil { // of half a request nothing is done
		b.note(strings.TrimSpace(r.Method + " " + r.URL.RequestURI() + " " + string(body)))
	}
	for name, want := range map[string]bool{"Upgrade": false, "Http2-Settings": false, "X-Smuggled": false, "X-Request-Id": true, "Authorization": true, "X-Client-Address": true} {
		if (r.Header.Get(name) != "") != want {
			b.note("header " + name)
		}
	}
	w.WriteHeader(http.StatusOK)
}

func (b *behind) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, what)
}

func (b *behind) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.seen
}

// TestFraming sends every case of testdata/framing.json to a gateway as it is
// served, on a connection of its own.
func TestFraming(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/framing.json")
	must(t, err)
	var cases []framing
	must(t, json.Unmarshal(raw, &cases))
	long := strings.NewReplacer("{8 KiB}", strings.Repeat("x", 8<<10), "{40 KiB}", strings.Repeat("x", 40<<10), "{2,000 headers}", strings.Repeat("X-Many: 123456789\r\n", 2000))
	e := newEdge(t, "RATE_SCALE", "100")
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			b := &behind{}
			e.on(b.ServeHTTP)
			fill := strings.NewReplacer("{host}", "Host: paceline.example\r\n", "{token}", "Authorization: Bearer "+e.token(identity.Member)+"\r\n", "{json}", "Content-Type: application/json\r\n")
			answers := e.converse(long.Replace(fill.Replace(c.Send)) + "GET /login HTTP/1.1\r\nHost: paceline.example\r\nConnection: close\r\n\r\n")
			if c.GoesOn {
				c.Answers, c.Reached = append(c.Answers, http.StatusOK), append(c.Reached, "GET /login")
			}
			var statuses []int
			for _, a := range answers {
				statuses = append(statuses, a.StatusCode)
			}
			if !slices.Equal(statuses, c.Answers) {
				t.Errorf("answered %v, want %v", statuses, c.Answers)
			}
			var got []string
			for _, s := range b.all() {
				got = append(got, strings.NewReplacer("/fn/web", "", "/fn/accounts", "").Replace(s))
			}
			if !slices.Equal(got, c.Reached) {
				t.Errorf("functions saw %q, want %q", got, c.Reached)
			}
		})
	}
	t.Logf("%d cases", len(cases))
}

// dial connects to the gateway, which is served as in a cluster.
func (e *edge) dial() net.Conn {
	e.t.Helper()
	if e.served == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(e.t, err)
		ctx, stop := context.WithCancel(context.Background())
		e.t.Cleanup(stop)
		go func() { _ = function.Serve(ctx, l, function.GatewayName, e.opened) }() // it ends when the test has
		e.served = l.Addr().String()
	}
	conn, err := net.Dial("tcp", e.served)
	must(e.t, err)
	must(e.t, conn.SetDeadline(time.Now().Add(time.Minute))) // a server that never closes fails the test
	return conn
}

// converse sends bytes and reads what is answered until the server closes.
func (e *edge) converse(bytes string) []*http.Response {
	e.t.Helper()
	conn := e.dial()
	defer conn.Close()
	go func() { _, _ = io.WriteString(conn, bytes) }() // the server may close before it has read all
	return e.answers(conn)
}

// answers reads answers until the server closes.
func (e *edge) answers(conn net.Conn) (all []*http.Response) {
	e.t.Helper()
	in := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			if !closed(err) {
				e.t.Errorf("after %d answers: %v", len(all), err)
			}
			return all
		}
		if resp.StatusCode == http.StatusContinue {
			continue
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil && !closed(err) {
			e.t.Errorf("a body: %v", err)
		}
		all = append(all, resp)
	}
}

// closed says whether a server ended the connection, in whatever way.
func closed(err error) bool {
	return err == io.EOF || err == io.ErrUnexpectedEOF || strings.Contains(fmt.Sprint(err), "connection reset")
}

// Who sends half a body is answered 408 when its time is over, whether they may
// call or not, and the function does not take the half for all.
func TestABodyThatDoesNotComeIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	e := openEdge(t, gateway.OpenRoutes(
		gateway.Route{Method: "POST", Pattern: "/open", Function: "accounts", MaxBody: 1000, Timeout: 500 * time.Millisecond},
		gateway.Route{Method: "POST", Pattern: "/closed", Function: "accounts", Roles: []identity.Role{identity.Admin}, MaxBody: 1000, Timeout: 500 * time.Millisecond},
	))
	b := &behind{}
	e.on(b.ServeHTTP)
	for name, c := range map[string]struct {
		send string
		want int
	}{
		"half of a length":       {"POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345", 408},
		"nothing of a length":    {"POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n", 408},
		"half of a chunk":        {"POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\na\r\n12345", 408},
		"no last chunk":          {"POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", 408},
		"no end of the trailers": {"POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\nX-A: b\r\n", 400}, // net/http calls it no trailer
		"who waits for a word":   {"POST /open HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n", 408},
		"who may not call":       {"POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345", 401},
		"one who hangs up":       {"POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345\x00", 0},
	} {
		t.Run(name, func(t *testing.T) {
			conn := e.dial()
			defer conn.Close()
			send, hangsUp := strings.CutSuffix(c.send, "\x00")
			_, err := io.WriteString(conn, send)
			must(t, err)
			if hangsUp {
				must(t, conn.(*net.TCPConn).CloseWrite())
				e.answers(conn) // whatever it is, nobody hears it
				return
			}
			got := e.answers(conn)
			if len(got) != 1 || got[0].StatusCode != c.want || !got[0].Close {
				t.Errorf("%d answers, want %d and the end", len(got), c.want)
				for _, a := range got {
					t.Errorf("%s %v", a.Status, a.Header)
				}
			}
		})
	}
	if seen := b.all(); len(seen) > 0 {
		t.Errorf("functions took %q", seen)
	}
}
