package paceline

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"paceline/shared/api"
)

// patience is how long an upload may take until it is answered.
const patience = 20 * time.Second

// realFile is one file of the corpus; see corpus_test.go.
type realFile struct {
	path string // below the corpus' folder of files
	data []byte
}

// realFiles are all files of the corpus in the order of their paths, or none
// when there is no corpus.
func realFiles(t testing.TB) []realFile {
	t.Helper()
	dir := filepath.Join(cmp.Or(os.Getenv("PACELINE_CORPUS"), filepath.Join("..", "shared", "corpus")), "files")
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(paths)
	var files []realFile
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, realFile{strings.TrimPrefix(path, dir+string(filepath.Separator)), data})
	}
	return files
}

// TestEveryCorpusFileGetsAnAnswer sends each file to a running platform as it
// is: it becomes workouts with figures or is refused with a code, and every
// workout can be read in all its views. PACELINE_TABLE may name a file for the
// table of answers.
func TestEveryCorpusFileGetsAnAnswer(t *testing.T) {
	t.Parallel()
	files := realFiles(t)
	if len(files) == 0 {
		t.Skip("no corpus: set PACELINE_CORPUS to upload the files of other projects")
	}
	r := start(t, t.TempDir(), map[string]string{"ADMIN_EMAILS": "operator@example.com"})
	operator, anna := r.join("Operator"), r.join("Anna")
	sent := make([]sending, len(files))
	atOnce(len(files), 4, func(i int) { sent[i] = anna.post(files[i]) })
	anna.signIn()
	for i := range sent {
		anna.follow(&sent[i])
	}
	r.settled()

	workouts := anna.workouts()
	table := tableOf(t, sent, workouts)
	t.Log(table)
	if path := os.Getenv("PACELINE_TABLE"); path != "" {
		if err := os.WriteFile(path, []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range sent {
		anna.readAll(s, workouts)
	}
	var dead api.DeadLetterList
	operator.want(200, "GET", "/v1/admin/deadletters?limit=100", nil, &dead)
	for _, d := range dead.Items {
		t.Errorf("dead letter: %+v", d)
	}
}

// atOnce calls do with each number below n, so many at a time.
func atOnce(n, workers int, do func(i int)) {
	numbers := make(chan int)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range numbers {
				do(i)
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	all.Wait()
}

// sending is what became of one file.
type sending struct {
	file   realFile
	answer answer
	took   time.Duration
	err    error
	upload api.Upload // of an accepted file, when it is done
}

// uploads keeps as many connections as the tests use at once.
var uploads = &http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}

// post uploads a file. Other than send it may be called from any goroutine: it
// fails no test.
func (p *person) post(f realFile) sending {
	s := sending{file: f}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", filepath.Base(f.path))
	if err == nil {
		_, err = part.Write(f.data)
	}
	if s.err = errors.Join(err, form.Close()); s.err != nil {
		return s
	}
	req, err := http.NewRequest("POST", p.r.url+"/v1/workouts", &body)
	if err != nil {
		s.err = err
		return s
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Authorization", "Bearer "+p.token)
	began := time.Now()
	resp, err := uploads.Do(req)
	if err != nil {
		s.err = err
		return s
	}
	s.answer = answer{status: resp.StatusCode, header: resp.Header}
	s.answer.body, err = io.ReadAll(resp.Body)
	s.took, s.err = time.Since(began), errors.Join(err, resp.Body.Close())
	return s
}

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// follow holds an answer against the contract and waits until an accepted file
// is done.
func (p *person) follow(s *sending) {
	p.r.t.Helper()
	name, a := s.file.path, s.answer
	switch {
	case s.err != nil:
		p.r.t.Errorf("%s: %v", name, s.err)
	case s.took > patience:
		p.r.t.Errorf("%s: answered after %v", name, s.took)
	case a.status >= 400 && a.status < 500:
		if !snakeCase.MatchString(a.code()) || a.header.Get("Content-Type") != "application/problem+json" {
			p.r.t.Errorf("%s: %d without a code: %s", name, a.status, a.body)
		}
	case a.status != http.StatusAccepted:
		p.r.t.Errorf("%s: %d %s", name, a.status, a.body)
	default:
		var accepted api.UploadAccepted
		if err := json.Unmarshal(a.body, &accepted); err != nil || len(accepted.Workouts) == 0 {
			p.r.t.Errorf("%s: 202 without workouts (%v): %s", name, err, a.body)
			return
		}
		p.r.soon("the figures of "+name, func() bool {
			s.upload = api.Upload{}
			p.want(200, "GET", "/v1/uploads/"+accepted.UploadID, nil, &s.upload)
			return s.upload.State != api.WorkoutStateProcessing
		})
		s.upload.Workouts = accepted.Workouts // which says what was there before
	}
	for _, e := range s.upload.Errors {
		if !snakeCase.MatchString(e.Code) {
			p.r.t.Errorf("%s failed without a code: %+v", name, e)
		}
	}
}

// workouts pages through everything, which must come once and newest first.
func (p *person) workouts() map[string]api.Workout {
	p.r.t.Helper()
	all := map[string]api.Workout{}
	cursor, last := "", time.Now().AddDate(100, 0, 0)
	for {
		var page api.WorkoutList
		p.want(200, "GET", "/v1/workouts?limit=25&cursor="+url.QueryEscape(cursor), nil, &page)
		for _, w := range page.Items {
			if _, twice := all[w.ID]; twice || w.StartedAt.After(last) {
				p.r.t.Errorf("workout %s of %v comes twice (%v) or too late, after %v", w.ID, w.StartedAt, twice, last)
			}
			if (w.Stats == nil) == (w.State == api.WorkoutStateReady) {
				p.r.t.Errorf("workout %s of %s is %s with the figures %v", w.ID, w.Source.FileName, w.State, w.Stats)
			}
			all[w.ID], last = w, w.StartedAt
		}
		if cursor = page.NextCursor; cursor == "" {
			return all
		}
	}
}

// readAll looks at the workouts of a file in every view.
func (p *person) readAll(s sending, listed map[string]api.Workout) {
	p.r.t.Helper()
	for i, u := range s.upload.Workouts {
		path, w := "/v1/workouts/"+u.ID, listed[u.ID]
		if w.ID == "" {
			p.r.t.Errorf("%s: workout %d is not in the list", s.file.path, i)
			continue
		}
		if i == 0 {
			sum, back := sha256.Sum256(s.file.data), p.r.json(p.token, "GET", path+"/file", nil)
			same := sha256.Sum256(back.body) == sum && w.Source.SHA256 == hex.EncodeToString(sum[:])
			if back.status != 200 || !same && !u.Duplicate { // another file may have the same workout
				p.r.t.Errorf("%s: the original is %d with %d of %d bytes; sha256 in the answer %s", s.file.path, back.status, len(back.body), len(s.file.data), w.Source.SHA256)
			}
		}
		if w.State != api.WorkoutStateReady {
			continue
		}
		var streams map[string]api.Column
		p.want(200, "GET", path+"/streams", nil, &streams)
		for key, column := range streams {
			if len(column) != len(streams["time_s"]) {
				p.r.t.Errorf("%s, workout %d: %d values of %s, %d times", s.file.path, i, len(column), key, len(streams["time_s"]))
			}
		}
		p.want(200, "GET", path+"/laps", nil, &api.LapList{})
		p.want(200, "GET", path+"/splits", nil, &api.SplitList{})
		p.want(200, "GET", path+"/splits?unit=mi", nil, &api.SplitList{})
	}
}

// tableOf is "file | status | code or workouts" by file, and how many of each.
func tableOf(t *testing.T, sent []sending, workouts map[string]api.Workout) string {
	t.Helper()
	var table strings.Builder
	counts, slowest := map[string]int{}, sending{}
	fmt.Fprintln(&table, "file | status | code or workouts: sport, distance, time")
	for _, s := range sent {
		what, kind := s.answer.code(), fmt.Sprint(s.answer.status, " ", s.answer.code())
		if s.answer.status == http.StatusAccepted {
			kind = "202 " + string(s.upload.State)
			var each []string
			for _, u := range s.upload.Workouts {
				each = append(each, short(workouts[u.ID]))
				if u.Duplicate {
					kind = "202 duplicate"
				}
			}
			what = strings.Join(each, "; ")
			for _, e := range s.upload.Errors {
				what += " (" + e.Code + ")"
			}
			if kind == "202 duplicate" {
				what += " (duplicate)"
			}
		}
		counts[kind]++
		if s.took > slowest.took {
			slowest = s
		}
		fmt.Fprintf(&table, "%s | %d | %s\n", s.file.path, s.answer.status, what)
	}
	fmt.Fprintf(&table, "\n%d files, %d workouts, slowest answer %d ms (%s)\n", len(sent), len(workouts), slowest.took.Milliseconds(), slowest.file.path)
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&table, "%4d %s\n", counts[kind], kind)
	}
	return table.String()
}

// short is a workout in a few words; a figure that is absent is a dash.
func short(w api.Workout) string {
	distance, duration := "–", "–"
	if w.Stats != nil {
		if d := w.Stats.DistanceM; d != nil {
			distance = fmt.Sprintf("%.2f km", *d/1000)
		}
		if s := cmp.Or(w.Stats.TimerTimeS, w.Stats.ElapsedTimeS); s != nil {
			duration = (time.Duration(*s) * time.Second).String()
		}
	}
	return fmt.Sprintf("%s, %s, %s", w.Sport, distance, duration)
}
