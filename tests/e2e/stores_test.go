//go:build e2e

package e2e

import (
	"encoding/json"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"paceline/shared/function/store"
	"paceline/shared/objects"
	"paceline/shared/objects/objectstest"
	"paceline/shared/smtptest"
	"paceline/shared/tlstest"
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
	tls  tlstest.Files // who vouches for Redis, the S3 server and the mail server
	acl  string        // the users of Redis

	transportCA string // who vouches for Knative's own servers, once it encrypts
}

// adminPassword is of the one who looks after Redis, and secret of the functions'
// accounts of the S3 server.
const (
	adminPassword = "e2e-admin"
	secret        = "e2e-secret"
)

// startStores starts Redis, an S3 server and a mail server for pods.
func startStores(t testing.TB, s *suite) *stores {
	t.Helper()
	dir, files := t.TempDir(), tlstest.New(t, s.node)
	st := &stores{tls: files, acl: filepath.Join(dir, "users.acl")}
	if err := os.WriteFile(st.acl, []byte(store.NobodyElse+"\nuser admin on >"+adminPassword+" ~* &* +@all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.process(t, dir, nil, "redis-server", "--bind", s.node, "--port", "0", "--tls-port", redisPort,
		"--tls-ca-cert-file", files.CA, "--tls-cert-file", files.Cert, "--tls-key-file", files.Key, "--tls-auth-clients", "no", "--aclfile", st.acl,
		"--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--dir", dir)
	gateway := filepath.Join(s.root, ".bin", "versitygw")
	s.must(t, "go", "build", "-C", "tools/versitygw", "-o", gateway, "github.com/versity/versitygw/cmd/versitygw")
	for _, d := range []string{"s3/paceline", "iam"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.process(t, dir, []string{"ROOT_ACCESS_KEY=e2e", "ROOT_SECRET_KEY=" + secret},
		gateway, "--port", net.JoinHostPort(s.node, s3Port), "--cert", files.Cert, "--key", files.Key, "--iam-dir", filepath.Join(dir, "iam"), "posix", filepath.Join(dir, "s3"))
	st.mail = smtptest.New(t, smtptest.WithAddress(net.JoinHostPort(s.node, mailPort)), smtptest.WithCertificate(files))
	for _, port := range []string{redisPort, s3Port} {
		s.listening(t, port)
	}
	for _, function := range s.usesObjects(t) {
		s.must(t, gateway, "admin", "--access", "e2e", "--secret", secret, "--endpoint-url", "https://"+net.JoinHostPort(s.node, s3Port), "--allow-insecure",
			"create-user", "--access", function, "--secret", secret, "--role", "user")
	}
	return st
}

// usesObjects is every function with an account of the S3 server.
func (s *suite) usesObjects(t testing.TB) []string {
	t.Helper()
	var declared []objects.Access
	text, err := os.ReadFile(filepath.Join(s.root, "knative", "objects.json"))
	if err == nil {
		err = json.Unmarshal(text, &declared)
	}
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, a := range declared {
		used[a.Function] = true
	}
	return slices.Sorted(maps.Keys(used))
}

// storeValues are the flags for what only the stores' provider knows.
func (s *suite) storeValues(t testing.TB) []string {
	t.Helper()
	flags := []string{"--value", "paceline-stores/ca.crt=@" + s.stores.tls.CA}
	if s.stores.transportCA != "" {
		flags = append(flags, "--value", "paceline-transport/ca.crt=@"+s.stores.transportCA)
	}
	for _, function := range s.usesObjects(t) {
		flags = append(flags, "--value", "paceline-objects-"+function+"/access-key-id="+function, "--value", "paceline-objects-"+function+"/secret-access-key="+secret)
	}
	return flags
}

// admit tells Redis and the bucket who the functions are, as the runbook says.
func (s *suite) admit(t testing.TB) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(adminPassword), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.stores.acl, []byte(s.must(t, "kn", "paceline", "acl", "--admin", "admin:@"+file)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.admin(t, "acl", "load")
	policy := s.must(t, "kn", "paceline", "bucket-policy", "--objects-url", "s3://paceline", "--principal", "{function}")
	objectstest.Server{Endpoint: "https://" + net.JoinHostPort(s.node, s3Port), AccessKey: "e2e", SecretKey: secret}.SetPolicy(t, "paceline", policy)
}

// admin tells Redis something as the one who looks after it.
func (s *suite) admin(t testing.TB, command ...any) {
	t.Helper()
	admin, err := store.Dial("rediss://admin:"+adminPassword+"@"+net.JoinHostPort(s.node, redisPort), store.TLS{CAFile: s.stores.tls.CA})
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if err := admin.Do(t.Context(), command...).Err(); err != nil {
		t.Fatal(err)
	}
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
