package objects_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"paceline/shared/objects"
	"paceline/shared/objects/all"
	"paceline/shared/objects/dir"
	"paceline/shared/objects/objectstest"
)

func TestOpenNamesTheBadPart(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, url, want string }{
		{"nothing", "", "empty"},
		{"no scheme", "/var/objects", `scheme ""`},
		{"another scheme", "ftp://host/x", `"ftp" is none of file, s3, gs`},
		{"not a URL", "s3://bucket\x7f?secret", "control character"},
		{"one slash too few", "file:var", "two slashes"},
		{"a relative folder", "file://var/objects", "three slashes"},
		{"no folder", "file:///", "folder is missing"},
		{"a parameter of another driver", "file:///var?region=x", `"region"`},
		{"an unknown parameter", "s3://b?Endpoint=http://h", `"Endpoint"`},
		{"a parameter twice", "s3://b?region=a&region=b", "2 times"},
		{"an empty parameter", "gs://b?endpoint=", `"endpoint" is empty`},
		{"a broken query", "s3://b?region=%zz", "question mark"},
		{"no bucket", "s3:///prefix", "bucket is missing"},
		{"a port", "s3://b:9000", "endpoint"},
		{"an endpoint without a scheme", "s3://b?endpoint=minio:9000", "https://host:port"},
		{"an endpoint of another scheme", "gs://b?endpoint=ftp://h", "https://host:port"},
		{"a prefix that is no key", "s3://b/a/../c", "prefix"},
		{"a fragment", "s3://b#x", "#"},
		{"credentials", "s3://AKIA:hunter2@b", "credentials"},
		{"credentials in the endpoint", "s3://b?endpoint=http://AKIA:hunter2@h", "endpoint"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := all.Open(test.url)
			if err == nil || !strings.HasPrefix(err.Error(), "OBJECTS_URL: ") || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want OBJECTS_URL: … %s …", err, test.want)
			}
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error repeats a secret: %v", err)
			}
		})
	}
}

func TestOpenSendsNothing(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"s3://b", "s3://b/p?endpoint=https://localhost:1&region=r", "gs://b/p/q/", "gs://b?endpoint=http://localhost:1"} {
		store, err := all.Open(url)
		if err != nil {
			t.Fatalf("%s: %v", url, err)
		}
		if err := store.Close(); err != nil {
			t.Errorf("%s: close: %v", url, err)
		}
	}
}

func TestOpenFolderWithSpacesInItsName(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "my objects")
	store, err := objects.Open("file://"+strings.ReplaceAll(folder, " ", "%20"), dir.Driver)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(t.Context(), "a/b", strings.NewReader("x"), objects.Options{}); err != nil {
		t.Fatal(err)
	}
	if found, err := filepath.Glob(filepath.Join(folder, "a", "b")); err != nil || len(found) != 1 {
		t.Errorf("found %v, %v", found, err)
	}
}

// A function that keeps no files in a cloud must not carry the SDKs.
func TestFolderLinksNoSDK(t *testing.T) {
	t.Parallel()
	list, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "paceline/shared/objects/dir").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, list)
	}
	for pkg := range strings.FieldsSeq(string(list)) {
		if strings.Contains(pkg, "aws") || strings.Contains(pkg, "cloud.google.com") {
			t.Errorf("shared/objects/dir links %s", pkg)
		}
	}
}

func TestSub(t *testing.T) {
	t.Parallel()
	objectstest.Suite(t, func(t testing.TB) objects.Store {
		whole := objectstest.Dir(t)
		for _, neighbour := range []string{"corner/o", "corner/of1/k", "corner/of/k", "z"} {
			if _, err := whole.Put(t.Context(), neighbour, strings.NewReader("not yours"), objects.Options{}); err != nil {
				t.Fatal(err)
			}
		}
		return objects.Sub(whole, "corner/of/me")
	})
}

func TestReadAllRefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	s := objectstest.Dir(t)
	if _, err := s.Put(t.Context(), "k", strings.NewReader("0123456789"), objects.Options{}); err != nil {
		t.Fatal(err)
	}
	if b, _, err := objects.ReadAll(t.Context(), s, "k", 10); err != nil || string(b) != "0123456789" {
		t.Errorf("at the limit: %q, %v", b, err)
	}
	if _, _, err := objects.ReadAll(t.Context(), s, "k", 9); err == nil || !strings.Contains(err.Error(), objects.ErrTooLarge.Error()) {
		t.Errorf("beyond the limit: %v", err)
	}
}
