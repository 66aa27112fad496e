package manifests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	kubejson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// Object is one document, decoded.
type Object struct {
	Where           string // file:line, or the folder that was rendered
	APIVersion      string
	Kind            string
	Namespace, Name string
	Raw             map[string]any
	Typed           runtime.Object // nil when the kind is foreign or the document broken
	Broken          error          // why it is not what its kind takes
}

func (o *Object) String() string { return o.Kind + " " + o.Namespace + "/" + o.Name }

// Set is what one kubectl apply brings, in order.
type Set struct {
	Name    string // knative, or clusters/<name>
	Objects []*Object
}

// Cluster is the name of the folder in clusters/, or "" for the base, which no
// cluster gets as it is.
func (s *Set) Cluster() string {
	name, ok := strings.CutPrefix(s.Name, "clusters/")
	if !ok {
		return ""
	}
	return name
}

// find returns the object of a kind in a namespace, or nil.
func (s *Set) find(kind, namespace, name string) *Object {
	for _, o := range s.Objects {
		if o.Kind == kind && o.Namespace == namespace && o.Name == name {
			return o
		}
	}
	return nil
}

// all are the objects of a set that are a T, in order.
func all[T runtime.Object](s *Set) []T {
	var typed []T
	for _, o := range s.Objects {
		if t, ok := o.Typed.(T); ok {
			typed = append(typed, t)
		}
	}
	return typed
}

// parse reads the documents of one text. What is not YAML at all is an error;
// what does not fit its kind is in Broken.
func parse(where string, text []byte) ([]*Object, error) {
	var objects []*Object
	line := 1
	for _, doc := range mark.Split(string(text), -1) {
		start := line + len(doc) - len(strings.TrimLeft(doc, "\n"))
		line += strings.Count(doc, "\n") + 1
		data, err := yaml.YAMLToJSONStrict([]byte(doc))
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", where, start, err)
		}
		if bytes.Equal(data, []byte("null")) {
			continue
		}
		o, err := newObject(data)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", where, start, err)
		}
		o.Where = fmt.Sprintf("%s:%d", where, start)
		objects = append(objects, o)
	}
	return objects, nil
}

var mark = regexp.MustCompile(`(?m)^---(?: .*)?\n`)

func newObject(data []byte) (*Object, error) {
	var head struct {
		APIVersion, Kind string
		Metadata         struct{ Namespace, Name string }
	}
	o := &Object{}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, err
	}
	if err := kubejson.Unmarshal(data, &o.Raw); err != nil { // with whole numbers as int64, as schemas want them
		return nil, err
	}
	o.APIVersion, o.Kind, o.Namespace, o.Name = head.APIVersion, head.Kind, head.Metadata.Namespace, head.Metadata.Name
	o.Typed, o.Broken = decode(o, data)
	return o, nil
}

// files reads every YAML file below root/dir that is no Kustomize file.
func files(root, dir string) ([]*Object, error) {
	var objects []*Object
	err := filepath.WalkDir(filepath.Join(root, dir), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := filepath.Ext(file); d.IsDir() || ext != ".yaml" && ext != ".yml" || isKustomization(d.Name()) {
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		more, err := parse(filepath.ToSlash(name), text)
		objects = append(objects, more...)
		return err
	})
	return objects, err
}

func isKustomization(name string) bool {
	return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization"
}

// render builds root/dir as `kubectl kustomize` does, and says of each object
// where it was written, which it takes from written.
func render(root, dir string, written []*Object) (*Set, error) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), filepath.Join(root, dir))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	s := &Set{Name: dir}
	for _, r := range built.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		objects, err := parse(dir, text)
		if err != nil {
			return nil, err
		}
		s.Objects = append(s.Objects, objects...)
	}
	places := map[string]string{}
	for _, o := range written {
		places[o.String()] = o.Where
	}
	for _, o := range s.Objects {
		o.Where = dir
		if place := places[o.String()]; place != "" {
			o.Where += " (" + place + ")"
		}
	}
	return s, nil
}

// unapplied are the documents that are in none of the sets.
func unapplied(written []*Object, sets []*Set) []*Object {
	applied := map[string]bool{}
	for _, s := range sets {
		for _, o := range s.Objects {
			applied[o.String()] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(written), func(o *Object) bool { return applied[o.String()] })
}

// clusters are the folders below root/clusters that are built by themselves,
// which components are not. Without clusters there are none.
func clusters(root string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(root, "clusters", "*", "*"))
	var dirs []string
	for _, file := range found {
		if isKustomization(filepath.Base(file)) {
			dirs = append(dirs, "clusters/"+filepath.Base(filepath.Dir(file)))
		}
	}
	return dirs, err
}

// unusedComponents are the folders of root/clusters/components that no cluster
// names, so that no set shows what they do.
func unusedComponents(root string) ([]string, error) {
	components, err := filepath.Glob(filepath.Join(root, "clusters", "components", "*"))
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(root, "clusters", "*", "*"))
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, file := range files {
		if !isKustomization(filepath.Base(file)) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var k types.Kustomization
		if err := k.Unmarshal(text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, c := range k.Components {
			used[filepath.Join(filepath.Dir(file), c)] = true
		}
	}
	return slices.DeleteFunc(components, func(c string) bool { return used[c] }), nil
}
