package objectstest

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	startTime = 20 * time.Second // for a server to answer, on a busy machine
	endTime   = 5 * time.Second  // for it to end by itself
	starts    = 3                // in case somebody takes the port
)

// process is a server that runs until its test ends.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has
	said  said
}

// said is what a server wrote.
type said struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

// serve starts binary with the arguments that args gives for a free port and
// waits until GET path answers. It returns the server's address with the scheme.
func serve(t testing.TB, binary, scheme, path string, args func(port string) []string) (address string) {
	t.Helper()
	for try := 1; ; try++ {
		port, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		p, err := start(exec.Command(binary, args(port)...))
		if err != nil {
			t.Fatal(err)
		}
		address := scheme + "://127.0.0.1:" + port
		err = p.ready(address + path)
		if err == nil {
			t.Cleanup(func() { p.end(t) })
			return address
		}
		p.end(t)
		if try == starts {
			t.Fatalf("%s: %v\n%s", binary, err, p.said.String())
		}
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }() // nobody has connected
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// start runs cmd. The thread that starts a process must live as long as it,
// because dieWithUs ends the process with that thread.
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	dieWithUs(cmd)
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is of no interest
			close(p.ended)
		}
	}()
	return p, <-started
}

// anyServer is for what makes a server ready, whoever vouches for it.
var anyServer = &http.Client{Timeout: time.Second, Transport: &http.Transport{
	TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true,
}}

// ready waits until url answers or the process has ended.
func (p *process) ready(url string) error {
	late := time.After(startTime)
	for {
		if resp, err := anyServer.Get(url); err == nil {
			_ = resp.Body.Close() // the answer is enough
			return nil
		}
		select {
		case <-p.ended:
			return fmt.Errorf("it ended: %s", p.cmd.ProcessState)
		case <-late:
			return fmt.Errorf("no answer within %s", startTime)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// end asks the process to end and makes it when it does not.
func (p *process) end(t testing.TB) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
		return
	case <-time.After(endTime):
	}
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
	t.Logf("%s did not end by itself", p.cmd.Path)
}
