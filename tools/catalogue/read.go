package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"

	"paceline/events"
	"paceline/knative"
	"paceline/shared/broker/manifest"
)

// Row is one event type and all that is known of it.
type Row struct {
	Type        string
	Description string   // sentences, without the struct's name
	Functions   []string // who makes it, sorted; none for what a PingSource sends
	Schedules   []string // the PingSources that send it, as namespace/name, sorted
	Listeners   []string // who has a Trigger for it, sorted
	Payload     Schema
	Example     events.Envelope // the golden event
}

// Sources are the CloudEvents sources of the row.
func (r Row) Sources() []string {
	var sources []string
	for _, f := range r.Functions {
		sources = append(sources, events.Source(f))
	}
	for _, key := range r.Schedules {
		sources = append(sources, "/apis/v1/namespaces/"+path.Dir(key)+"/pingsources/"+path.Base(key))
	}
	return sources
}

// DataSchema is the dataschema of the events, or "": a PingSource sets none.
func (r Row) DataSchema() string {
	if len(r.Schedules) > 0 {
		return ""
	}
	return events.SchemaBase + r.Type
}

// read joins everything that the module at root says of events.
func read(root string) ([]Row, error) {
	set, err := manifest.Load(without{knative.Manifests, "eventtypes.yaml"})
	if err != nil {
		return nil, err
	}
	text, err := comments(filepath.Join(root, "events"))
	if err != nil {
		return nil, err
	}
	made, err := makers(filepath.Join(root, "functions"))
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, p := range events.All() {
		t := reflect.TypeOf(p).Elem()
		by := made[t.Name()]
		// What the kit makes for every function; of signals some begin in functions.
		if len(by) == 0 || p.EventType() == events.TypeSecuritySignal {
			by = slices.Sorted(slices.Values(events.Senders(p.EventType())))
		}
		row := Row{Type: p.EventType(), Description: text.sentence(t.Name()), Functions: by, Listeners: listeners(set, p.EventType())}
		if row.Type == events.TypePing {
			for _, ping := range set.PingSources {
				row.Schedules = append(row.Schedules, ping.Metadata.Key())
			}
		}
		if len(row.Sources()) == 0 {
			return nil, fmt.Errorf("nobody makes events.%s", t.Name())
		}
		if row.Description == "" {
			return nil, fmt.Errorf("events.%s has no comment", t.Name())
		}
		if row.Payload, err = schemaOf(t, text); err != nil {
			return nil, err
		}
		if row.Example, err = golden(root, row.Type); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func golden(root, eventType string) (e events.Envelope, err error) {
	name := filepath.Join(root, "events", "testdata", eventType+".json")
	b, err := os.ReadFile(name)
	if err != nil {
		return e, err
	}
	if err := json.Unmarshal(b, &e); err != nil {
		return e, fmt.Errorf("%s: %w", name, err)
	}
	return e, nil
}

// listeners are the subscribers of the Triggers for a type.
func listeners(set *manifest.Set, eventType string) []string {
	var names []string
	for _, t := range set.Triggers {
		if slices.Contains(t.Types(), eventType) && t.Spec.Subscriber.Ref != nil {
			names = append(names, t.Spec.Subscriber.Ref.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// without hides one file: what was generated before must not be a reason why
// nothing can be generated.
type without struct {
	fs.FS
	name string
}

func (w without) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(w.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return path.Join(name, e.Name()) == w.name }), err
}
