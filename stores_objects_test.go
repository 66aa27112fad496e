package paceline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"paceline/functions/accounts"
	"paceline/functions/deadletter"
	"paceline/functions/stats"
	"paceline/functions/upload"
	"paceline/functions/watch"
	"paceline/knative"
	"paceline/shared/objects"
	"paceline/shared/objects/dir"
	"paceline/shared/objects/objectstest"
	"paceline/shared/objects/s3"
	"paceline/shared/operator"
	"paceline/shared/tlstest"
)

// touching is every function that touches objects.
var touching = []objects.Access{accounts.Objects, deadletter.Objects, stats.Objects, upload.Objects, watch.Objects}

// policy is what 'kn paceline bucket-policy' writes.
func policy(t *testing.T, address, principal string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	tool := operator.Tool{Manifests: knative.Manifests, Out: &out, Err: &complaints}
	if code := tool.Run(t.Context(), []string{"bucket-policy", "--objects-url", address, "--principal", principal}); code != 0 {
		t.Fatalf("exit code %d: %s", code, &complaints)
	}
	return out.String()
}

// Every function's credentials, every prefix, every verb, on a server that
// holds the bucket to the policy.
func TestStoresOfObjectsAreClosedToOthers(t *testing.T) {
	t.Parallel()
	files := tlstest.New(t, "127.0.0.1")
	server := objectstest.S3WithTLS(t, files)
	open := func(s objectstest.Server) objects.Store {
		store, err := objects.Open(s.URL, s3.WithKeys(s.AccessKey, s.SecretKey))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		return store
	}
	root, own, prefixes := open(server), map[string]objects.Store{}, []string{"other/"}
	for _, a := range touching {
		own[a.Function] = open(server.Account(t, a.Function))
		prefixes = slices.Concat(prefixes, a.Reads, a.Writes, a.Creates)
	}
	server.SetPolicy(t, "paceline-test", policy(t, "s3://paceline-test", "{function}"))
	tried := 0
	for _, a := range touching {
		for _, p := range slices.Compact(slices.Sorted(slices.Values(prefixes))) {
			key := p + "user/thing-of-" + a.Function
			if _, err := root.Put(t.Context(), key, strings.NewReader("x"), objects.Options{}); err != nil {
				t.Fatal(err)
			}
			s := own[a.Function]
			writes, creates := slices.Contains(a.Writes, p), slices.Contains(a.Creates, p)
			reads := writes || creates || slices.Contains(a.Reads, p)
			for verb, try := range map[string]struct {
				may bool
				do  func() error
			}{
				"put":  {writes || creates, func() error { _, err := s.Put(t.Context(), key, strings.NewReader("y"), objects.Options{}); return err }},
				"head": {reads, func() error { _, err := s.Head(t.Context(), key); return err }},
				"get": {reads, func() error {
					body, _, err := s.Get(t.Context(), key, objects.Range{})
					if err == nil {
						err = body.Close()
					}
					return err
				}},
				"list":   {reads, func() error { _, err := s.List(t.Context(), p, "", 1); return err }},
				"delete": {writes, func() error { return s.Delete(t.Context(), key+"-gone") }},
			} {
				tried++
				if err := try.do(); (err == nil) != try.may {
					t.Errorf("%s: %s %s: %v, want allowed %v", a.Function, verb, key, err, try.may)
				}
			}
		}
		if err := objects.Check(t.Context(), own[a.Function]); err != nil {
			t.Errorf("%s may not ask whether the bucket is there: %v", a.Function, err)
		}
		if _, err := own[a.Function].List(t.Context(), "", "", 1); err == nil {
			t.Errorf("%s lists the whole bucket", a.Function)
		}
	}
	t.Logf("%d functions, %d prefixes: %d tries", len(touching), len(prefixes), tried)
}

// What has the policy answers nobody without TLS.
func TestStoresOfObjectsWantTLS(t *testing.T) {
	t.Parallel()
	server := objectstest.S3(t)
	account := server.Account(t, "upload")
	server.Account(t, "accounts")
	server.Account(t, "stats")
	server.Account(t, "deadletter")
	server.Account(t, "watch")
	s, err := objects.Open(account.URL, s3.WithKeys(account.AccessKey, account.SecretKey))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	server.SetPolicy(t, "paceline-test", policy(t, "s3://paceline-test", "{function}"))
	if _, err := s.Put(t.Context(), "raw/a/b", strings.NewReader("x"), objects.Options{}); err == nil {
		t.Error("an original was taken in clear")
	}
}

