package manifests

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

const root = "../.."

// house is read once: the CRDs are large.
var house = sync.OnceValues(func() ([]Rule, error) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return nil, err
	}
	return House(root, string(readme))
})

func rules(t *testing.T) []Rule {
	t.Helper()
	all, err := house()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// written is every document below knative and clusters as it stands.
func written(t *testing.T) []*Object {
	t.Helper()
	var objects []*Object
	for _, dir := range []string{"knative", "clusters"} {
		if _, err := os.Stat(filepath.Join(root, dir)); err != nil {
			t.Logf("there is no folder %s", dir)
			continue
		}
		more, err := files(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, more...)
	}
	return objects
}

// sets are the base and each cluster, rendered.
func sets(t *testing.T) []*Set {
	t.Helper()
	objects := written(t)
	dirs, err := clusters(root)
	if err != nil {
		t.Fatal(err)
	}
	var all []*Set
	for _, dir := range append([]string{"knative"}, dirs...) {
		s, err := render(root, dir, objects)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// Each set keeps every rule.
func TestManifestsKeepTheRules(t *testing.T) {
	t.Parallel()
	for _, s := range sets(t) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			for _, f := range check(s, rules(t)) {
				t.Error(f)
			}
			t.Logf("%d objects", len(s.Objects))
		})
	}
}

// Every document fits its kind as it stands, before Kustomize tidies it, and is
// in a set: a file that nobody applies promises what is not so.
func TestEveryFileIsTakenAndApplied(t *testing.T) {
	t.Parallel()
	for _, o := range written(t) {
		if o.Broken != nil {
			t.Errorf("%s: %s: %s", o.Where, o, o.Broken)
		}
	}
	for _, o := range unapplied(written(t), sets(t)) {
		t.Errorf("%s: %s is in no set: name its file in a Kustomization", o.Where, o)
	}
}

// A component that no cluster has is checked by nobody.
func TestEveryComponentIsUsed(t *testing.T) {
	t.Parallel()
	unused, err := unusedComponents(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range unused {
		t.Errorf("no cluster has %s", c)
	}
}
