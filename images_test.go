package paceline

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"paceline/shared/broker/manifest"
	"paceline/shared/function/local"
	"paceline/shared/function/redistest"
)

const (
	maxProgram = 29 << 20 // packed; with certificates and time zones an image is 30 MiB at most
	nonroot    = 65532    // who runs in an image without a shell
)

// given is what a cluster's Secrets and ConfigMaps say, by variable; others may
// be empty.
func given(t *testing.T) map[string]string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close() // it only found a free port
	redistest.ServerURL(t, "--port", port, "--bind", "127.0.0.1")
	return map[string]string{
		"REDIS_URL": "redis://127.0.0.1:" + port, "OBJECTS_URL": "s3://paceline?region=us-east-1&endpoint=https://127.0.0.1:1", "PUBLIC_URL": "https://paceline.example",
		"KEK_URI": "file:///etc/paceline/kek/kek.json", "SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "no-reply@paceline.example",
	}
}

// image lays out what a container of a function sees, for everybody to read and
// nobody to write: the program, and what its manifest mounts.
func image(t *testing.T, dir, program, keys string) {
	t.Helper()
	name := filepath.Base(program)
	for to, from := range map[string]string{
		"app/" + name: program, "etc/paceline/identity/key.pem": filepath.Join(keys, name+".pem"), "etc/paceline/keys/jwks.json": filepath.Join(keys, "jwks.json"),
		"etc/paceline/kek/kek.json": filepath.Join(keys, "kek.json"), "etc/paceline/accounts/key": filepath.Join(keys, "accounts.key"),
		"etc/paceline/accounts/passwords": filepath.Join(keys, "passwords.key"), "etc/paceline/keys/cluster.json": "", "var/run/paceline/broker/token": "",
	} {
		var content []byte
		if from != "" {
			var err error
			if content, err = os.ReadFile(from); err != nil {
				t.Fatal(err)
			}
		}
		file := filepath.Join(dir, to)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	closed := func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chmod(path, 0o555)
	}
	if err := filepath.WalkDir(dir, closed); err != nil {
		t.Fatal(err)
	}
}

// tree is every file below dir.
func tree(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		files = append(files, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// environment is what the manifest of a function sets.
func environment(s manifest.Service, given map[string]string) map[string]string {
	vars := map[string]string{}
	for _, v := range s.Spec.Template.Spec.Containers[0].Env {
		if vars[v.Name] = v.Value; v.ValueFrom != nil {
			vars[v.Name] = given[v.Name]
		}
	}
	return vars
}

// Each function is one static program, small enough for a cold start, that
// answers as nobody in particular with a root that it cannot write to and with
// nothing else in it: no shell, no library, no folder for temporary files.
func TestImagesNeedNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("it links every function")
	}
	t.Parallel()
	var packages []string
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		packages = append(packages, "./functions/cmd/"+name)
	}
	programs, given := build(t, packages...), given(t)
	keys := filepath.Join(t.TempDir(), "keys")
	if _, err := local.OpenKeys(keys, issuers(), time.Now); err != nil {
		t.Fatal(err)
	}
	for _, s := range manifests(t).Services {
		name := s.Metadata.Name
		t.Run(name, func(t *testing.T) {
			program := filepath.Join(programs, name)
			static(t, program)
			if os.Getuid() != 0 {
				t.Skip("only root can give a program another root")
			}
			dir := t.TempDir()
			image(t, dir, program, keys)
			before := tree(t, dir)
			var said bytes.Buffer
			p := launch(t, "/app/"+name, environment(s, given), func(c *exec.Cmd) {
				c.Stdout, c.Stderr, c.Dir = &said, &said, "/"
				c.SysProcAttr = &syscall.SysProcAttr{Chroot: dir, Credential: &syscall.Credential{Uid: nonroot, Gid: nonroot}}
			})
			t.Cleanup(func() { // what it said is of use when it did not start
				if t.Failed() {
					t.Logf("%s", &said)
				}
			})
			p.answers(t, "/health/readiness")
			p.end(t)
			for _, word := range []string{"permission denied", "read-only", "panic"} {
				if strings.Contains(said.String(), word) {
					t.Errorf("%s:\n%s", word, &said)
				}
			}
			if after := tree(t, dir); !slices.Equal(before, after) {
				t.Errorf("it left files: %q, were %q", after, before)
			}
		})
	}
}

// static wants a program that needs no other file, and that is small.
func static(t *testing.T, program string) {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if libraries, err := f.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("it wants the libraries %q (%v)", libraries, err)
	}
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Error("it wants a loader")
	}
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(content) // a buffer never fails
	_ = z.Close()
	if packed.Len() > maxProgram {
		t.Errorf("it is %.1f MiB packed", float64(packed.Len())/(1<<20))
	}
	t.Logf("%.1f MiB packed, %.1f MiB", float64(packed.Len())/(1<<20), float64(len(content))/(1<<20))
}
