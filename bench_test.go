package paceline

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/muktihari/fit/decoder"
	"github.com/muktihari/fit/profile/filedef"
	gpxgo "github.com/tkrajina/gpxgo/gpx"

	"paceline/functions/gateway"
	"paceline/functions/stats/figures"
	"paceline/functions/upload/fit"
	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/gpx"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/functions/upload/tcx"
	"paceline/functions/upload/tcx/tcxtest"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/identity"
	"paceline/shared/track"
)

// The benchmarks measure both sides in one run, turn by turn, and print the
// medians and their ratio: absolute figures of a machine say little. Linux only,
// since the figures of a process are those of /proc. All of them take about two
// minutes:
//
//	go test -tags disable_grpc_modules -run '^$' -bench . -benchtime 1x .

// fileKind is a format with a peer that reads it by the book.
type fileKind struct {
	name   string
	sniff  func([]byte) bool
	decode func([]byte, track.Limits) ([]*track.Track, error)
	peer   func([]byte) error
	day    func(start time.Time, seconds int) []byte // for want of real files
}

var fileKinds = []fileKind{
	{"fit", fit.Sniff, fit.Decode, readTyped, fittest.Ride},
	{"gpx", gpx.Sniff, gpx.Decode, func(b []byte) error { _, err := gpxgo.ParseBytes(b); return err }, gpxtest.Run},
	{"tcx", tcx.Sniff, tcx.Decode, func(b []byte) error { return xml.Unmarshal(b, new(plainTCX)) }, tcxtest.Run},
}

// readTyped reads FIT with the library's typed activity, its checksum included.
func readTyped(data []byte) error {
	listener := filedef.NewListener()
	defer listener.Close()
	d := decoder.New(bytes.NewReader(data), decoder.WithMesgListener(listener), decoder.WithBroadcastOnly())
	for d.Next() {
		if _, err := d.Decode(); err != nil {
			return err
		}
		listener.File()
	}
	return nil
}

// plainTCX is what encoding/xml reads of a TCX file.
type plainTCX struct {
	Activities []struct {
		Sport string `xml:",attr"`
		ID    string `xml:"Id"`
		Laps  []struct {
			TotalTimeSeconds, DistanceMeters, MaximumSpeed, Calories float64
			Points                                                   []struct {
				Time      string
				Lat       float64 `xml:"Position>LatitudeDegrees"`
				Lng       float64 `xml:"Position>LongitudeDegrees"`
				Altitude  float64 `xml:"AltitudeMeters"`
				Distance  float64 `xml:"DistanceMeters"`
				HeartRate int     `xml:"HeartRateBpm>Value"`
				Cadence   int
				Speed     float64 `xml:"Extensions>TPX>Speed"`
				Watts     int     `xml:"Extensions>TPX>Watts"`
			} `xml:"Track>Trackpoint"`
		} `xml:"Lap"`
	} `xml:"Activities>Activity"`
}

// largest are the ten largest files of the corpus that both sides take, or a
// day at one sample a second.
func (k fileKind) largest(b *testing.B) (files [][]byte, size int) {
	for _, f := range realFiles(b) {
		if _, err := k.decode(f.data, track.DefaultLimits); k.sniff(f.data) && err == nil && k.peer(f.data) == nil {
			files = append(files, f.data)
		}
	}
	if len(files) == 0 {
		files = [][]byte{k.day(monday, 24*3600)}
	}
	slices.SortFunc(files, func(x, y []byte) int { return cmp.Compare(len(y), len(x)) })
	files = files[:min(10, len(files))]
	for _, f := range files {
		size += len(f)
	}
	return files, size
}

// BenchmarkDecodeAndCompute reads files and computes their figures on one core,
// beside the bare reading by the peer.
func BenchmarkDecodeAndCompute(b *testing.B) {
	for _, k := range fileKinds {
		b.Run(k.name, func(b *testing.B) {
			files, size := k.largest(b)
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			var decoding, both, peer []time.Duration
			var before, after runtime.MemStats
			var allocs, bytes uint64
			for b.Loop() {
				for range 5 {
					runtime.ReadMemStats(&before)
					decoded, all := k.ours(b, files)
					runtime.ReadMemStats(&after)
					allocs, bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
					decoding, both = append(decoding, decoded), append(both, all)
					began := time.Now()
					for _, f := range files {
						_ = k.peer(f) // which took it before
					}
					peer = append(peer, time.Since(began))
				}
			}
			n, mb := float64(len(files)), float64(size)/1e6
			report(b, map[string]float64{
				"decode-MB/s": mb / median(decoding).Seconds(), "MB/s": mb / median(both).Seconds(), "peer-MB/s": mb / median(peer).Seconds(),
				"ms/file": milliseconds(both) / n, "peer-ms/file": milliseconds(peer) / n, "x-peer": milliseconds(peer) / milliseconds(both),
				"allocs/file": float64(allocs) / n, "kB/file": float64(bytes) / 1e3 / n, "file-kB": mb * 1e3 / n,
			})
		})
	}
}

// ours reads files and computes their figures.
func (k fileKind) ours(b *testing.B, files [][]byte) (decoding, both time.Duration) {
	who := figures.Athlete{FTPW: track.Some(240.0), MaxHeartRateBPM: track.Some(188.0), RestHeartRateBPM: track.Some(48.0), WeightKG: track.Some(70.0)}
	began := time.Now()
	for _, f := range files {
		begin := time.Now()
		tracks, err := k.decode(f, track.DefaultLimits)
		if err != nil {
			b.Fatal(err)
		}
		decoding += time.Since(begin)
		for _, t := range tracks {
			figures.Compute(t, who)
		}
	}
	return decoding, time.Since(began)
}

