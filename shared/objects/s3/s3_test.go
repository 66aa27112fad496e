package s3_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"paceline/shared/objects"
	"paceline/shared/objects/objectstest"
	"paceline/shared/objects/s3"
	"paceline/shared/tlstest"
)

func TestPrefixOfTheURL(t *testing.T) {
	t.Parallel()
	server := objectstest.S3(t)
	whole := opened(t, server.URL, server)
	part := opened(t, strings.Replace(server.URL, "?", "/functions/upload/?", 1), server)
	if _, err := part.Put(t.Context(), "raw/k", strings.NewReader("x"), objects.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := whole.Head(t.Context(), "functions/upload/raw/k"); err != nil {
		t.Error(err)
	}
	if entries, err := part.List(t.Context(), "raw/", "", 0); err != nil || len(entries) != 1 || entries[0].Key != "raw/k" {
		t.Errorf("list: %v, %v", entries, err)
	}
}

func TestMisconfigurationIsNotAMissingObject(t *testing.T) {
	t.Parallel()
	server := objectstest.S3(t)
	stranger := server
	stranger.SecretKey = "wrong"
	for name, s := range map[string]objects.Store{
		"a wrong secret": opened(t, server.URL, stranger),
		"no such bucket": opened(t, strings.Replace(server.URL, "s3://paceline-test", "s3://another", 1), server),
	} {
		if _, _, err := s.Get(t.Context(), "k", objects.Range{}); !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("%s: get: %v", name, err)
		}
		if _, err := s.Put(t.Context(), "k", strings.NewReader("x"), objects.Options{}); !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("%s: put: %v", name, err)
		}
		if _, err := s.List(t.Context(), "", "", 0); !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("%s: list: %v", name, err)
		}
	}
}

func TestTLSIsBelievedForItsAuthority(t *testing.T) {
	t.Parallel()
	files, stranger := tlstest.New(t, "127.0.0.1"), tlstest.New(t, "127.0.0.1")
	server := objectstest.S3WithTLS(t, files)
	put := func(url string) error {
		s := opened(t, url, server)
		_, err := s.Put(t.Context(), "raw/k", strings.NewReader("x"), objects.Options{})
		return err
	}
	if err := put(server.URL); err != nil {
		t.Error(err)
	}
	for name, url := range map[string]string{
		"the system's authorities": strings.Replace(server.URL, "&ca_file="+files.CA, "", 1),
		"another authority":        strings.Replace(server.URL, files.CA, stranger.CA, 1),
		"in clear":                 strings.Replace(strings.Replace(server.URL, "&ca_file="+files.CA, "", 1), "https://", "http://", 1),
	} {
		if err := put(url); !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, url := range map[string]string{
		"an endpoint in clear": strings.Replace(server.URL, "https://", "http://", 1),
		"no such file":         server.URL + "x",
		"no authority":         strings.Replace(server.URL, files.CA, files.Key, 1),
	} {
		if _, err := objects.Open(url, s3.Driver); err == nil || !strings.Contains(err.Error(), "OBJECTS_URL: the parameter ca_file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A link puts one object of its size to its place, and nothing else.
func TestLink(t *testing.T) {
	t.Parallel()
	s := open(t)
	put := func(change func(*http.Request), within time.Duration, body string) int {
		t.Helper()
		link, err := s.Link(t.Context(), "import/k", 3, within)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), link.Method, link.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		change(req)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	asItIs := func(*http.Request) {}
	for name, status := range map[string]int{
		"a longer body": put(asItIs, time.Minute, "abcd"),
		"another key":   put(func(r *http.Request) { r.URL.Path += "2" }, time.Minute, "abc"),
		"a read":        put(func(r *http.Request) { r.Method = http.MethodGet }, time.Minute, ""),
	} {
		if status < 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if _, err := s.Head(t.Context(), "import/k"); !errors.Is(err, objects.ErrNotFound) {
		t.Errorf("something is there: %v", err)
	}
	if status := put(asItIs, time.Minute, "abc"); status != http.StatusOK {
		t.Errorf("as it is: %d", status)
	}
	if b, _, err := objects.ReadAll(t.Context(), s, "import/k", 10); err != nil || string(b) != "abc" {
		t.Errorf("%q %v", b, err)
	}
	if _, err := s.Link(t.Context(), "../k", 3, time.Minute); !errors.Is(err, objects.ErrInvalidKey) {
		t.Errorf("a bad key: %v", err)
	}
}
