package paceline

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"paceline/events"
	"paceline/knative"
	"paceline/shared/broker"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/local"
	"paceline/shared/function/store"
)

// startAll brings up the one-process platform in DATA_DIR.
func (p *Platform) startAll(ctx context.Context, env map[string]string) error {
	dir, err := p.claim(cmp.Or(env["DATA_DIR"], "var"))
	if err != nil {
		return err
	}
	keys, err := local.OpenKeys(filepath.Join(dir, "keys"), issuers(), p.now)
	if err != nil {
		return err
	}
	redisURL, err := p.redis(ctx, env["REDIS_URL"], filepath.Join(dir, "redis"))
	if err != nil {
		return err
	}
	inside, mux, err := p.listenInside(ctx)
	if err != nil {
		return err
	}
	p.inside = inside
	common := map[string]string{
		"K_SINK":       inside + "/broker/paceline/default",
		"OBJECTS_URL":  cmp.Or(env["OBJECTS_URL"], "file://"+filepath.Join(dir, "objects")),
		"KEK_URI":      cmp.Or(env["KEK_URI"], keys.KEK()),
		"FUNCTION_URL": inside + "/fn/{function}",
		"PUBLIC_URL":   cmp.Or(env["PUBLIC_URL"], publicURL(env)),
	}
	if env["SMTP_URL"] == "" {
		common["MAIL_DIR"] = filepath.Join(dir, "mail")
	}
	surfaces := map[string]http.Handler{}
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		vars := maps.Clone(env)
		maps.Copy(vars, common)
		maps.Copy(vars, keys.Vars(name))
		vars["REDIS_URL"] = redisURL(name)
		surface, err := p.open(ctx, name, vars)
		if err != nil {
			return err
		}
		mux.Handle("/fn/"+name+"/", http.StripPrefix("/fn/"+name, surface))
		mux.Handle(clusterHost(name)+"/", surface)
		surfaces[name] = surface
	}
	if err := p.startBroker(ctx, filepath.Join(dir, "broker"), inside, mux, keys); err != nil {
		return err
	}
	p.serve(surfaces[function.GatewayName])
	return p.sweep(ctx, common["K_SINK"], keys)
}

// issuers is every part that signs tokens.
func issuers() []string {
	return append([]string{function.BrokerName}, slices.Sorted(maps.Keys(functions))...)
}

// redis is the address of the store for each function: the given one, in which
// {function} stands for its name, or one of our own.
func (p *Platform) redis(ctx context.Context, url, dir string) (func(function string) string, error) {
	if url != "" {
		p.log.Info("redis: as REDIS_URL says")
		return func(name string) string { return strings.ReplaceAll(url, "{function}", name) }, nil
	}
	r, err := local.StartRedis(ctx, dir, store.Declared(), p.log)
	if err != nil {
		return nil, err
	}
	p.onStop(r.Stop)
	return r.URL, nil
}

// publicURL is what links in mails begin with when nobody says.
func publicURL(env map[string]string) string {
	scheme := "http"
	if env["TLS_CERT"] != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort("127.0.0.1", cmp.Or(env["PORT"], "8080"))
}

// claim makes the data folder and holds it for this process alone.
func (p *Platform) claim(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("DATA_DIR: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("DATA_DIR: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", fmt.Errorf("DATA_DIR: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return "", errors.Join(fmt.Errorf("DATA_DIR: another process uses %s", dir), lock.Close())
	}
	p.onStop(func(context.Context) error { return lock.Close() })
	return dir, nil
}

func (p *Platform) open(ctx context.Context, name string, vars map[string]string) (http.Handler, error) {
	f, err := functions[name](ctx, function.Env{Vars: vars, Log: p.log, Now: p.now})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	p.onStop(f.Close)
	return function.Surface(name, f), nil
}

// listenInside serves what is not public on a port of its own.
func (p *Platform) listenInside(ctx context.Context) (url string, mux *http.ServeMux, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listen inside: %w", err)
	}
	mux = http.NewServeMux()
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	if p.tap != nil {
		server.Handler = p.tap(mux)
	}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			p.log.Error("internal server stopped", "error", err)
		}
	}()
	p.onStop(server.Shutdown)
	return "http://" + l.Addr().String(), mux, nil
}

// clusterHost is the name that a Service has in a cluster, where the manifests
// put it.
func clusterHost(service string) string { return service + ".paceline.svc.cluster.local" }

// startBroker starts the broker with the manifests that a cluster would get. It
// calls functions by the names that they have there.
func (p *Platform) startBroker(ctx context.Context, dir, inside string, mux *http.ServeMux, keys *local.Keys) error {
	senders := identity.NewVerifier(identity.WorkloadType, function.BrokerName, issuers(), function.KeysFromFile(keys.JWKS()), p.now)
	b, err := broker.New(broker.Config{
		Manifests: knative.Manifests,
		Dir:       dir,
		Resolve: func(_, service string) (string, error) {
			if functions[service] == nil {
				return "", fmt.Errorf("there is no function %q", service)
			}
			return "http://" + clusterHost(service), nil
		},
		Token:     keys.Signer(function.BrokerName).WorkloadToken,
		Authorize: func(r *http.Request) error { return authorize(senders, r) },
		Client:    clientTo(strings.TrimPrefix(inside, "http://")),
		Log:       p.log.With("function", function.BrokerName),
		Chaos:     p.chaos,
	})
	if err != nil {
		return err
	}
	mux.Handle("/broker/", http.StripPrefix("/broker", b.Handler()))
	if err := b.Start(ctx); err != nil {
		return err
	}
	p.onStop(b.Close)
	p.broker = b
	return nil
}

func authorize(senders *identity.Verifier, r *http.Request) error {
	_, err := senders.Request(r)
	if err != nil && fault.Of(err).Status == http.StatusServiceUnavailable {
		return fmt.Errorf("%w: %w", broker.ErrTryLater, err)
	}
	return err
}

// clientTo makes a client whose every host is at addr.
func clientTo(addr string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: 3 * time.Second}).DialContext(ctx, network, addr)
		},
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
	}}
}

// sweep makes every function publish what the last process left behind.
func (p *Platform) sweep(ctx context.Context, sink string, keys *local.Keys) error {
	signer := keys.Signer(function.BrokerName)
	s := eventing.Sink{
		URL: sink, Client: function.HTTPClient(), Extensions: map[string]string{"schedule": function.ScheduleSweep},
		Token: func() (string, error) { return signer.WorkloadToken(function.BrokerName) }, Sign: signer.EventToken,
	}
	ctx = events.WithCause(ctx, events.Cause{ID: "start " + rand.Text()})
	e, err := events.New(ctx, signer.Issuer(), events.Ping{Schedule: function.ScheduleSweep}, p.now())
	if err != nil {
		return err
	}
	return s.Send(ctx, e)
}
