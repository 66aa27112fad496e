package gateway

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/revocation"
	"paceline/shared/function/security"
	"paceline/shared/function/store"
)

// Access is what this function may do in Redis: ask which tokens are void.
var Access = store.Declare(store.Access{Function: function.GatewayName, Commands: []string{"eval", "evalsha", "mget", "pttl"}})

// self marks the routes that the gateway answers itself.
const self = "gateway"

// Config is what the gateway reads.
type Config struct {
	// FunctionURL is where a function is called; {function} stands for its name.
	FunctionURL string `env:"FUNCTION_URL,notEmpty,required"`
	// FunctionCACerts are CAs (PEM) that the functions' certificates may come
	// from, in addition to the system's.
	FunctionCACerts string `env:"FUNCTION_CA_CERTS"`
	// RateScale multiplies what anybody may do in a time.
	RateScale float64 `env:"RATE_SCALE" envDefault:"1"`
	// TrustedProxies are addresses and networks of proxies before the gateway,
	// separated by commas: what they say of their callers is believed.
	TrustedProxies []string `env:"TRUSTED_PROXIES" envSeparator:","`
}

// Open opens the gateway.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	g, base, err := open(e)
	if err != nil {
		return nil, err
	}
	return base.Public(g.address, g.routes(), eventing.On(g.block), eventing.On(g.release)), nil
}

func open(e function.Env) (*gateway, *function.Base, error) {
	c, err := function.Parse[Config](e)
	if err != nil {
		return nil, nil, err
	}
	base, err := function.OpenState(e, function.GatewayName)
	if err != nil {
		return nil, nil, err
	}
	if u, err := url.Parse(strings.ReplaceAll(c.FunctionURL, "{function}", "x")); err != nil || u.Host == "" || !strings.Contains(c.FunctionURL, "{function}") {
		return nil, nil, fmt.Errorf("FUNCTION_URL: %q is not an address with {function} in it", c.FunctionURL)
	}
	encryption, err := function.Trusting(c.FunctionCACerts)
	if err != nil {
		return nil, nil, fmt.Errorf("FUNCTION_CA_CERTS: %w", err)
	}
	if c.RateScale <= 0 {
		return nil, nil, fmt.Errorf("RATE_SCALE: %g is not more than 0", c.RateScale)
	}
	trusted, err := parseProxies(c.TrustedProxies)
	if err != nil {
		return nil, nil, err
	}
	g := &gateway{
		config: c, signer: base.Signer, log: base.Log, now: e.Now,
		people:  identity.NewVerifier(identity.AccessType, identity.AudiencePlatform, []string{"accounts"}, base.Keys, e.Now),
		revoked: revocation.NewChecker(base.Store), store: base.Store, limiter: newLimiter(base.Store), trusted: trusted,
	}
	g.proxy = g.newProxy(encryption)
	return g, base, nil
}

type gateway struct {
	config  Config
	signer  *identity.Signer
	people  *identity.Verifier
	revoked *revocation.Checker
	store   *store.Store
	limiter *limiter
	trusted proxies
	proxy   *httputil.ReverseProxy
	log     *slog.Logger
	now     func() time.Time
}

// routes builds the mux from the table. The catch-all asks for a token before
// it says that there is nothing.
func (g *gateway) routes() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, route := range Routes {
		mux.Handle(route.Method+" "+route.Pattern, g.route(route))
		methods[route.Pattern] = append(methods[route.Pattern], route.Method)
	}
	for pattern, allowed := range methods {
		mux.Handle(pattern, g.otherwise(fault.New(http.StatusMethodNotAllowed, "method_not_allowed", "this path takes %s", strings.Join(allowed, ", ")), allowed))
	}
	mux.Handle("/", g.unknown())
	return g.edge(mux)
}

// unknown answers what no route has.
func (g *gateway) unknown() http.Handler {
	return g.otherwise(fault.NotFound("not_found", "there is nothing here"), nil)
}

// tidy says whether a path has no empty, "." or ".." part in it.
func tidy(p string) bool {
	clean := path.Clean(p)
	return p == clean || p == clean+"/"
}

// edge is around everything: an id for the request, and headers that every
// answer has. No answer says that pages of another origin may read it.
func (g *gateway) edge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := ulid.Make().String()
		r.Header.Set("X-Request-Id", id)
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1) { // a proxy before us may go by a length: what follows is no request
			h.Set("Connection", "close")
		}
		r.Header.Del("Connection") // it would name headers of ours to be taken away, or another protocol
		if g.encrypted(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		start := g.now()
		logged := &statusWriter{ResponseWriter: w}
		if tidy(r.URL.Path) {
			next.ServeHTTP(logged, r)
		} else { // the mux would say where it is, to whoever asks
			g.unknown().ServeHTTP(logged, r)
		}
		g.log.InfoContext(r.Context(), "request", "request_id", id, "method", r.Method, "route", cmp.Or(r.Pattern, "none"),
			"status", logged.status, "milliseconds", g.now().Sub(start).Milliseconds())
	})
}

