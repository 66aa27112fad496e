package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"

	"paceline/shared/function/store"
)

// Redis is a running store of the one-process platform.
type Redis struct {
	urls map[string]string // by function
	stop func(ctx context.Context) error
}

// URL is the address for a function, as a user that may do what the function
// declared.
func (r *Redis) URL(function string) string { return r.urls[function] }

// Stop ends it.
func (r *Redis) Stop(ctx context.Context) error { return r.stop(ctx) }

// StartRedis starts a redis-server on dir when one is installed, and a store in
// memory otherwise, and says which. Users are the functions, and nobody else:
// their passwords are new at each start and known to this process alone.
func StartRedis(ctx context.Context, dir string, users []store.Access, log *slog.Logger) (*Redis, error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return inMemory(users, log)
	}
	return startServer(ctx, dir, users, log)
}

func inMemory(users []store.Access, log *slog.Logger) (*Redis, error) {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	if err := m.Start(); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	log.Warn("redis: redis-server is not installed; everything is kept in memory and LOST when this process ends")
	r := &Redis{urls: map[string]string{}, stop: func(context.Context) error { m.Close(); return nil }}
	for _, u := range users {
		r.urls[u.Function] = "redis://" + m.Addr()
	}
	return r, nil
}

// startServer starts a redis-server that writes every change to disk before it
// answers, and ends with this process.
func startServer(ctx context.Context, dir string, users []store.Access, log *slog.Logger) (*Redis, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	sockets, err := os.MkdirTemp("", "paceline") // the path of a socket must be short
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	socket := filepath.Join(sockets, "redis.sock")
	r := &Redis{urls: map[string]string{}}
	acl := store.NobodyElse + "\n"
	for _, u := range users {
		password := rand.Text()
		acl += u.Line(password) + "\n"
		r.urls[u.Function] = "unix://" + u.Function + ":" + password + "@" + socket
	}
	if err := os.WriteFile(filepath.Join(sockets, "users.acl"), []byte(acl), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("redis: %w", err), os.RemoveAll(sockets))
	}
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", dir, "--aclfile", filepath.Join(sockets, "users.acl"),
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction", "--logfile", "redis.log")
	ended, err := startChild(cmd)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("redis: %w", err), os.RemoveAll(sockets))
	}
	r.stop = func(ctx context.Context) error {
		return errors.Join(endChild(ctx, cmd, ended), os.RemoveAll(sockets))
	}
	if err := waitForRedis(ctx, r.urls[users[0].Function], ended); err != nil {
		return nil, errors.Join(fmt.Errorf("redis: %w; see %s", err, filepath.Join(dir, "redis.log")), r.stop(ctx))
	}
	log.Info("redis: started redis-server, every write is on disk before it is answered", "dir", dir)
	return r, nil
}

// startChild starts cmd so that it dies with this process, however that ends.
// The death signal follows the thread that started the child, so that thread
// stays with it.
func startChild(cmd *exec.Cmd) (ended <-chan error, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
	started, done := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			done <- cmd.Wait()
			close(done)
		}
	}()
	return done, <-started
}

func endChild(ctx context.Context, cmd *exec.Cmd, ended <-chan error) error {
	if err := cmd.Process.Signal(syscall.SIGTERM); errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return errors.Join(ctx.Err(), cmd.Process.Kill())
	}
}

// waitForRedis waits until the server has read what it kept.
func waitForRedis(ctx context.Context, url string, ended <-chan error) error {
	client, err := store.Dial(url, store.TLS{})
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for client.Ping(ctx).Err() != nil {
		select {
		case <-ended:
			return errors.New("redis-server ended at once")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}