// Without a bucket's policy the code itself keeps to its prefixes.
func TestStoresOfObjectsAreConfined(t *testing.T) {
	t.Parallel()
	kept, err := objects.Open("file://"+t.TempDir(), dir.Driver)
	if err != nil {
		t.Fatal(err)
	}
	s := objects.Confine(kept, stats.Objects)
	for name, err := range map[string]error{
		"get raw/":  func() error { _, _, err := s.Get(t.Context(), "raw/a/b", objects.Range{}); return err }(),
		"head raw/": func() error { _, err := s.Head(t.Context(), "raw/a/b"); return err }(),
		"put track/": func() error {
			_, err := s.Put(t.Context(), "track/a/b", strings.NewReader(""), objects.Options{})
			return err
		}(),
		"delete track": s.Delete(t.Context(), "track/a/b"),
		"list all":     func() error { _, err := s.List(t.Context(), "", "", 1); return err }(),
		"list raw/":    func() error { _, err := s.List(t.Context(), "raw/", "", 1); return err }(),
	} {
		if err == nil || errors.Is(err, objects.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.Head(t.Context(), "track/a/b"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("its own prefix: %v", err)
	}
	if err := objects.Check(t.Context(), s); err != nil {
		t.Error(err)
	}
	s = objects.Confine(kept, watch.Objects)
	put := func(o objects.Options) error {
		_, err := s.Put(t.Context(), "audit/1", strings.NewReader("x"), o)
		return err
	}
	if err := put(objects.Options{IfAbsent: true}); err != nil {
		t.Errorf("what it may create: %v", err)
	}
	for name, err := range map[string]error{"replace": put(objects.Options{}), "delete": s.Delete(t.Context(), "audit/1")} {
		if err == nil || errors.Is(err, objects.ErrExists) {
			t.Errorf("%s what it may only create: %v", name, err)
		}
	}
}

// The bindings of Google Cloud: each function is a member of its own, reads
// with one role and writes with another, and each condition names its prefixes.
func TestStoresOfGoogleAreBoundToPrefixes(t *testing.T) {
	t.Parallel()
	var got struct{ Bindings []objects.Binding }
	if err := json.Unmarshal([]byte(policy(t, "gs://club/data", "serviceAccount:paceline-{function}@p.example")), &got); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, b := range got.Bindings {
		lines = append(lines, fmt.Sprint(b.Role, " ", b.Members))
		for _, p := range []string{"raw/", "track/", "deadletter/", "audit/"} {
			function, _, _ := strings.Cut(b.Condition.Title, " ")
			i := slices.IndexFunc(touching, func(a objects.Access) bool { return a.Function == function })
			mine := slices.Contains(slices.Concat(touching[i].Reads, touching[i].Writes, touching[i].Creates), p)
			if names := strings.Contains(b.Condition.Expression, "'projects/_/buckets/club/objects/data/"+p+"'"); names && !mine {
				t.Errorf("%s: %s", b.Condition.Title, b.Condition.Expression)
			}
		}
	}
	want := []string{
		"roles/storage.objectViewer [serviceAccount:paceline-accounts@p.example]",
		"roles/storage.objectUser [serviceAccount:paceline-accounts@p.example]",
		"roles/storage.objectViewer [serviceAccount:paceline-deadletter@p.example]",
		"roles/storage.objectUser [serviceAccount:paceline-deadletter@p.example]",
		"roles/storage.objectViewer [serviceAccount:paceline-stats@p.example]",
		"roles/storage.objectViewer [serviceAccount:paceline-upload@p.example]",
		"roles/storage.objectUser [serviceAccount:paceline-upload@p.example]",
		"roles/storage.objectViewer [serviceAccount:paceline-watch@p.example]",
		"roles/storage.objectCreator [serviceAccount:paceline-watch@p.example]",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got  %q\nwant %q", lines, want)
	}
}

// Who touches objects by its manifest says which.
func TestStoresOfObjectsAreDeclared(t *testing.T) {
	t.Parallel()
	for _, s := range manifests(t).Services {
		declared := slices.ContainsFunc(touching, func(a objects.Access) bool { return a.Function == s.Metadata.Name })
		if uses := s.Metadata.Labels["paceline.example/uses-objects"] == "true"; uses != declared {
			t.Errorf("%s: uses objects by its manifest %v, declares prefixes %v", s.Metadata.Name, uses, declared)
		}
	}
	var written []objects.Access
	text, err := knative.Manifests.ReadFile("objects.json")
	if err == nil {
		err = json.Unmarshal(text, &written)
	}
	if err != nil || fmt.Sprint(written) != fmt.Sprint(touching) {
		t.Errorf("knative/objects.json is %v, the code says %v (%v)", written, touching, err)
	}
}
