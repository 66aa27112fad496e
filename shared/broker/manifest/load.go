package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"sigs.k8s.io/yaml"
)

// clusterOnly are the kinds that only a cluster acts on. They are listed, so
// that a kind nobody thought of is an error and not silence.
var clusterOnly = map[string]bool{
	"v1 ConfigMap":                                  true,
	"v1 Namespace":                                  true,
	"v1 Secret":                                     true,
	"v1 ServiceAccount":                             true,
	"cert-manager.io/v1 Certificate":                true,
	"cert-manager.io/v1 Issuer":                     true,
	"eventing.knative.dev/v1alpha1 EventPolicy":     true,
	"eventing.knative.dev/v1alpha1 RequestReply":    true,
	"kustomize.config.k8s.io/v1beta1 Kustomization": true,
	"kustomize.config.k8s.io/v1alpha1 Component":    true,
	"networking.k8s.io/v1 NetworkPolicy":            true,
	"policy/v1 PodDisruptionBudget":                 true,
	"rbac.authorization.k8s.io/v1 Role":             true,
	"rbac.authorization.k8s.io/v1 RoleBinding":      true,
	"serving.knative.dev/v1beta1 DomainMapping":     true,
	"sources.knative.dev/v1 SinkBinding":            true,
}

// Load reads every YAML file of fsys and checks them against each other.
func Load(fsys fs.FS) (*Set, error) {
	s := &Set{}
	seen := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := path.Ext(name); d.IsDir() || ext != ".yaml" && ext != ".yml" {
			return nil
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		for _, doc := range split(name, data) {
			if err := s.add(doc, seen); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if err := s.check(seen); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return s, nil
}

// Services reads the Services of one rendered text. What else is in it is for a
// cluster, and may be more than the local platform does.
func Services(name string, text []byte) ([]Service, error) {
	s := &Set{}
	seen := map[string]string{}
	for _, doc := range split(name, text) {
		var head typeMeta
		if err := yaml.Unmarshal(doc.text, &head); err != nil {
			return nil, fmt.Errorf("manifest: %s: %w", doc.where, err)
		}
		if head.APIVersion != "serving.knative.dev/v1" || head.Kind != "Service" {
			continue
		}
		if err := s.add(doc, seen); err != nil {
			return nil, fmt.Errorf("manifest: %w", err)
		}
	}
	if err := s.check(seen); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return s.Services, nil
}

// document is one YAML document and where it begins.
type document struct {
	where string // file:line
	text  []byte
}

// split cuts a file at its document marks. A mark stands at the start of a
// line, where no value of a document can.
func split(name string, data []byte) []document {
	var docs []document
	var text []byte
	start := 1
	flush := func(next int) {
		if len(bytes.TrimSpace(text)) > 0 {
			docs = append(docs, document{where: fmt.Sprintf("%s:%d", name, start), text: text})
		}
		text, start = nil, next
	}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		mark := bytes.TrimRight(line, " \t\r\n")
		if bytes.Equal(mark, []byte("---")) || bytes.HasPrefix(line, []byte("--- #")) {
			flush(number + 1)
			continue
		}
		text = append(text, line...)
	}
	flush(number)
	return docs
}

// add takes one document into the set.
func (s *Set) add(doc document, seen map[string]string) error {
	data, err := yaml.YAMLToJSONStrict(doc.text)
	if err != nil {
		return fmt.Errorf("%s: %w", doc.where, err)
	}
	if string(data) == "null" { // nothing but comments
		return nil
	}
	var head struct {
		typeMeta
		Metadata Meta `json:"metadata"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return fmt.Errorf("%s: %w", doc.where, fieldError(err))
	}
	if head.Metadata.Namespace == "" {
		head.Metadata.Namespace = DefaultNamespace
	}
	object := head.Kind + " " + head.Metadata.Key()
	if err := s.decode(head.typeMeta, object, data); err != nil {
		return fmt.Errorf("%s: %s: %w", doc.where, object, err)
	}
	if other, twice := seen[object]; twice {
		return fmt.Errorf("%s: %s: metadata.name: declared before at %s", doc.where, object, other)
	}
	seen[object] = doc.where
	return nil
}

func (s *Set) decode(t typeMeta, object string, data []byte) (err error) {
	switch t.APIVersion + " " + t.Kind {
	case "serving.knative.dev/v1 Service":
		s.Services, err = strict(s.Services, data)
	case "eventing.knative.dev/v1 Broker":
		s.Brokers, err = strict(s.Brokers, data)
	case "eventing.knative.dev/v1 Trigger":
		s.Triggers, err = strict(s.Triggers, data)
	case "sources.knative.dev/v1 PingSource":
		s.PingSources, err = strict(s.PingSources, data)
	case "eventing.knative.dev/v1beta3 EventType":
		s.EventTypes, err = strict(s.EventTypes, data)
	default:
		if !clusterOnly[t.APIVersion+" "+t.Kind] {
			return fmt.Errorf("kind: the platform does nothing with %q of %q", t.Kind, t.APIVersion)
		}
		s.Ignored = append(s.Ignored, object)
	}
	return err
}

// strict decodes one object and refuses what T does not name.
func strict[T any](list []T, data []byte) ([]T, error) {
	var object T
	if err := json.Unmarshal(data, &object, json.RejectUnknownMembers(true)); err != nil {
		return nil, fieldError(err)
	}
	return append(list, object), nil
}

var index = regexp.MustCompile(`\.(\d+)`)

// fieldError puts the field first: "spec.retryy: unknown field".
func fieldError(err error) error {
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return err
	}
	field := strings.ReplaceAll(strings.TrimPrefix(string(semantic.JSONPointer), "/"), "/", ".")
	field = index.ReplaceAllString(field, "[$1]")
	if errors.Is(err, json.ErrUnknownName) {
		return fmt.Errorf("%s: unknown field", field)
	}
	if semantic.Err != nil {
		return fmt.Errorf("%s: %w", field, semantic.Err)
	}
	return fmt.Errorf("%s: a JSON %s does not fit here", field, semantic.JSONKind)
}
