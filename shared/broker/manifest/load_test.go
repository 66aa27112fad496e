package manifest

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
)

// TestBustedManifestsAreRefused reads each testdata/busted_*.yaml, whose first
// line says what the error must contain.
func TestBustedManifestsAreRefused(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/busted_*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := bufio.NewReader(bytes.NewReader(data)).ReadLine()
			want, ok := strings.CutPrefix(string(first), "# want: ")
			if !ok {
				t.Fatal("the first line says nothing")
			}
			_, err = Load(fstest.MapFS{filepath.Base(file): {Data: data}})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error is %v\nwant %s", err, want)
			}
			if err != nil && !strings.Contains(err.Error(), filepath.Base(file)+":") {
				t.Errorf("error does not name the file: %v", err)
			}
		})
	}
}

func TestEverythingThatIsTaken(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Load(fstest.MapFS{"a/good.yaml": {Data: data}, "a/notes.txt": {Data: []byte("not read")}})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Services) != 1 || len(s.Brokers) != 1 || len(s.Triggers) != 1 || len(s.PingSources) != 1 || len(s.EventTypes) != 2 || len(s.Ignored) != 1 {
		t.Fatalf("%+v", s)
	}
	tr := s.Triggers[0]
	if tr.Metadata.Key() != "default/stats" || *tr.Spec.Delivery.Retry != 3 || time.Duration(*tr.Spec.Delivery.Timeout) != 65*time.Second {
		t.Errorf("trigger is %+v", tr)
	}
	f, err := tr.Compile()
	if err != nil {
		t.Fatal(err)
	}
	e := event.New()
	e.SetID("1")
	e.SetSource("/s")
	e.SetSubject("y")
	for typ, want := range map[string]bool{"a.b": true, "c.d": true, "never": false} {
		e.SetType(typ)
		if f.Match(&e) != want {
			t.Errorf("type %s: match is %v", typ, !want)
		}
	}
	if a, b := s.EventTypes[0], s.EventTypes[1]; a.Value("type") != "a.b" || a.Value("source") != "/functions/a" || b.Metadata.Key() != "default/a.b.other" || b.Value("source") != "" || b.Value("schemadata") != "" {
		t.Errorf("event types are %+v", s.EventTypes)
	}
	p := s.PingSources[0]
	if payload, err := p.Payload(); err != nil || string(payload) != "{\"text\": \"\n---\n\"}\n" {
		t.Errorf("payload is %q %v", payload, err)
	}
	schedule, err := p.Cron()
	if err != nil {
		t.Fatal(err)
	}
	if next := schedule.Next(time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)); !next.Equal(time.Date(2026, 7, 2, 0, 30, 0, 0, time.UTC)) {
		t.Errorf("next is %v", next)
	}
}

func TestOurOwnManifestsAreTaken(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("../../../knative"); err != nil {
		t.Skip("the folder knative is not there: ", err)
	}
	s, err := Load(os.DirFS("../../../knative"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d services, %d brokers, %d triggers, %d ping sources, %d event types, %d ignored", len(s.Services), len(s.Brokers), len(s.Triggers), len(s.PingSources), len(s.EventTypes), len(s.Ignored))
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"PT0.2S": 200 * time.Millisecond, "PT0.01S": 10 * time.Millisecond, "PT1M5S": 65 * time.Second, "P1DT2H": 26 * time.Hour, "PT0S": 0,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "P", "PT", "P1DT", "1S", "PT1", "P1M", "P1Y", "PT-1S", "pt1s", "PT1S ", "PT1.S"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}

func TestServicesOfARenderedTextAreAllThatIsRead(t *testing.T) {
	t.Parallel()
	text := "kind: RabbitmqCluster\napiVersion: rabbitmq.com/v1beta1\nspec: {replicas: 3}\n---\n" +
		"apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{image: i}]}}}\n"
	services, err := Services("-", []byte(text))
	if err != nil || len(services) != 1 || services[0].Metadata.Name != "a" {
		t.Errorf("services %v, error %v", services, err)
	}
	if _, err := Services("-", []byte(strings.Replace(text, "image: i", "imagee: i", 1))); err == nil {
		t.Error("an unknown field of a Service is taken")
	}
}
