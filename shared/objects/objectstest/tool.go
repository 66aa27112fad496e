package objectstest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// buildTime bounds a build; versitygw takes minutes on a small machine.
const buildTime = 9 * time.Minute

// tool is a server that we build from a module of its own under tools/.
type tool struct {
	folder string // under tools/
	module string
	pkg    string // the main package
}

var (
	versitygw = tool{"versitygw", "github.com/versity/versitygw", "github.com/versity/versitygw/cmd/versitygw"}
	fakeGCS   = tool{"fakegcs", "github.com/fsouza/fake-gcs-server", "github.com/fsouza/fake-gcs-server"}
)

// binary is the path of the tool's program, which is built when it is not
// there yet. Without it the test ends: skipped, or failed with CI=true.
func (o tool) binary(t testing.TB) string {
	t.Helper()
	path, err := o.find(t.Context())
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("no %s: %v", o.folder, err)
	default:
		t.Skipf("no %s, so this test did not run: %v", o.folder, err)
	}
	return path
}

func (o tool) find(ctx context.Context) (string, error) {
	source, err := o.source()
	if err != nil {
		return "", err
	}
	version, err := o.version(source)
	if err != nil {
		return "", err
	}
	cache, err := toolsFolder()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(cache, o.folder+"-"+version)
	path := filepath.Join(folder, o.folder)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(folder, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, err := os.Stat(path); err == nil {
		return path, nil // another test process has built it meanwhile
	}
	return path, o.build(ctx, source, path)
}

// source is the folder of the tool's module: tools/ lies beside our go.mod.
func (o tool) source() (string, error) {
	at, err := os.Getwd() // go test runs a test in its package's folder
	if err != nil {
		return "", err
	}
	for ; at != filepath.Dir(at); at = filepath.Dir(at) {
		folder := filepath.Join(at, "tools", o.folder)
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
	}
	return "", fmt.Errorf("tools/%s is in no folder above this package", o.folder)
}

// version is the one that the tool's go.mod pins.
func (o tool) version(source string) (string, error) {
	mod, err := os.ReadFile(filepath.Join(source, "go.mod"))
	if err != nil {
		return "", err
	}
	match := regexp.MustCompile(`(?m)^(?:require)?\s*` + regexp.QuoteMeta(o.module) + ` (v\S+)`).FindSubmatch(mod)
	if match == nil {
		return "", fmt.Errorf("%s does not require %s", source, o.module)
	}
	return string(match[1]), nil
}

func toolsFolder() (string, error) {
	if folder := os.Getenv("PACELINE_TOOLS"); folder != "" {
		return folder, nil
	}
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "paceline-tools"), err
}

// build makes path in one step, so that nobody runs half a program.
func (o tool) build(ctx context.Context, source, path string) error {
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	half := path + ".new"
	cmd := exec.CommandContext(ctx, "go", "build", "-C", source, "-trimpath", "-buildvcs=false", "-o", half, o.pkg)
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return errors.Join(fmt.Errorf("build %s: %w", o.pkg, err), errors.New(lines[len(lines)-1]))
	}
	return os.Rename(half, path)
}
