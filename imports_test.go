package paceline

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed is the import rule: what each part may know of the others, so that
// functions meet in events alone and any of them can be deployed by itself.
func allowed(from, to string) bool {
	switch f, u := unit(from), unit(to); {
	case f == ".", f == "functions/cmd", f == u:
		return true // the composition root, the mains, a package's own subpackages
	case f == "events", f == "knative", u == "shared/operator":
		return false // what operators use is no part of what they operate
	case f == "tests/e2e":
		return u == "events" || strings.HasPrefix(u, "shared/") || forTests(to)
	case f == "shared/operator":
		return u == "events" || strings.HasPrefix(u, "shared/")
	case strings.HasPrefix(f, "shared/"):
		return u == "events" || u == "shared/tlstest" || u == "shared/inventory" // certificates for every server of the tests; data that imports nothing
	default:
		return u == "events" || strings.HasPrefix(u, "shared/")
	}
}

// unit is "events", "shared/function", "functions/stats", "functions/cmd" …
func unit(p string) string {
	parts := strings.SplitN(p, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// source is one Go file of the module.
type source struct {
	file, dir string // with slashes, from the root
	test      bool   // a _test.go file, or one of a package for tests
	parsed    *ast.File
}

// imports are the paths that the file names.
func (s source) imports(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, i := range s.parsed.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	return paths
}

// forTests says whether a package is named as one that only tests want:
// redistest, functiontest …
func forTests(pkg string) bool { return strings.HasSuffix(path.Base(pkg), "test") }

// skipped are folders that are not of the module, or not of the project.
func skipped(name string) bool {
	return name == "testdata" || name == "tools" || name == "var" || strings.HasPrefix(name, "zz_") || (strings.HasPrefix(name, ".") && name != ".")
}

// nested says whether a folder is a module of its own.
func nested(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil && dir != "."
}

// sources is every Go file of the module, read as mode says.
func sources(t *testing.T, mode parser.Mode) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (skipped(d.Name()) || nested(file)):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go"):
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, mode)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(file))
		all = append(all, source{filepath.ToSlash(file), dir, strings.HasSuffix(file, "_test.go") || forTests(dir), parsed})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("there is no Go file here: the test looks at the wrong place")
	}
	return all
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, parser.ImportsOnly) {
		for _, i := range s.imports(t) {
			to, ours := strings.CutPrefix(i, "paceline/")
			switch {
			case !ours && unit(s.dir) == "events" && strings.Contains(i, ".") && !s.test:
				t.Errorf("%s imports %s: events is the contract and needs the standard library only", s.file, i)
			case i == "paceline" && unit(s.dir) != "functions/cmd":
				t.Errorf("%s imports the root: it joins everything, so whoever imports it imports everybody", s.file)
			case ours && !allowed(s.dir, to):
				t.Errorf("%s imports %s: functions know each other through events only, and shared packages know nothing of functions or of each other", s.file, i)
			}
		}
	}
}

func TestImportsOfJWTAreInOnePlace(t *testing.T) {
	t.Parallel()
	libraries := []string{"github.com/golang-jwt/", "github.com/lestrrat-go/", "github.com/go-jose/", "github.com/nats-io/jwt"}
	for _, s := range sources(t, parser.ImportsOnly) {
		for _, i := range s.imports(t) {
			jwt := slices.ContainsFunc(libraries, func(l string) bool { return strings.HasPrefix(i, l) })
			if jwt && s.dir != "shared/function/identity" {
				t.Errorf("%s imports %s: one package verifies tokens, so that a rule that is mended there holds everywhere", s.file, i)
			}
		}
	}
}

func TestImportsOfTestPackagesAreInTests(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, parser.ImportsOnly) {
		if s.test || s.dir == "functions/cmd/demo" { // its club needs files that no real person recorded
			continue
		}
		for _, i := range s.imports(t) {
			if forTests(i) && (i == "testing/fstest" || strings.HasPrefix(i, "paceline/") || strings.HasPrefix(i, "net/http/")) {
				t.Errorf("%s imports %s: what is for tests has no place in a program", s.file, i)
			}
		}
	}
}

// What speaks to a cluster's API server is large, and no function has any
// business with it: the operators' command alone links it.
func TestImportsOfAClusterAreTheOperators(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t, parser.ImportsOnly) {
		for _, i := range s.imports(t) {
			if (strings.HasPrefix(i, "k8s.io/") || strings.HasPrefix(i, "github.com/spf13/")) && unit(s.dir) != "shared/operator" && !s.test {
				t.Errorf("%s imports %s: that is for shared/operator", s.file, i)
			}
			if strings.HasPrefix(i, "paceline/shared/operator") && unit(s.dir) == "functions/cmd" && s.dir != "functions/cmd/kn-paceline" {
				t.Errorf("%s imports %s: a function would link the client of the cluster", s.file, i)
			}
		}
	}
	list := []string{"list", "-tags", "disable_grpc_modules,grpcnotrace,noprometheus", "-deps"}
	for name := range functions {
		list = append(list, "./functions/cmd/"+name)
	}
	linked, err := exec.CommandContext(t.Context(), "go", list...).Output()
	if err != nil || len(linked) == 0 {
		t.Fatalf("go list: %v", err)
	}
	for _, far := range []string{"k8s.io/client-go", "k8s.io/api/", "github.com/spf13/cobra"} {
		if strings.Contains(string(linked), far) {
			t.Errorf("a function links %s", far)
		}
	}
}

// clocks are the files that may read the machine's clock, each with its reason.
// Everywhere else the time is an argument or a func that a test holds.
var clocks = map[string]string{
	"function.go":                    "the platform's own clock begins here",
	"shared/function/main.go":        "the clock of a function in a cluster begins here",
	"shared/operator/tool.go":        "the clock of the operators' command begins here",
	"shared/function/store/store.go": "the default of a Config whose Now a test sets",
	"shared/broker/config.go":        "the default of a Config whose Now a test sets",
	"shared/objects/dir/dir.go":      "compared with the times that the file system gave to files",
	"shared/function/seal/kek.go":    "a request to AWS is signed with its time",
	"functions/gateway/body.go":      "the deadline of a connection is a time of the machine",
	"shared/objects/gcs/link.go":     "a link is signed with the time of its end",
	"functions/cmd/demo/club.go":     "a main: its club was out in the last weeks",
}

func TestImportsOfTheClockAreFew(t *testing.T) {
	t.Parallel()
	read := map[string]bool{}
	for _, s := range sources(t, parser.SkipObjectResolution) {
		if s.test {
			continue
		}
		ast.Inspect(s.parsed, func(n ast.Node) bool {
			if of, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := of.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains([]string{"Now", "Since", "Until"}, of.Sel.Name) {
					read[s.file] = true
				}
			}
			return true
		})
	}
	for file := range read {
		if clocks[file] == "" {
			t.Errorf("%s reads the clock: take the time, or a func() time.Time, so that a test can hold it still", file)
		}
	}
	for file := range clocks {
		if !read[file] {
			t.Errorf("%s is listed as a reader of the clock and is none", file)
		}
	}
}
