package paceline

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
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
	case f == "events", f == "knative":
		return false
	case strings.HasPrefix(f, "shared/"):
		return u == "events"
	default:
		return u == "events" || strings.HasPrefix(u, "shared/")
	}
}

// unit is "events", "shared/function", "functions/stats", "functions/cmd" …
func unit(p string) string {
	parts := strings.SplitN(p, "/", 3)
	return strings.Join(parts[:min(2, len(parts))], "/")
}

// imports calls see with every import of every Go file of the module.
func imports(t *testing.T, see func(file, dir, path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || d.Name() == "tools" || (strings.HasPrefix(d.Name(), ".") && file != ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range parsed.Imports {
			path, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			see(filepath.ToSlash(file), filepath.ToSlash(filepath.Dir(file)), path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	seen := 0
	imports(t, func(file, dir, path string) {
		to, ours := strings.CutPrefix(path, "paceline/")
		if !ours {
			if dir == "events" && strings.Contains(path, ".") && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s imports %s: events is the contract and needs the standard library only", file, path)
			}
			return
		}
		seen++
		if !allowed(dir, to) {
			t.Errorf("%s imports %s: functions know each other through events only, and shared packages know nothing of functions or of each other", file, path)
		}
	})
	if seen == 0 {
		t.Error("no import of ours was seen: the test looks at the wrong place")
	}
}

func TestImportsOfJWTAreInOnePlace(t *testing.T) {
	t.Parallel()
	imports(t, func(file, dir, path string) {
		if strings.HasPrefix(path, "github.com/golang-jwt/jwt") && dir != "shared/function/identity" {
			t.Errorf("%s imports %s: one package verifies tokens, so that a rule that is mended there holds everywhere", file, path)
		}
	})
}
