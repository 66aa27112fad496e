package paceline

import (
	"bufio"
	"cmp"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"paceline/shared/api"
	"paceline/shared/function/local"
	"paceline/shared/track"
)

const hello = `package main

import (
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/health/liveness", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	panic(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
`

// build builds programs as they are released, and says where they are.
func build(b testing.TB, packages ...string) string {
	b.Helper()
	dir := b.TempDir()
	args := append([]string{"build", "-tags=disable_grpc_modules,grpcnotrace,noprometheus", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", dir + "/"}, packages...)
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("go build: %v\n%s", err, out)
	}
	return dir
}

// process is a program under measurement.
type process struct {
	cmd *exec.Cmd
	url string
}

// launch starts a program with nothing but vars in its environment, and a PORT.
// It is killed at the end when it still runs.
func launch(b testing.TB, binary string, vars map[string]string, options ...func(*exec.Cmd)) *process {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := l.Addr().String()
	_ = l.Close() // it only found a free port
	_, port, _ := strings.Cut(addr, ":")
	p := &process{cmd: exec.Command(binary), url: "http://" + addr}
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LISTEN_ADDRESS=127.0.0.1", "PORT=" + port}
	for k, v := range vars {
		p.cmd.Env = append(p.cmd.Env, k+"="+v)
	}
	for _, o := range options {
		o(p.cmd)
	}
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.kill)
	return p
}

func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // the error says that it was killed
	}
}

// answers waits until GET path is answered with 200.
func (p *process) answers(b testing.TB, path string) {
	b.Helper()
	addr := strings.TrimPrefix(p.url, "http://")
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Microsecond) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			continue
		}
		_, err = io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\nUser-Agent: kube-probe/1\r\nConnection: close\r\n\r\n")
		line, readErr := bufio.NewReader(c).ReadString('\n')
		_ = c.Close()
		if err == nil && readErr == nil && strings.Contains(line, " 200 ") {
			return
		}
	}
	b.Fatalf("%s does not answer %s", p.cmd.Path, path)
}

// end ends the program in order.
func (p *process) end(b testing.TB) {
	b.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	if err := p.cmd.Wait(); err != nil {
		b.Errorf("%s after SIGTERM: %v", p.cmd.Path, err)
	}
}

// BenchmarkStart is the time from exec to the first answer of functions and of
// a bare net/http server.
func BenchmarkStart(b *testing.B) {
	source := filepath.Join(b.TempDir(), "hello.go")
	if err := os.WriteFile(source, []byte(hello), 0o600); err != nil {
		b.Fatal(err)
	}
	names, bare := []string{"gateway", "feed", "stats"}, filepath.Join(build(b, source), "hello")
	dir, data := build(b, "./functions/cmd/gateway", "./functions/cmd/feed", "./functions/cmd/stats"), b.TempDir()
	keys, err := local.OpenKeys(filepath.Join(data, "keys"), issuers(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	took := map[string][]time.Duration{}
	first := func(name, binary string, vars map[string]string) {
		began := time.Now()
		p := launch(b, binary, vars)
		p.answers(b, "/health/liveness")
		took[name] = append(took[name], time.Since(began))
		p.kill()
	}
	for b.Loop() {
		for range 15 {
			first("hello", bare, nil)
			for _, name := range names {
				vars := keys.Vars(name)
				vars["REDIS_URL"], vars["OBJECTS_URL"] = "unix://"+data+"/none", "file://"+data // neither is asked at the start
				vars["K_SINK"], vars["FUNCTION_URL"] = "http://127.0.0.1:1", "http://127.0.0.1:1/{function}"
				first(name, filepath.Join(dir, name), vars)
			}
		}
	}
	metrics := map[string]float64{"hello-ms": milliseconds(took["hello"])}
	for _, name := range names {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			b.Fatal(err)
		}
		metrics[name+"-ms"], metrics[name+"-MB"] = milliseconds(took[name]), float64(info.Size())/1e6
		metrics[name+"-x-hello"] = milliseconds(took[name]) / milliseconds(took["hello"])
	}
	report(b, metrics)
}

// consumed is what a process and its children took so far.
type consumed struct{ rssMB, peakMB, childRSSMB, childPeakMB, cpuS float64 }

// consumed sums up the program and its direct children.
func (p *process) consumed(b *testing.B) (total consumed) {
	b.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		b.Fatal(err)
	}
	self := strconv.Itoa(p.cmd.Process.Pid)
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		after := strings.LastIndexByte(string(raw), ')')
		if err != nil || after < 0 {
			continue // it ended meanwhile
		}
		fields, pid := strings.Fields(string(raw[after+1:])), filepath.Base(filepath.Dir(path))
		if parent := fields[1]; pid != self && parent != self {
			continue
		}
		for _, ticks := range fields[11:13] { // in user mode, in the kernel; a hundred a second
			n, _ := strconv.ParseFloat(ticks, 64) // proc(5) has numbers there
			total.cpuS += n / 100
		}
		status, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
		if err != nil {
			b.Fatal(err)
		}
		rss, peak := kilobytes(string(status), "VmRSS:")/1e3, kilobytes(string(status), "VmHWM:")/1e3
		total.rssMB, total.peakMB = total.rssMB+rss, total.peakMB+peak
		if pid != self {
			total.childRSSMB, total.childPeakMB = total.childRSSMB+rss, total.childPeakMB+peak
		}
	}
	return total
}

