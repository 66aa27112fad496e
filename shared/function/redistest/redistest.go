// Package redistest gives each test a Redis of its own: a database of one real
// redis-server that the test process starts and takes down with it. Where no
// redis-server is installed it is an in-memory one, and the test log says so.
package redistest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// databases is how many tests of one process can have a database at once.
const databases = 4096

var (
	single  = sync.OnceValues(func() (string, error) { return start("--databases", fmt.Sprint(databases)) })
	cluster = sync.OnceValues(startCluster)
	next    atomic.Int64
)

// URL is the address of an empty database that no other test uses.
func URL(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Log("redis-server is not installed: this test runs on an in-memory Redis")
		return "redis://" + miniredis.RunT(t).Addr()
	}
	socket, err := single()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("unix://%s?db=%d", socket, next.Add(1)%databases)
}

// ServerURL is the address of a redis-server of its own, started with args: for
// a test that stops it, fills it or sets it up in another way. The test is
// skipped where no redis-server is installed.
func ServerURL(t testing.TB, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed: no server to set up")
	}
	socket, err := start(args...)
	if err != nil {
		t.Fatal(err)
	}
	return "unix://" + socket
}

// ClusterURL is the address of a Redis Cluster that tests of one process
// share; each must use keys of its own. The test is skipped where no
// redis-server is installed.
func ClusterURL(t testing.TB) string {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed: no Redis Cluster to test on")
	}
	addr, err := cluster()
	if err != nil {
		t.Fatal(err)
	}
	return "redis-cluster://" + addr
}

// start runs a redis-server on a socket in a new folder. It ends with this
// process, however that ends.
func start(args ...string) (socket string, err error) {
	dir, err := os.MkdirTemp("", "redistest")
	if err != nil {
		return "", err
	}
	socket = filepath.Join(dir, "redis.sock")
	args = append([]string{"--port", "0", "--unixsocket", socket, "--dir", dir, "--save", "", "--maxmemory-policy", "noeviction"}, args...)
	if err := run(dir, args); err != nil {
		return "", err
	}
	return socket, ready(redis.NewClient(&redis.Options{Network: "unix", Addr: socket}))
}

// nodes is how many masters share the slots of the cluster: enough that what
// goes to the wrong one is seen.
const nodes = 2

// startCluster makes a cluster whose nodes own equal shares of the slots.
func startCluster() (addr string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	const slots = 16384
	var clients []*redis.Client
	for i := range nodes {
		host, port, err := startNode()
		if err != nil {
			return "", err
		}
		addr = net.JoinHostPort(host, port)
		c := redis.NewClient(&redis.Options{Addr: addr})
		clients = append(clients, c)
		err = errors.Join(
			ready(c),
			c.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err(),
			c.ClusterAddSlotsRange(ctx, i*slots/nodes, (i+1)*slots/nodes-1).Err(),
			clients[0].ClusterMeet(ctx, host, port).Err(), // the first meets itself, which changes nothing
		)
		if err != nil {
			return "", fmt.Errorf("redistest: cluster: %w", err)
		}
	}
	return addr, whole(ctx, clients)
}

func startNode() (host, port string, err error) {
	dir, err := os.MkdirTemp("", "redistest")
	if err != nil {
		return "", "", fmt.Errorf("redistest: %w", err)
	}
	port, err = freePort()
	if err != nil {
		return "", "", err
	}
	return "127.0.0.1", port, run(dir, []string{"--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--cluster-enabled", "yes"})
}

// whole waits until every node knows the owner of every slot.
func whole(ctx context.Context, clients []*redis.Client) error {
	for {
		knowing := 0
		for _, c := range clients {
			info, err := c.ClusterInfo(ctx).Result()
			if err == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, fmt.Sprintf("cluster_size:%d", nodes)) {
				knowing++
			}
		}
		if knowing == len(clients) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("redistest: the cluster does not come together: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// lifelines are open as long as this process lives.
var lifelines struct {
	sync.Mutex
	open []io.Closer
}

// run starts a redis-server in dir. The shell around it waits until its input
// ends, which it does with this process in whatever way that ends, and then
// takes the server and the folder away.
func run(dir string, args []string) error {
	const script = `redis-server "$@" >/dev/null 2>&1 & cat >/dev/null; kill -9 $!; wait; rm -rf "$REDISTEST_DIR"`
	cmd := exec.Command("sh", append([]string{"-c", script, "sh"}, args...)...)
	cmd.Env = append(os.Environ(), "REDISTEST_DIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // a Ctrl-C is for us, and the shell must outlive us
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	lifelines.Lock()
	defer lifelines.Unlock()
	lifelines.open = append(lifelines.open, lifeline)
	return nil
}

func ready(c *redis.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		err := c.Ping(ctx).Err()
		if err == nil || redis.HasErrorPrefix(err, "NOAUTH") { // it answers those that it was told of
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}
