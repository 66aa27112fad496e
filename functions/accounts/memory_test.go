package accounts_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"paceline/functions/accounts"
	"paceline/shared/function"
	"paceline/shared/function/identity"
)

// most is how much memory the function may have at its peak: less than its
// container gets.
const most = 256 << 20

// Fifty sign-ins at once, each of which wants 46 MiB, fit into 256 MiB: some
// wait, the surplus is told to come again, and the process goes on.
func TestA2FiftySignInsAtOnceFitIntoTheMemory(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("how much memory a process had is read from /proc")
	}
	var hashes atomic.Int64
	r := openAs(t, accounts.OpenCounted(&hashes))
	process, url := r.process()
	signIn := func(i int) (status int, retry string) {
		token, err := r.Gateway().CallToken("accounts", identity.Caller{Roles: []identity.Role{identity.Guest}})
		if err != nil {
			t.Error(err)
		}
		req, err := http.NewRequest("POST", url+"/v1/auth/login", strings.NewReader(fmt.Sprintf(`{"email":"p%d@example.com","password":"not the password"}`, i)))
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set(function.ClientAddress, fmt.Sprintf("192.0.2.%d", i))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return 0, ""
		}
		_ = resp.Body.Close() // the status says it all
		return resp.StatusCode, resp.Header.Get("Retry-After")
	}
	var answered, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			switch status, retry := signIn(i); {
			case status == http.StatusUnauthorized:
				answered.Add(1)
			case status == http.StatusServiceUnavailable && retry != "":
				refused.Add(1)
			default:
				t.Errorf("answered %d, Retry-After %q", status, retry)
			}
		})
	}
	all.Wait()
	if status, _ := signIn(100); status != http.StatusUnauthorized {
		t.Errorf("the next one is answered %d", status)
	}
	peak := peakOf(t, process.Pid)
	if peak > most || answered.Load() == 0 {
		t.Errorf("%d MiB at the peak, %d answered", peak>>20, answered.Load())
	}
	t.Logf("%d answered and %d told to come again, in %d MiB at the peak", answered.Load(), refused.Load(), peak>>20)
}

// process is the function as a program of its own, on the state of the rig, with
// the clock of the machine.
func (r rig) process() (*os.Process, string) {
	r.T.Helper()
	binary := filepath.Join(r.T.TempDir(), "accounts")
	build := exec.Command("go", "build", "-tags", "disable_grpc_modules,grpcnotrace,noprometheus", "-o", binary, "../cmd/accounts")
	if out, err := build.CombinedOutput(); err != nil {
		r.T.Fatalf("build: %v %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		r.T.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close() // the program listens there next
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), "LISTEN_ADDRESS=127.0.0.1", fmt.Sprint("PORT=", port), "GOMEMLIMIT="+r.limit())
	for name, value := range r.Vars {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		r.T.Fatal(err)
	}
	r.T.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	url := fmt.Sprint("http://127.0.0.1:", port)
	for range 600 {
		if resp, err := http.Get(url + "/health/readiness"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				r.Advance(time.Since(r.Now())) // its tokens are to be of now
				return cmd.Process, url
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.T.Fatal("the function did not come up")
	return nil, ""
}

// limit is the GOMEMLIMIT that a cluster gives the function.
func (r rig) limit() string {
	r.T.Helper()
	manifest, err := os.ReadFile("../../knative/functions/accounts.yaml")
	if err != nil {
		r.T.Fatal(err)
	}
	found := regexp.MustCompile(`GOMEMLIMIT.*\n\s+value: "(.*)"`).FindSubmatch(manifest)
	if found == nil {
		r.T.Fatal("the manifest has no GOMEMLIMIT")
	}
	return string(found[1])
}

// peakOf is the most memory that a process had so far, in bytes.
func peakOf(t *testing.T, pid int) int64 {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), "VmHWM:"); found {
			kib, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("there is no VmHWM")
	return 0
}
