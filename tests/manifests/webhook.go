package manifests

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	eventingconfig "knative.dev/eventing/pkg/apis/config"
	"knative.dev/eventing/pkg/apis/feature"
	"knative.dev/pkg/apis"
	servingconfig "knative.dev/serving/pkg/apis/config"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/yaml"
)

// webhooks default and validate as the admission webhooks of a fresh
// installation do, with the ConfigMaps of the releases.
type webhooks struct {
	serving       map[string]string // config-features as installed
	servingFlags  []string          // every flag that could be switched on
	eventing      map[string]string
	eventingFlags []string
	brokers       *eventingconfig.Defaults
	granted       map[string]bool // flags that the README names, for an operator to switch on
}

func newWebhooks(serving, eventing, readme string) (*webhooks, error) {
	features, err := configMap(serving, "features.yaml")
	if err != nil {
		return nil, err
	}
	var examples map[string]string
	if err := yaml.Unmarshal([]byte(features.Data["_example"]), &examples); err != nil {
		return nil, fmt.Errorf("features.yaml of serving: %w", err)
	}
	flags, err := configMap(eventing, "features.yaml")
	if err != nil {
		return nil, err
	}
	defaults, err := configMap(eventing, "default-broker.yaml")
	if err != nil {
		return nil, err
	}
	w := &webhooks{serving: features.Data, eventing: flags.Data, granted: map[string]bool{}}
	w.servingFlags, w.eventingFlags = slices.Sorted(maps.Keys(examples)), slices.Sorted(maps.Keys(flags.Data))
	if w.brokers, err = eventingconfig.NewDefaultsConfigFromConfigMap(defaults); err != nil {
		return nil, err
	}
	for _, flag := range slices.Concat(w.servingFlags, w.eventingFlags) {
		w.granted[flag] = strings.Contains(readme, "`"+flag+"`")
	}
	return w, nil
}

// context is that of a creation on a cluster that has switched on these flags
// beside those granted.
func (w *webhooks) context(more ...string) (context.Context, error) {
	serving, eventing := maps.Clone(w.serving), maps.Clone(w.eventing)
	for _, flag := range slices.Concat(w.servingFlags, w.eventingFlags) {
		if !w.granted[flag] && !slices.Contains(more, flag) {
			continue
		}
		if slices.Contains(w.eventingFlags, flag) {
			eventing[flag] = "enabled"
		} else {
			serving[flag] = "enabled"
		}
	}
	features, err := servingconfig.NewFeaturesConfigFromMap(serving)
	if err != nil {
		return nil, err
	}
	flags, err := feature.NewFlagsConfigFromMap(eventing)
	if err != nil {
		return nil, err
	}
	ctx := apis.WithinCreate(context.Background())
	ctx = servingconfig.ToContext(ctx, servingconfig.FromContextOrDefaults(servingconfig.ToContext(ctx, &servingconfig.Config{Features: features})))
	ctx = eventingconfig.ToContext(ctx, &eventingconfig.Config{Defaults: w.brokers})
	return feature.ToContext(ctx, flags), nil
}

// knative is what Knative's kinds have in common.
type knative interface {
	apis.Defaultable
	apis.Validatable
}

// rule reports what a webhook would refuse or warn of, and the flag with which
// it would not.
func (w *webhooks) rule() Rule {
	return Rule{"webhook", func(s *Set, report func(*Object, string, ...any)) {
		for _, o := range s.Objects {
			if _, ok := o.Typed.(knative); !ok {
				continue
			}
			refused := w.refusal(o)
			if refused == "" {
				continue
			}
			for _, flag := range slices.Concat(w.servingFlags, w.eventingFlags) {
				if w.refusal(o, flag) == "" {
					refused += fmt.Sprintf(" (needs the feature flag %s)", flag)
				}
			}
			report(o, "%s", refused)
		}
	}}
}

func (w *webhooks) refusal(o *Object, flags ...string) string {
	ctx, err := w.context(flags...)
	if err != nil {
		return err.Error()
	}
	obj := o.Typed.DeepCopyObject().(knative)
	if service, ok := obj.(*servingv1.Service); ok {
		for i, c := range service.Spec.Template.Spec.Containers { // ko puts the image's real name there
			service.Spec.Template.Spec.Containers[i].Image = strings.Replace(c.Image, "ko://", "registry.example/", 1)
		}
	}
	obj.SetDefaults(ctx)
	if err := obj.Validate(ctx); err != nil {
		return err.Error()
	}
	return ""
}
