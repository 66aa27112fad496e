package functiontest

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
	"testing"
	"time"
)

// tags are those that programs are built with.
const tags = "disable_grpc_modules,grpcnotrace,noprometheus"

// Process is a function as a program of its own.
type Process struct{ pid int }

// Process starts the function as a program, on the state of the rig, with the
// clock of the machine and the GOMEMLIMIT that a cluster gives it. What the rig
// calls and delivers goes to the program from then on.
func (r *Rig) Process() Process {
	r.T.Helper()
	if runtime.GOOS != "linux" {
		r.T.Skip("how much memory a process had is read from /proc")
	}
	binary := filepath.Join(r.T.TempDir(), r.Name)
	build := exec.Command("go", "build", "-tags", tags, "-o", binary, "paceline/functions/cmd/"+r.Name)
	if out, err := build.CombinedOutput(); err != nil {
		r.T.Fatalf("build: %v %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close() // the program listens there next
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), "LISTEN_ADDRESS=127.0.0.1", fmt.Sprint("PORT=", port), "GOMEMLIMIT="+r.memoryLimit())
	for name, value := range r.Vars {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	r.must(cmd.Start())
	r.T.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	r.Base = fmt.Sprint("http://127.0.0.1:", port)
	for range 600 {
		if resp, err := http.Get(r.Base + "/health/readiness"); err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				r.Advance(time.Since(r.Now())) // its tokens are to be of now
				return Process{cmd.Process.Pid}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.T.Fatal("the function did not come up")
	return Process{}
}

// memoryLimit is the GOMEMLIMIT that a cluster gives the function.
func (r *Rig) memoryLimit() string {
	r.T.Helper()
	found := r.manifest(`GOMEMLIMIT.*\n\s+value: "(.*)"`)
	if found == "" {
		r.T.Fatal("the manifest has no GOMEMLIMIT")
	}
	return found
}

// Memory is what a cluster gives the function, in bytes.
func (r *Rig) Memory() int64 {
	r.T.Helper()
	mib, err := strconv.ParseInt(r.manifest(`limits: \{.*memory: (\d+)Mi\}`), 10, 64)
	r.must(err)
	return mib << 20
}

// manifest is what a pattern finds in the manifest of the function.
func (r *Rig) manifest(pattern string) string {
	r.T.Helper()
	manifest, err := os.ReadFile(filepath.Join("..", "..", "knative", "functions", r.Name+".yaml")) // from functions/<name>
	r.must(err)
	if found := regexp.MustCompile(pattern).FindSubmatch(manifest); found != nil {
		return string(found[1])
	}
	return ""
}

// Peak is the most memory that the process had so far, in bytes.
func (p Process) Peak(t testing.TB) int64 {
	t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.pid))
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
