package redistest_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/redistest"
)

func dial(t *testing.T, url string) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for range 3 {
		c := dial(t, redistest.URL(t))
		if n, err := c.DBSize(t.Context()).Result(); n != 0 || err != nil {
			t.Errorf("%d keys, %v", n, err)
		}
		if err := c.Set(t.Context(), "key", "value", 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheClusterRefusesWhatCrossesSlots(t *testing.T) {
	t.Parallel()
	addr := strings.TrimPrefix(redistest.ClusterURL(t), "redis-cluster://")
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: []string{addr}})
	defer c.Close()
	for i := range 100 {
		if err := c.Set(t.Context(), fmt.Sprint("redistest:", i), 1, time.Minute).Err(); err != nil {
			t.Fatal(err)
		}
	}
	err := c.Eval(t.Context(), "return 1", []string{"{a}1", "{b}1"}).Err()
	if err == nil || !strings.Contains(err.Error(), "slot") {
		t.Errorf("keys of two slots in one script: %v", err)
	}
}

func TestAServerOfItsOwnHasItsOwnSettings(t *testing.T) {
	t.Parallel()
	c := dial(t, redistest.ServerURL(t, "--databases", "3"))
	if got := c.ConfigGet(t.Context(), "databases").Val()["databases"]; got != "3" {
		t.Errorf("databases %q", got)
	}
}

// A test process that is killed leaves neither a server nor a folder behind.
func TestNothingOutlivesTheProcess(t *testing.T) {
	if os.Getenv("REDISTEST_CHILD") != "" {
		fmt.Println(redistest.ServerURL(t))
		select {} // until it is killed
	}
	t.Parallel()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed")
	}
	child := exec.Command(os.Args[0], "-test.run=^TestNothingOutlivesTheProcess$")
	child.Env = append(os.Environ(), "REDISTEST_CHILD=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(line)
	c := dial(t, url)
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
	dir := filepath.Dir(strings.TrimPrefix(url, "unix://"))
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%s is still there", dir)
		}
	}
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Error("the server still answers")
	}
}