// otherwise answers what the table does not have: 401 to whoever does not
// prove who they are, then err.
func (g *gateway) otherwise(err *fault.Error, allowed []string) http.Handler {
	return answer(func(w http.ResponseWriter, r *http.Request) error {
		hurry(w, r, quick)
		if _, err := g.person(r); err != nil {
			return err
		}
		if allowed != nil {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
		}
		return err
	})
}

func (g *gateway) route(route Route) http.Handler {
	return answer(func(w http.ResponseWriter, r *http.Request) error {
		hurry(w, r, min(route.Timeout, quick))
		caller, err := g.caller(route, r)
		if err != nil {
			return err
		}
		if err := g.count(w, r, route, caller); err != nil {
			return err
		}
		if r.ContentLength > route.MaxBody {
			return errTooLarge(route.MaxBody)
		}
		hurry(w, r, route.Timeout)
		sent := &body{ReadCloser: http.MaxBytesReader(w, r.Body, route.MaxBody)}
		if r.ContentLength != 0 {
			r.Body = sent
		}
		ctx, cancel := context.WithTimeout(identity.WithCaller(r.Context(), caller), route.Timeout)
		defer cancel()
		if route.Function == self {
			serveContract(w, contracts[route.Pattern])
			return nil
		}
		token, err := g.signer.CallToken(route.Function, caller)
		if err != nil {
			return err
		}
		ctx = context.WithValue(ctx, targetKey{}, target{route.Function, token, g.address(r), sent})
		g.proxy.ServeHTTP(w, r.WithContext(ctx))
		return nil
	})
}

// caller is who calls, when they may take the route. A token on a public route
// counts when it is good and is ignored otherwise.
func (g *gateway) caller(route Route, r *http.Request) (identity.Caller, error) {
	caller, err := g.person(r)
	if route.Public() {
		if err != nil {
			return identity.Caller{Roles: []identity.Role{identity.Guest}}, nil
		}
		return caller, nil
	}
	if err != nil {
		return caller, err
	}
	if !caller.Has(route.Roles...) {
		return caller, fault.Forbidden("role_missing", "this needs a role that you do not have")
	}
	return caller, nil
}

// person is whom the token of r speaks for: a token that verifies, and that was
// not revoked since.
func (g *gateway) person(r *http.Request) (identity.Caller, error) {
	caller, err := g.people.Request(r)
	if err != nil {
		return caller, err
	}
	security.Known(r.Context(), caller.UserID, "")
	return caller, g.revoked.Check(r.Context(), caller)
}

// encrypted says whether the client speaks TLS: to us, or to a proxy that we
// trust and that says so.
func (g *gateway) encrypted(r *http.Request) bool {
	return r.TLS != nil || g.trusted.vouch(r) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// address is where a request comes from, as one caller is named: an address, or
// the network of one subscriber.
func (g *gateway) address(r *http.Request) string { return household(g.trusted.client(r)) }

// count is an error when the caller uses routes of the kind too often. Who is
// not known counts by the address.
func (g *gateway) count(w http.ResponseWriter, r *http.Request, route Route, caller identity.Caller) error {
	limit, who := route.limit().scaled(g.config.RateScale), caller.UserID
	if who == "" {
		who = g.address(r)
	}
	v, err := g.limiter.allow(r.Context(), limit, who)
	if err != nil {
		if limit.class == signIns.class { // guessing is not to be free while the store is away
			return err
		}
		return nil
	}
	if v.blocked {
		e := fault.Forbidden("blocked", "what came from you lately looks like an attack: wait, or ask the operators")
		e.RetryAfter = max(v.retry, time.Second)
		return e
	}
	w.Header().Set("RateLimit-Policy", limit.policy())
	w.Header().Set("RateLimit", limit.standing(v.left, v.whole))
	if !v.ok {
		e := fault.New(http.StatusTooManyRequests, "rate_limited", "that was too often: wait, then go on more slowly")
		e.RetryAfter = max(v.retry, time.Second)
		return e
	}
	return nil
}

// contracts are the documents that the gateway itself answers.
var contracts = map[string][]byte{
	"/v1/openapi.yaml":  api.OpenAPI,
	"/v1/asyncapi.yaml": events.AsyncAPI,
}

func serveContract(w http.ResponseWriter, document []byte) {
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Cache-Control", "private, max-age=300")
	_, _ = w.Write(document) // the client is gone when this fails
}

// signInPage goes with a 401 to a browser that opened a page: its script goes on
// with the tab's own tokens, or to the sign-in page.
const signInPage = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sign in</title>` +
	`<script type="module" src="/static/enter.js"></script></head><body><p><a href="/login">Sign in</a></p></body></html>`

// answer renders errors: as a page for a browser that has to sign in, and as a
// problem document for everybody else.
func answer(h rest.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		opensPage := r.Method == http.MethodGet && !strings.HasPrefix(r.URL.Path, "/v1/") && strings.Contains(r.Header.Get("Accept"), "text/html")
		if fault.Of(err).Status != http.StatusUnauthorized || !opensPage {
			rest.Problem(w, r, err)
			return
		}
		h := w.Header()
		h.Set("WWW-Authenticate", identity.Challenge())
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, signInPage) // the client is gone when this fails
	})
}

// statusWriter remembers the status for the log.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the first status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush streams.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
