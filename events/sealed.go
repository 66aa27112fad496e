package events

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// sealedMember is the member of an event's data that holds what is sealed.
const sealedMember = "sealed"

// sealedFields is the members of each type's data whose fields carry the tag
// sealed:"true".
var sealedFields = sync.OnceValue(func() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for _, p := range All() {
		names := map[string]bool{}
		addSealed(reflect.TypeOf(p).Elem(), names)
		all[p.EventType()] = names
	}
	return all
})

func addSealed(t reflect.Type, names map[string]bool) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			addSealed(f.Type, names)
		case f.Tag.Get("sealed") == "true":
			names[name] = true
		}
	}
}

// IsSealed says whether a member of the data of a type travels sealed.
func IsSealed(eventType, member string) bool { return sealedFields()[eventType][member] }

// Split divides the data of a type into what travels as it is and what is to be
// sealed; the second is nil when there is nothing of it.
func Split(eventType string, data json.RawMessage) (open map[string]json.RawMessage, hidden json.RawMessage, err error) {
	names := sealedFields()[eventType]
	if len(names) == 0 {
		return nil, nil, nil
	}
	if err := json.Unmarshal(data, &open); err != nil {
		return nil, nil, fmt.Errorf("events: data of %s: %w", eventType, err)
	}
	apart := map[string]json.RawMessage{}
	for name, value := range open {
		if names[name] {
			apart[name] = value
			delete(open, name)
		}
	}
	if len(apart) == 0 {
		return nil, nil, nil
	}
	hidden, err = json.Marshal(apart)
	return open, hidden, err
}

// WithSealed is the data that travels.
func WithSealed(open map[string]json.RawMessage, sealed []byte) (json.RawMessage, error) {
	b, err := json.Marshal(sealed)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	open[sealedMember] = b
	return json.Marshal(open)
}

// SealedPart takes apart what WithSealed made; sealed is nil for data of which
// nothing is sealed.
func SealedPart(data json.RawMessage) (open map[string]json.RawMessage, sealed []byte, err error) {
	var has struct {
		Sealed []byte `json:"sealed"`
	}
	if err := json.Unmarshal(data, &has); err != nil || has.Sealed == nil {
		return nil, nil, nil //nolint:nilerr // what is no object has no sealed part; who decodes it will say
	}
	if err := json.Unmarshal(data, &open); err != nil {
		return nil, nil, fmt.Errorf("events: sealed data: %w", err)
	}
	delete(open, sealedMember)
	return open, has.Sealed, nil
}

// Join is the opposite of Split.
func Join(open map[string]json.RawMessage, hidden []byte) (json.RawMessage, error) {
	var apart map[string]json.RawMessage
	if err := json.Unmarshal(hidden, &apart); err != nil {
		return nil, fmt.Errorf("events: sealed data: %w", err)
	}
	for name, value := range apart {
		open[name] = value
	}
	return json.Marshal(open)
}
