package paceline

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// redis is the address of the store: the given one, a redis-server of our own
// when one is installed, or one in memory.
func (p *Platform) redis(ctx context.Context, url, dir string) (string, error) {
	if url != "" {
		p.log.Info("redis: as REDIS_URL says")
		return url, nil
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		return p.redisInMemory()
	}
	return p.redisServer(ctx, dir)
}

func (p *Platform) redisInMemory() (string, error) {
	m := miniredis.NewMiniRedis()
	m.ClockTTL(true)
	if err := m.Start(); err != nil {
		return "", fmt.Errorf("redis: %w", err)
	}
	p.onStop(func(context.Context) error { m.Close(); return nil })
	p.log.Warn("redis: redis-server is not installed; everything is kept in memory and LOST when this process ends")
	return "redis://" + m.Addr(), nil
}

// redisServer starts a redis-server that writes every change to disk before it
// answers, and ends with this process.
func (p *Platform) redisServer(ctx context.Context, dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("redis: %w", err)
	}
	sockets, err := os.MkdirTemp("", "paceline") // the path of a socket must be short
	if err != nil {
		return "", fmt.Errorf("redis: %w", err)
	}
	p.onStop(func(context.Context) error { return os.RemoveAll(sockets) })
	socket := filepath.Join(sockets, "redis.sock")
	cmd := exec.Command("redis-server", "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", dir,
		"--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction", "--logfile", "redis.log")
	ended, err := startChild(cmd)
	if err != nil {
		return "", fmt.Errorf("redis: %w", err)
	}
	p.onStop(func(ctx context.Context) error { return endChild(ctx, cmd, ended) })
	url := "unix://" + socket
	if err := waitForRedis(ctx, socket, ended); err != nil {
		return "", fmt.Errorf("redis: %w; see %s", err, filepath.Join(dir, "redis.log"))
	}
	p.log.Info("redis: started redis-server, every write is on disk before it is answered", "dir", dir)
	return url, nil
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
