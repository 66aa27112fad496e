package manifests

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structural "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// schemas are those by which an API server with the releases' CRDs stores
// objects, by "apiVersion Kind".
type schemas map[string]schema

type schema struct {
	structure *structural.Structural
	validator validation.SchemaCreateValidator
}

// newSchemas reads the CRDs of folders; a version that is not served is left out.
func newSchemas(folders ...string) (schemas, error) {
	all := schemas{}
	for _, folder := range folders {
		found, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("no CRD in %s: %w", folder, err)
		}
		for _, file := range found {
			if err := all.read(file); err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	return all, nil
}

func (all schemas) read(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.Unmarshal(text, crd); err != nil {
		return err
	}
	for _, v := range crd.Spec.Versions {
		if !v.Served {
			continue
		}
		internal := &apiextensions.JSONSchemaProps{}
		if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v.Schema.OpenAPIV3Schema, internal, nil); err != nil {
			return err
		}
		structure, err := structural.NewStructural(internal)
		if err != nil {
			return err
		}
		validator, _, err := validation.NewSchemaValidator(internal)
		if err != nil {
			return err
		}
		all[crd.Spec.Group+"/"+v.Name+" "+crd.Spec.Names.Kind] = schema{structure, validator}
	}
	return nil
}

// rule reports what the API server would refuse, and the fields that it would
// drop without a word.
func (all schemas) rule() Rule {
	return Rule{"schema", func(s *Set, report func(*Object, string, ...any)) {
		for _, o := range s.Objects {
			schema, ok := all[o.APIVersion+" "+o.Kind]
			if _, custom := o.Typed.(knative); custom && !ok {
				report(o, "the releases' CRDs do not serve %s", o.APIVersion)
			}
			if !ok {
				continue
			}
			for _, err := range validation.ValidateCustomResource(nil, o.Raw, schema.validator) {
				report(o, "%s", err)
			}
			pruned := pruning.PruneWithOptions(runtime.DeepCopyJSON(o.Raw), schema.structure, true, structural.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
			for _, path := range pruned {
				report(o, "the API server would drop %s", path)
			}
		}
	}}
}
