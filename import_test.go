package paceline

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/functions/upload/archive/archivetest"
	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/functions/upload/tcx/tcxtest"
	"paceline/shared/api"
	"paceline/shared/function/redistest"
)

// importsOf sends an archive.
func (p *person) importsOf(content []byte) (out api.Import) {
	p.r.t.Helper()
	body, contentType, err := multipartFile("export.zip", content, nil)
	if err != nil {
		p.r.t.Fatal(err)
	}
	a := p.r.do(p.token, "POST", "/v1/imports", body, contentType)
	if a.status != 202 {
		p.r.t.Fatalf("import: %d %s", a.status, a.body)
	}
	if err := json.Unmarshal(a.body, &out); err != nil {
		p.r.t.Fatal(err)
	}
	return out
}

// imported is an import with all of its files.
func (p *person) imported(id string) (out api.Import) {
	p.r.t.Helper()
	for cursor := ""; ; {
		var page api.Import
		p.want(200, "GET", "/v1/imports/"+id+"?limit=100&cursor="+cursor, nil, &page)
		page.Items = append(out.Items, page.Items...)
		if out = page; out.NextCursor == "" {
			return out
		}
		cursor = out.NextCursor
	}
}

// imports sends an archive of files and waits until it is over.
func (p *person) imports(files map[string][]byte) api.Import {
	p.r.t.Helper()
	id := p.importsOf(archivetest.Files(files)).ID
	var out api.Import
	p.r.soon("the import", func() bool {
		out = p.imported(id)
		return out.State == api.ImportStateFinished
	})
	return out
}

// accountOf is an archive of real files where there are any, with what is wrong
// with some, or of made ones.
func accountOf(t *testing.T) map[string][]byte {
	files := map[string][]byte{}
	for _, f := range realFiles(t) {
		if len(f.data) < 1<<20 {
			files[f.path] = f.data
		}
	}
	for n := range 40 {
		files[fmt.Sprintf("made/%d.fit", n)] = fittest.Run(monday.AddDate(0, 0, -n), 600)
	}
	return files
}

// An archive is imported although the platform is killed again and again, every
// file of it once; people hear of it once; and undone its workouts are gone.
func TestAnImportOutlivesKillsAndIsUndone(t *testing.T) {
	t.Parallel()
	address := redistest.ServerURL(t, "--appendonly", "yes")
	c := newChild(t, "REDIS_URL="+address)
	r := &running{t: t, dir: c.dir, url: c.url}
	anna, ben := r.join("Anna"), r.join("Ben")
	ben.want(202, "PUT", "/v1/users/"+anna.id+"/follow", nil, nil)
	r.soon("the request", func() bool {
		return r.json(anna.token, "PUT", "/v1/me/follow-requests/"+ben.id, nil).status == 204
	})
	anna.upload("before.gpx", gpxtest.Run(monday, 300), nil)
	r.soon("Ben's feed", func() bool { return ben.feed() != "" })

	files := accountOf(t)
	id := anna.importsOf(archivetest.Files(files)).ID
	for range kills {
		enough := anna.imported(id)
		goal := len(files) - enough.Waiting + 1 + rand.IntN(20)
		r.soon("some files", func() bool {
			now := anna.imported(id)
			return now.State == api.ImportStateFinished || now.Files-now.Waiting >= min(goal, len(files)*9/10)
		})
		c.kill()
		c.start()
		r.url = c.url
		anna.signIn()
		ben.signIn()
	}
	var out api.Import
	for try := 0; out.State != api.ImportStateFinished && try < 8; try++ {
		done := out.Files - out.Waiting
		r.soon("more files", func() bool {
			out = anna.imported(id)
			return out.State == api.ImportStateFinished || out.Files-out.Waiting > done+20
		})
	}
	var names []string
	for _, f := range out.Items {
		if names = append(names, f.Name); f.Verdict == api.ImportVerdictWaiting || (f.Verdict == api.ImportVerdictCreated) != (len(f.Workouts) > 0) && f.Verdict != api.ImportVerdictDuplicate {
			t.Errorf("%+v", f)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(names) || out.State != api.ImportStateFinished || out.Created < 40 {
		out.Items = nil
		t.Errorf("%d files, import %+v", len(names), out)
	}
	t.Logf("%d files around %d kills: %d made workouts, %d were there, %d failed, %d are none", out.Files, kills, out.Created, out.Duplicates, out.Failed, out.Ignored)
	r.soon("word of the import", func() bool { return strings.Contains(anna.notifications(), "Your import is done") })
	if told := anna.notifications(); strings.Count(told, "is ready") != 1 {
		t.Errorf("told: %s", told)
	}
	if strings.Count(ben.feed(), "Anna") != 1 {
		t.Errorf("Ben's feed: %s", ben.feed())
	}
	r.soon("the figures", func() bool {
		for _, w := range anna.workouts() {
			if w.State == api.WorkoutStateProcessing {
				return false
			}
		}
		return true
	})

	anna.want(202, "DELETE", "/v1/imports/"+id, nil, nil)
	for end := time.Now().Add(3 * time.Minute); anna.imported(id).State != api.ImportStateUndone; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not undone: %d files are left", len(anna.imported(id).Items))
		}
	}
	r.soon("only what was there before", func() bool {
		all := anna.workouts()
		return len(all) == 1 && anna.imported(id).State == api.ImportStateUndone
	})
	c.kill()
}

