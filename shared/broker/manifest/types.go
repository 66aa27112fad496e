package manifest

import (
	"time"

	"paceline/shared/broker/filter"
)

// DefaultNamespace is where an object without a namespace lives.
const DefaultNamespace = "default"

// Set is everything that the files declare for the local platform.
type Set struct {
	Services    []Service
	Brokers     []Broker
	Triggers    []Trigger
	PingSources []PingSource
	EventTypes  []EventType
	// Ignored names the objects that only a cluster acts on: "Kind namespace/name".
	Ignored []string
}

// Meta is the part of metadata that we use.
type Meta struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// Key is namespace/name.
func (m Meta) Key() string { return m.Namespace + "/" + m.Name }

type typeMeta struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

// Broker is an eventing.knative.dev/v1 Broker.
type Broker struct {
	typeMeta
	Metadata Meta `json:"metadata"`
	Spec     struct {
		Delivery *Delivery `json:"delivery"`
	} `json:"spec"`
}

// Trigger is an eventing.knative.dev/v1 Trigger.
type Trigger struct {
	typeMeta
	Metadata Meta `json:"metadata"`
	Spec     struct {
		Broker string `json:"broker"`
		Filter *struct {
			Attributes map[string]string `json:"attributes"`
		} `json:"filter"`
		// Filters win over Filter when there are any.
		Filters    []filter.Spec `json:"filters"`
		Subscriber Destination   `json:"subscriber"`
		Delivery   *Delivery     `json:"delivery"`
	} `json:"spec"`
}

// Compile is the condition of the trigger. A Set holds only triggers whose
// filters compile.
func (t Trigger) Compile() (*filter.Filter, error) {
	switch {
	case len(t.Spec.Filters) > 0:
		return filter.All(t.Spec.Filters)
	case t.Spec.Filter != nil:
		return filter.Attributes(t.Spec.Filter.Attributes)
	default:
		return filter.Everything(), nil
	}
}

// PingSource is a sources.knative.dev/v1 PingSource.
type PingSource struct {
	typeMeta
	Metadata Meta `json:"metadata"`
	Spec     struct {
		Schedule    string      `json:"schedule"` // cron with optional seconds; empty: each minute
		Timezone    string      `json:"timezone"` // IANA name; empty: UTC
		ContentType string      `json:"contentType"`
		Data        string      `json:"data"`
		DataBase64  string      `json:"dataBase64"`
		Sink        Destination `json:"sink"`
		CEOverrides *struct {
			Extensions map[string]string `json:"extensions"`
		} `json:"ceOverrides"`
	} `json:"spec"`
}

// Destination is where events go: a declared object, with an optional path, or
// an address.
type Destination struct {
	Ref      *Ref   `json:"ref,omitempty"`
	URI      string `json:"uri,omitempty"`
	Audience string `json:"audience,omitempty"` // of the token that goes with the event
}

// Ref names a Service or a Broker.
type Ref struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Namespace  string `json:"namespace,omitempty"`
}

// Delivery says how hard the broker tries.
type Delivery struct {
	DeadLetterSink *Destination `json:"deadLetterSink"`
	Retry          *int         `json:"retry"`         // attempts after the first
	BackoffPolicy  string       `json:"backoffPolicy"` // linear or exponential
	BackoffDelay   *Duration    `json:"backoffDelay"`
	Timeout        *Duration    `json:"timeout"`       // of one attempt
	RetryAfterMax  *Duration    `json:"retryAfterMax"` // 0: Retry-After is not heeded
}

// Duration is an ISO 8601 duration such as PT0.2S.
type Duration time.Duration

// UnmarshalText parses the ISO 8601 form.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}
