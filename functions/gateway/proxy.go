package gateway

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"

	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
)

type targetKey struct{}

// target is the function that a request goes to, the token for it, where it
// comes from, and its body.
type target struct {
	function, token, address string
	sent                     *body
}

func targetOf(r *http.Request) target { return r.Context().Value(targetKey{}).(target) }

// fromClient are headers that a client must not speak for others with.
var fromClient = []string{
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip",
	"X-Original-Url", "X-Rewrite-Url", "Cookie", "Traceparent", "Tracestate", "Baggage",
	"Http2-Settings",
}

// prefixes of headers that belong to the platform.
var platformPrefixes = []string{"K-", "Knative-", "Ce-", "X-Envoy-"}

// newProxy keeps enough connections for all calls that run at once: the
// default of two a host is a third of the speed.
func (g *gateway) newProxy(encryption *tls.Config) *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: g.rewrite,
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSClientConfig:     encryption,
			TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConns:        1024,
			MaxIdleConnsPerHost: 256,
			IdleConnTimeout:     90 * time.Second,
			DisableCompression:  true,
		},
		BufferPool: &buffers{},
		ModifyResponse: func(resp *http.Response) error {
			resp.Header.Del("X-Request-Id") // ours is set already
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if failure := targetOf(r).sent.failure.Load(); failure != nil {
				rest.Problem(w, r, failure)
				return
			}
			rest.Problem(w, r, fault.Unavailable("function_unavailable", 2*time.Second, err))
		},
	}
}

func (g *gateway) rewrite(p *httputil.ProxyRequest) {
	to := targetOf(p.In)
	base, _ := url.Parse(strings.ReplaceAll(g.config.FunctionURL, "{function}", to.function)) // Open checked it
	for name := range p.Out.Header {
		for _, prefix := range platformPrefixes {
			if strings.HasPrefix(name, prefix) {
				p.Out.Header.Del(name)
			}
		}
	}
	for _, name := range fromClient {
		p.Out.Header.Del(name)
	}
	p.SetURL(base)
	p.Out.Header.Set("Authorization", "Bearer "+to.token)
	p.Out.Header.Set(function.ClientAddress, to.address)
}

// buffers lends the proxy its copy buffers.
type buffers struct{ pool sync.Pool }

const bufferSize = 32 << 10

// Get lends a buffer.
func (b *buffers) Get() []byte {
	if p, ok := b.pool.Get().(*[]byte); ok {
		return *p
	}
	return make([]byte, bufferSize)
}

// Put takes a buffer back.
func (b *buffers) Put(p []byte) { b.pool.Put(&p) }