// BenchmarkImport imports archives of hundreds of files and of 2,000, which may
// take a minute: three of four are rides of an hour as FIT, packed as accounts
// export them, the others runs as GPX and TCX. The peak is that of the platform
// without redis-server, which keeps in memory what there is.
func BenchmarkImport(b *testing.B) {
	const limit = time.Minute
	dev, first := filepath.Join(build(b, "./functions/cmd/dev"), "dev"), 0.0
	for _, n := range []int{200, 500, 2000} {
		b.Run(fmt.Sprint(n, "_files"), func(b *testing.B) {
			for b.Loop() {
				i, files := importFiles(b, dev, n), float64(n)
				first = cmp.Or(first, i.peakMB)
				report(b, map[string]float64{
					"s": i.took.Seconds(), "x-limit": i.took.Seconds() / (limit.Seconds() * files / 2000), "files/s": files / i.took.Seconds(), "s-until-shown": i.shown.Seconds(),
					"MB": i.size, "peak-MB": i.peakMB, "x-peak-of-fewest": i.peakMB / first, "cpu-ms/file": i.cpuS * 1e3 / files, "redis-peak-MB": i.redisMB,
				})
			}
		})
	}
}

// ready is how many workouts have their figures.
func (p *person) ready() (n int) {
	for _, w := range p.workouts() {
		if w.State == api.WorkoutStateReady {
			n++
		}
	}
	return n
}

// packed is content as gzip has it.
func packed(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(content) // a buffer never fails
	_ = w.Close()
	return b.Bytes()
}

// importing is what an import took.
type importing struct {
	took, shown                 time.Duration
	size, peakMB, redisMB, cpuS float64
}

func importFiles(b *testing.B, dev string, n int) importing {
	b.Helper()
	files := make([]archivetest.Entry, n)
	for i := range files {
		start := monday.Add(-time.Duration(i) * 20 * time.Hour)
		files[i] = archivetest.Entry{Name: fmt.Sprintf("activities/%d.fit.gz", i), Content: packed(fittest.Ride(start, 3600))}
		switch i % 8 {
		case 3:
			files[i] = archivetest.Entry{Name: fmt.Sprintf("activities/%d.gpx.gz", i), Content: packed(gpxtest.Run(start, 3600))}
		case 7:
			files[i] = archivetest.Entry{Name: fmt.Sprintf("activities/%d.tcx.gz", i), Content: packed(tcxtest.Run(start, 3600))}
		}
	}
	content := archivetest.Of(files...)
	p, r := startDev(b, dev)
	anna := r.join("Anna")
	before, began := p.consumed(b), time.Now()
	id := anna.importsOf(content).ID
	var out api.Import
	for out.State != api.ImportStateFinished && time.Since(began) < 5*time.Minute {
		time.Sleep(200 * time.Millisecond)
		if time.Since(began) > 4*time.Minute {
			anna.signIn()
		}
		anna.want(200, "GET", "/v1/imports/"+id+"?limit=1", nil, &out)
	}
	took := time.Since(began)
	if out.Created != n {
		b.Errorf("import %+v", out)
	}
	for anna.ready() < n && time.Since(began) < 5*time.Minute {
		time.Sleep(time.Second)
	}
	shown, after := time.Since(began), p.consumed(b)
	p.end(b)
	return importing{took, shown, float64(len(content)) / 1e6, after.peakMB - after.childPeakMB, after.childPeakMB, after.cpuS - before.cpuS}
}
