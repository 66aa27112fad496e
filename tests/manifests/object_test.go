package manifests

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"knative.dev/eventing/pkg/apis/eventing/v1beta2"
	"knative.dev/eventing/pkg/apis/eventing/v1beta3"

	"github.com/google/go-cmp/cmp"
)

// put writes the files of a small module and returns its root.
func put(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	base      = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n"
	overlay   = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../../knative]\ncomponents: [../components/used]\n"
	component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: x-\n"
	account   = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: NAME, namespace: ns}\n"
)

func TestRenderSaysWhereAnObjectWasWritten(t *testing.T) {
	t.Parallel()
	root := put(t, map[string]string{
		"knative/Kustomization":                             base,
		"knative/a.yaml":                                    "# first\n\n---\n# nothing\n---\n" + strings.Replace(account, "NAME", "a", 1) + "---\n\n" + strings.Replace(account, "NAME", "b", 1),
		"knative/forgotten.yaml":                            strings.Replace(account, "NAME", "c", 1),
		"clusters/one/kustomization.yaml":                   overlay,
		"clusters/components/used/kustomization.yaml":       component,
		"clusters/components/never/kustomization.yaml":      component,
		"clusters/components/never/policies/something.yaml": "",
	})
	dirs, err := clusters(root)
	if err != nil || !slices.Equal(dirs, []string{"clusters/one"}) {
		t.Fatalf("clusters are %v %v", dirs, err)
	}
	objects, err := files(root, "knative")
	if err != nil {
		t.Fatal(err)
	}
	s, err := render(root, "knative", objects)
	if err != nil {
		t.Fatal(err)
	}
	var where []string
	for _, o := range s.Objects {
		where = append(where, o.String()+" "+o.Where)
	}
	if want := []string{"ServiceAccount ns/a knative (knative/a.yaml:6)", "ServiceAccount ns/b knative (knative/a.yaml:11)"}; !slices.Equal(where, want) {
		t.Errorf("objects are %q, want %q", where, want)
	}
	if left := unapplied(objects, []*Set{s}); len(left) != 1 || left[0].Name != "c" {
		t.Errorf("in no set are %v", left)
	}
	if one, err := render(root, "clusters/one", objects); err != nil || len(one.Objects) != 2 || one.Objects[0].Name != "x-a" || one.Cluster() != "one" || s.Cluster() != "" {
		t.Errorf("the cluster is %+v, %v", one, err)
	}
	if unused, err := unusedComponents(root); err != nil || len(unused) != 1 || filepath.Base(unused[0]) != "never" {
		t.Errorf("unused are %v %v", unused, err)
	}
}

func TestWithoutClustersThereAreNone(t *testing.T) {
	t.Parallel()
	dirs, err := clusters(t.TempDir())
	if err != nil || len(dirs) > 0 {
		t.Errorf("clusters are %v %v", dirs, err)
	}
}

func TestWhatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	for want, texts := range map[string]map[string]string{
		"knative/a.yaml:4":       {"knative/a.yaml": "a: b\n---\n\nkind: A\nkind: B\n"},
		`unknown field "mergee"`: {"knative/Kustomization": base + "mergee: true\n", "knative/a.yaml": account},
		"a.yaml":                 {"knative/Kustomization": base},
	} {
		root := put(t, texts)
		objects, err := files(root, "knative")
		if err == nil {
			_, err = render(root, "knative", objects)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

// EventTypes are stored as v1beta2. What that version has no place for would be
// gone after the first apply, and each further apply would find a difference.
func TestEventTypesSurviveTheirStorage(t *testing.T) {
	t.Parallel()
	types := all[*v1beta3.EventType](&Set{Objects: written(t)})
	if len(types) == 0 {
		t.Fatal("there are no EventTypes")
	}
	for _, e := range types {
		stored, back := &v1beta2.EventType{}, &v1beta3.EventType{}
		if err := stored.ConvertFrom(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		if err := stored.ConvertTo(t.Context(), back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e.Spec, back.Spec); diff != "" {
			t.Errorf("%s: -written +stored\n%s", e.Name, diff)
		}
		if stored.Spec.Type == "" || stored.Spec.Source == nil || stored.Spec.Reference == nil || stored.Spec.Description == "" {
			t.Errorf("%s: kn would list %+v", e.Name, stored.Spec)
		}
	}
}
