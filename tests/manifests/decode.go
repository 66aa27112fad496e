package manifests

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	eventingv1 "knative.dev/eventing/pkg/apis/eventing/v1"
	eventingv1alpha1 "knative.dev/eventing/pkg/apis/eventing/v1alpha1"
	eventingv1beta3 "knative.dev/eventing/pkg/apis/eventing/v1beta3"
	sourcesv1 "knative.dev/eventing/pkg/apis/sources/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	servingv1beta1 "knative.dev/serving/pkg/apis/serving/v1beta1"
)

// foreign are kinds of other operators, whose types are not in these modules:
// of them only the name is known here.
var foreign = map[string]bool{
	"eventing.knative.dev/v1alpha1 RabbitmqBrokerConfig": true,
	"rabbitmq.com/v1beta1 RabbitmqCluster":               true,
}

var strict = func() runtime.Decoder {
	types := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		scheme.AddToScheme, servingv1.AddToScheme, servingv1beta1.AddToScheme,
		eventingv1.AddToScheme, eventingv1alpha1.AddToScheme, eventingv1beta3.AddToScheme, sourcesv1.AddToScheme,
	} {
		if err := add(types); err != nil {
			panic(err) // two packages claim one kind: no test could mean anything
		}
	}
	return serializer.NewCodecFactory(types, serializer.EnableStrict).UniversalDeserializer()
}()

// decode gives the document its type; a field that the type does not have is
// an error that names it.
func decode(o *Object, data []byte) (runtime.Object, error) {
	kind := o.APIVersion + " " + o.Kind
	if foreign[kind] {
		return nil, nil
	}
	typed, _, err := strict.Decode(data, nil, nil)
	if runtime.IsNotRegisteredError(err) {
		return nil, fmt.Errorf("no types are known here for %q: is it a slip, or a kind to list as foreign?", kind)
	}
	return typed, err
}
