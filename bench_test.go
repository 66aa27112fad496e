package paceline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
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
	"paceline/shared/function"
	"paceline/shared/function/identity"
	"paceline/shared/function/local"
	"paceline/shared/function/redistest"
	"paceline/shared/track"
)

// The benchmarks measure both sides in one run, turn by turn, and print the
// medians and their ratio: absolute figures of a machine say little. Linux only,
// since the figures of a process are those of /proc. All of them take about two
// minutes:
//
//	go test -tags disable_grpc_modules,grpcnotrace,noprometheus -run '^$' -bench . -benchtime 1x .

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
				"decode-x-peer": milliseconds(peer) / milliseconds(decoding), "day-x-64MB": k.dayMB(b) / 64, "allocs/file": float64(allocs) / n, "kB/file": float64(bytes) / 1e3 / n, "file-kB": mb * 1e3 / n,
			})
		})
	}
}

// dayMB is what is allocated in all to read a day at one sample a second and to
// compute its figures, besides the file: never is as much in use at once.
func (k fileKind) dayMB(b *testing.B) float64 {
	day := [][]byte{k.day(monday, 24*3600)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	k.ours(b, day)
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc-before.TotalAlloc) / 1e6
}

// ours reads files and computes their figures.
func (k fileKind) ours(b *testing.B, files [][]byte) (decoding, both time.Duration) {
	who := figures.Athlete{FTPW: track.Some(240.0), MaxHeartRateBPM: track.Some(188.0), RestHeartRateBPM: track.Some(48.0), WeightKG: track.Some(70.0), ThresholdSpeedMPS: track.Some(4.0)}
	began := time.Now()
	for _, f := range files {
		begin := time.Now()
		tracks, err := k.decode(f, track.DefaultLimits)
		if err != nil {
			b.Fatal(err)
		}
		decoding += time.Since(begin)
		for _, t := range tracks {
			figures.Analyse(t, who)
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

// BenchmarkGateway is the gateway before a function, as it is deployed, beside a
// bare proxy with the same connections.
func BenchmarkGateway(b *testing.B) {
	reply := bytes.Repeat([]byte("x"), 1024)
	stub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(reply) }))
	defer stub.Close()
	served, token := openGateway(b, stub.URL)
	base, err := url.Parse(stub.URL)
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
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}}
	defer client.CloseIdleConnections()
	var direct, bare, ours, ratio []float64
	for b.Loop() {
		for i := range 17 {
			d, p, o := load(b, client, stub.URL, token), load(b, client, proxy.URL, token), load(b, client, served, token)
			if i > 0 { // the first warms up
				direct, bare, ours, ratio = append(direct, d), append(bare, p), append(ours, o), append(ratio, o/p)
			}
		}
	}
	report(b, map[string]float64{"direct-req/s": median(direct), "proxy-req/s": median(bare), "gateway-req/s": median(ours), "x-proxy": median(ratio)})
}

// openGateway serves the gateway before target, and makes a member's token.
func openGateway(b *testing.B, target string) (address, token string) {
	b.Helper()
	keys, err := local.OpenKeys(b.TempDir(), issuers(), time.Now)
	if err != nil {
		b.Fatal(err)
	}
	vars := keys.Vars(function.GatewayName)
	vars["FUNCTION_URL"], vars["K_SINK"], vars["REDIS_URL"] = target+"/fn/{function}", target+"/broker", redistest.URL(b)
	vars["RATE_SCALE"] = "1000" // one person is the whole load
	f, err := gateway.Open(context.Background(), function.Env{Vars: vars, Log: slog.New(slog.NewJSONHandler(io.Discard, nil)), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	token, err = keys.Signer("accounts").AccessToken(identity.Caller{UserID: "01ANNA", SessionID: "01SESSION", Roles: []identity.Role{identity.Member}})
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

// load is how many requests a second 32 callers get answered, for a tenth of a
// second.
func load(b *testing.B, client *http.Client, address, token string) float64 {
	b.Helper()
	var answered atomic.Int64
	began := time.Now()
	atOnce(32, 32, func(int) {
		for time.Since(began) < 100*time.Millisecond {
			if err := fetch(client, address+"/v1/me", token); err != nil {
				b.Error(err)
				return
			}
			answered.Add(1)
		}
	})
	return float64(answered.Load()) / time.Since(began).Seconds()
}

func fetch(client *http.Client, address, token string) error {
	req, err := http.NewRequest("GET", address, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err == nil && n != 1024 {
		err = fmt.Errorf("%s: %d with %d bytes", address, resp.StatusCode, n)
	}
	return err
}
