package paceline

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"knative.dev/pkg/signals"

	"paceline/shared/function"
)

// stopWithin bounds how long a stop waits for what is under way.
const stopWithin = 30 * time.Second

// Main serves the platform on 127.0.0.1:PORT until SIGTERM or SIGINT. It exits
// with 0 when everything ended in order.
func Main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	slog.SetDefault(log)
	if err := Run(signals.NewContext(), function.Environ(), log); err != nil {
		log.Error("paceline stopped", "error", err)
		os.Exit(1)
	}
}

// Run serves the platform until ctx ends.
func Run(ctx context.Context, env map[string]string, log *slog.Logger) error {
	p := New()
	p.log = log
	l, err := listen(ctx, env, p.now)
	if err != nil {
		return err
	}
	flush, err := function.Telemetry(ctx, "platform", env)
	if err != nil {
		return err
	}
	if err := p.Start(ctx, env); err != nil {
		return errors.Join(err, l.Close())
	}
	log.Info("paceline is up", "url", cmp.Or(env["PUBLIC_URL"], publicURL(env)))
	err = function.Serve(ctx, l, "platform", &function.Function{Handler: http.HandlerFunc(p.Handle), Public: true})
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(err, p.Stop(end), flush(end))
}

// listen opens the public port, with TLS and nothing else when TLS_CERT and
// TLS_KEY name files, which may be replaced while they are served.
func listen(ctx context.Context, env map[string]string, now func() time.Time) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(cmp.Or(env["LISTEN_ADDRESS"], "127.0.0.1"), cmp.Or(env["PORT"], "8080")))
	if err != nil {
		return nil, fmt.Errorf("PORT: %w", err)
	}
	if env["TLS_CERT"] == "" && env["TLS_KEY"] == "" {
		return l, nil
	}
	cert, err := openCertificate(env["TLS_CERT"], env["TLS_KEY"], now)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(l, &tls.Config{GetCertificate: cert.get, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}), nil
}
