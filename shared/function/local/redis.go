package local

import (
	"context"
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
	"github.com/redis/go-redis/v9"
)

// Redis is a running store of the one-process platform.
type Redis struct {
	URL  string
	stop func(ctx context.Context) error
}

// Stop ends it.
func (r *Redis) Stop(ctx context.Context) error { return r.stop(ctx) }

// StartRedis starts a redis-server on dir when one is installed, and a store in
// memory otherwise, and says which.
func StartRedis(ctx context.Context, dir string, log *slog.Logger) (*Redis, error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return inMemory(log)
	}
	return startServer(ctx, dir, log)
}

func inMemory(log *slog.Logger) (*Redis, error) {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	if err := m.Start(); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	log.Warn("redis: redis-server is not installed; everything is kept in memory and LOST when this process ends")
	return &Redis{URL: "redis://" + m.Addr(), stop: func(context.Context) error { m.Close(); return nil }}, nil
}

// startServer starts a redis-server that writes every change to disk before it
// answers, and ends with this process.
func startServer(ctx context.Context, dir string, log *slog.Logger) (*Redis, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	sockets, err := os.MkdirTemp("", "paceline") // the path of a socket must be short
	if err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	socket := filepath.Join(sockets, "redis.sock")
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", dir,
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction", "--logfile", "redis.log")
	ended, err := startChild(cmd)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("redis: %w", err), os.RemoveAll(sockets))
	}
	r := &Redis{URL: "unix://" + socket, stop: func(ctx context.Context) error {
		return errors.Join(endChild(ctx, cmd, ended), os.RemoveAll(sockets))
	}}
	if err := waitForRedis(ctx, socket, ended); err != nil {
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
func waitForRedis(ctx context.Context, socket string, ended <-chan error) error {
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: socket})
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		if _, err := os.Stat(socket); err == nil && client.Ping(ctx).Err() == nil {
			return nil
		}
		select {
		case <-ended:
			return errors.New("redis-server ended at once")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}
