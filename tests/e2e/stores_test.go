//go:build e2e

package e2e

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"paceline/shared/smtptest"
)

// The ports are those of clusters/local/network.yaml.
const (
	redisPort = "6379"
	s3Port    = "7070"
	mailPort  = "1025"
)

// stores are the services that a provider would run.
type stores struct {
	mail *smtptest.Server
}

// startStores starts Redis, an S3 server and a mail server for pods.
func startStores(t testing.TB, s *suite) *stores {
	t.Helper()
	dir := t.TempDir()
	s.process(t, dir, nil, "redis-server", "--bind", s.node, "--port", redisPort, "--protected-mode", "no",
		"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--dir", dir)
	s.must(t, "go", "build", "-C", "tools/versitygw", "-o", filepath.Join(s.root, ".bin", "versitygw"), "github.com/versity/versitygw/cmd/versitygw")
	if err := os.MkdirAll(filepath.Join(dir, "s3", "paceline"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.process(t, dir, []string{"ROOT_ACCESS_KEY=e2e", "ROOT_SECRET_KEY=e2e-secret"},
		filepath.Join(s.root, ".bin", "versitygw"), "--port", net.JoinHostPort(s.node, s3Port), "posix", filepath.Join(dir, "s3"))
	mail := smtptest.New(t, smtptest.WithAddress(net.JoinHostPort(s.node, mailPort)))
	for _, port := range []string{redisPort, s3Port} {
		s.listening(t, port)
	}
	return &stores{mail}
}

// process runs until the test ends.
func (s *suite) process(t testing.TB, dir string, env []string, command ...string) {
	t.Helper()
	if c, err := net.DialTimeout("tcp", net.JoinHostPort(s.node, redisPort), time.Second); err == nil && command[0] == "redis-server" {
		_ = c.Close()
		t.Fatalf("something listens at %s:%s, where the suite's Redis is to be", s.node, redisPort)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

func (s *suite) listening(t testing.TB, port string) {
	t.Helper()
	ok := eventually(func() bool {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(s.node, port), time.Second)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	if !ok {
		t.Fatalf("nothing listens at %s:%s", s.node, port)
	}
}