func kilobytes(status, name string) float64 {
	_, rest, _ := strings.Cut(status, name)
	n, _ := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64) // a process that ended has none
	return n
}

// startDev starts the whole platform.
func startDev(b *testing.B, binary string) (p *process, r *running) {
	b.Helper()
	dir := b.TempDir()
	p = launch(b, binary, map[string]string{"DATA_DIR": dir, "RATE_SCALE": "100"})
	p.answers(b, "/")
	return p, &running{t: b, dir: dir, url: p.url}
}

// BenchmarkIdleMemory is the whole platform with its redis-server, five seconds
// after its start.
func BenchmarkIdleMemory(b *testing.B) {
	dev := filepath.Join(build(b, "./functions/cmd/dev"), "dev")
	for b.Loop() {
		began := time.Now()
		p, _ := startDev(b, dev)
		up := time.Since(began)
		time.Sleep(5 * time.Second)
		u := p.consumed(b)
		began = time.Now()
		p.end(b)
		report(b, map[string]float64{
			"rss-MB": u.rssMB, "peak-MB": u.peakMB, "redis-rss-MB": u.childRSSMB, "redis-peak-MB": u.childPeakMB,
			"start-ms": up.Seconds() * 1e3, "stop-ms": time.Since(began).Seconds() * 1e3,
		})
	}
}

// sixty are files of the corpus that are taken, from the largest to the smallest
// at even steps, in the order of their paths; none when there are fewer.
func sixty(b *testing.B) []realFile {
	b.Helper()
	taken := slices.DeleteFunc(realFiles(b), func(f realFile) bool {
		return !slices.ContainsFunc(fileKinds, func(k fileKind) bool {
			_, err := k.decode(f.data, track.DefaultLimits)
			return k.sniff(f.data) && err == nil
		})
	})
	if len(taken) < 60 {
		return nil
	}
	slices.SortFunc(taken, func(x, y realFile) int { return cmp.Compare(len(y.data), len(x.data)) })
	files := make([]realFile, 60)
	for i := range files {
		files[i] = taken[i*len(taken)/60]
	}
	slices.SortFunc(files, func(x, y realFile) int { return cmp.Compare(x.path, y.path) })
	return files
}

// BenchmarkUpload sends sixty real files to the whole platform, one by one and
// eight at once.
func BenchmarkUpload(b *testing.B) {
	files := sixty(b)
	if files == nil {
		b.Skip("no corpus: set PACELINE_CORPUS to upload real files")
	}
	dev := filepath.Join(build(b, "./functions/cmd/dev"), "dev")
	for _, workers := range []int{1, 8} {
		b.Run(strconv.Itoa(workers)+"_at_once", func(b *testing.B) {
			for b.Loop() {
				measure(b, dev, files, workers)
			}
		})
	}
}

// measure sends the files to a platform of its own, by so many at once.
func measure(b *testing.B, dev string, files []realFile, workers int) {
	b.Helper()
	p, r := startDev(b, dev)
	anna := r.join("Anna")
	sent, before, began := make([]sending, len(files)), p.consumed(b), time.Now()
	atOnce(len(files), workers, func(i int) { sent[i] = anna.post(files[i]) })
	accepted := time.Since(began)
	slowest, size := time.Duration(0), 0
	for i := range sent {
		if sent[i].answer.status != http.StatusAccepted {
			b.Errorf("%s: %d %s %v", files[i].path, sent[i].answer.status, sent[i].answer.body, sent[i].err)
		}
		anna.follow(&sent[i])
		slowest, size = max(slowest, sent[i].took), size+len(files[i].data)
	}
	shown, after := time.Since(began), p.consumed(b)
	for id, w := range anna.workouts() {
		if w.State != api.WorkoutStateReady {
			b.Errorf("workout %s is %s", id, w.State)
		}
	}
	p.end(b)
	n := float64(len(files))
	report(b, map[string]float64{
		"files/s": n / accepted.Seconds(), "s-until-shown": shown.Seconds(), "s-after-last": (shown - accepted).Seconds(), "slowest-ms": slowest.Seconds() * 1e3,
		"cpu-ms/file": (after.cpuS - before.cpuS) * 1e3 / n, "peak-MB": after.peakMB, "redis-peak-MB": after.childPeakMB, "MB-sent": float64(size) / 1e6,
	})
}
