package objectstest

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// Fault is what a Proxy does to a request.
type Fault int

// The faults. Those of an answer's body spare bodies below 100,000 bytes, so
// that they meet the content of an object and not what is said about it.
const (
	Refused    Fault = iota // 503, and the server hears nothing
	LostAnswer              // the server does it, and the connection breaks before the answer
	Stalled                 // no answer until the client gives up
	Corrupted               // one byte of the answer's body is another
	CutShort                // the connection breaks in the middle of the answer's body
	StallsHalf              // half of the answer's body, then nothing
)

const spared = 100_000 // bytes

// Proxy stands between a store and a Server and breaks requests on demand.
type Proxy struct {
	Server // with the proxy's own address
	front  *httptest.Server

	mu    sync.Mutex
	fault Fault
	left  int
	hurt  int
}

// NewProxy starts a proxy to server that ends with the test.
func NewProxy(t testing.TB, server Server) *Proxy {
	t.Helper()
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Server: server}
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // it is part of the signature
		r.Out.Header["Accept-Encoding"] = r.In.Header["Accept-Encoding"]
	}}
	p.front = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault, ok := p.next(); ok {
			spoil(w, r, fault, forward)
			return
		}
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(p.front.Close)
	t.Cleanup(p.front.CloseClientConnections)
	p.Endpoint = p.front.URL
	p.URL = strings.ReplaceAll(server.URL, server.Endpoint, p.Endpoint)
	return p
}

// Fail does fault to the next n requests and forgets what was asked before.
func (p *Proxy) Fail(n int, fault Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault, p.left, p.hurt = fault, n, 0
}

// Hurt is how many requests met the fault since Fail.
func (p *Proxy) Hurt() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hurt
}

func (p *Proxy) next() (Fault, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		return 0, false
	}
	p.left--
	p.hurt++
	return p.fault, true
}

// spoil answers r with fault. A handler's ErrAbortHandler breaks the connection.
func spoil(w http.ResponseWriter, r *http.Request, fault Fault, server http.Handler) {
	switch fault {
	case Refused:
		_, _ = io.Copy(io.Discard, r.Body) // so that the client can hear the answer
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	case Stalled:
		_, _ = io.Copy(io.Discard, r.Body) // else nobody notices that the client leaves
		<-r.Context().Done()
		return
	}
	answer := httptest.NewRecorder()
	server.ServeHTTP(answer, r)
	if fault == LostAnswer {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	spoilBody(w, r, fault, answer.Body.Bytes())
}

func spoilBody(w http.ResponseWriter, r *http.Request, fault Fault, body []byte) {
	half := body[:len(body)/2]
	switch {
	case len(body) < spared:
		_, _ = w.Write(body) // the client may be gone
	case fault == Corrupted:
		body[len(body)/2] ^= 1
		_, _ = w.Write(body) // the client may be gone
	case fault == StallsHalf:
		_, _ = w.Write(half)                      // the client may be gone
		_ = http.NewResponseController(w).Flush() // the same
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case fault == CutShort:
		_, _ = w.Write(half) // the client may be gone
		panic(http.ErrAbortHandler)
	}
}