func report(b *testing.B, metrics map[string]float64) {
	b.ReportMetric(0, "ns/op") // it is the time of all rounds of both sides
	for unit, v := range metrics {
		b.ReportMetric(v, unit)
	}
}

func median[T cmp.Ordered](all []T) T {
	slices.Sort(all)
	return all[len(all)/2]
}

func milliseconds(all []time.Duration) float64 { return median(all).Seconds() * 1e3 }

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
func build(b *testing.B, packages ...string) string {
	b.Helper()
	dir := b.TempDir()
	args := append([]string{"build", "-tags", "disable_grpc_modules", "-trimpath", "-ldflags=-s -w", "-o", dir + "/"}, packages...)
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
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
// It is killed at the end of the benchmark when it still runs.
func launch(b *testing.B, binary string, vars map[string]string) *process {
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
func (p *process) answers(b *testing.B, path string) {
	b.Helper()
	addr := strings.TrimPrefix(p.url, "http://")
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Microsecond) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			continue
		}
		_, err = io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		line, readErr := bufio.NewReader(c).ReadString('\n')
		_ = c.Close()
		if err == nil && readErr == nil && strings.Contains(line, " 200 ") {
			return
		}
	}
	b.Fatalf("%s does not answer %s", p.cmd.Path, path)
}

// end ends the program in order.
func (p *process) end(b *testing.B) {
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
	keys, err := openKeys(filepath.Join(data, "keys"), time.Now)
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
				vars := keys.vars(name)
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
type consumed struct{ rssMB, peakMB, cpuS float64 }

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
		total.rssMB += kilobytes(string(status), "VmRSS:") / 1e3
		total.peakMB += kilobytes(string(status), "VmHWM:") / 1e3
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
	p = launch(b, binary, map[string]string{"DATA_DIR": dir})
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
		report(b, map[string]float64{"rss-MB": u.rssMB, "peak-MB": u.peakMB, "start-ms": up.Seconds() * 1e3, "stop-ms": time.Since(began).Seconds() * 1e3})
	}
}

// BenchmarkUpload sends sixty real files to the whole platform.
func BenchmarkUpload(b *testing.B) {
	var files []realFile
	for _, f := range realFiles(b) {
		for _, k := range fileKinds {
			if _, err := k.decode(f.data, track.DefaultLimits); k.sniff(f.data) && err == nil && len(files) < 60 {
				files = append(files, f)
			}
		}
	}
	if len(files) < 60 {
		b.Skip("no corpus: set PACELINE_CORPUS to upload real files")
	}
	dev := filepath.Join(build(b, "./functions/cmd/dev"), "dev")
	for name, workers := range map[string]int{"one_at_a_time": 1, "8_at_once": 8} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				upload(b, dev, files, workers)
			}
		})
	}
}

func upload(b *testing.B, dev string, files []realFile, workers int) {
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
		"cpu-ms/file": (after.cpuS - before.cpuS) * 1e3 / n, "peak-MB": after.peakMB, "MB-sent": float64(size) / 1e6,
	})
}

// BenchmarkGateway is the gateway before a function, as it is deployed, beside a
// bare proxy with the same connections.
func BenchmarkGateway(b *testing.B) {
	reply := bytes.Repeat([]byte("x"), 1024)
	function := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(reply) }))
	defer function.Close()
	served, token := openGateway(b, function.URL)
	base, err := url.Parse(function.URL)
	if err != nil {
		b.Fatal(err)
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(base) },
		Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, MaxIdleConns: 1024, MaxIdleConnsPerHost: 256,
			IdleConnTimeout: 90 * time.Second, DisableCompression: true,
		},
		BufferPool: &lent{},
	})
	defer proxy.Close()
	per := map[string][]float64{}
	for b.Loop() {
		for range 6 { // of which the first warms up
			for _, url := range []string{function.URL, proxy.URL, served} {
				per[url] = append(per[url], load(b, url, token))
			}
		}
	}
	rate := func(url string) float64 { return median(per[url][1:]) }
	report(b, map[string]float64{
		"direct-req/s": rate(function.URL), "proxy-req/s": rate(proxy.URL), "gateway-req/s": rate(served), "x-proxy": rate(served) / rate(proxy.URL),
	})
}

// openGateway serves the gateway before target, and makes a member's token.
func openGateway(b *testing.B, target string) (url, token string) {
	b.Helper()
	keys, err := openKeys(b.TempDir(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	vars := keys.vars(function.GatewayName)
	vars["FUNCTION_URL"] = target + "/fn/{function}"
	f, err := gateway.Open(context.Background(), function.Env{Vars: vars, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	token, err = keys.signers["accounts"].AccessToken("01ANNA", "01SESSION", []identity.Role{identity.Member})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(function.Surface(function.GatewayName, f))
	b.Cleanup(server.Close)
	return server.URL, token
}

// lent are the copy buffers of the bare proxy.
type lent struct{ pool sync.Pool }

func (l *lent) Get() []byte {
	if b, ok := l.pool.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 32<<10)
}

func (l *lent) Put(b []byte) { l.pool.Put(&b) }

// load is how many requests a second 32 callers get answered.
func load(b *testing.B, url, token string) float64 {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	defer client.CloseIdleConnections()
	var answered atomic.Int64
	began := time.Now()
	atOnce(32, 32, func(int) {
		for time.Since(began) < 400*time.Millisecond {
			req, err := http.NewRequest("GET", url+"/v1/me", nil)
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("Authorization", "Bearer "+token)
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			n, err := io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close() // read to its end
			if err != nil || n != 1024 {
				b.Error(fmt.Errorf("%s: %d with %d bytes: %w", url, resp.StatusCode, n, err))
				return
			}
			answered.Add(1)
		}
	})
	return float64(answered.Load()) / time.Since(began).Seconds()
}
