package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

type object = map[string]any

// asyncAPI is the catalogue as an AsyncAPI 3.0 document: a channel and a
// message per type, an operation per function that sends or hears it.
func asyncAPI(rows []Row) ([]byte, error) {
	channels, messages, operations := object{}, object{}, object{}
	for _, r := range rows {
		message, err := messageOf(r)
		if err != nil {
			return nil, err
		}
		messages[r.Type] = message
		channels[r.Type] = object{
			"address":     r.Type,
			"description": "Events of this type in the Broker. The address is what a Trigger filters by, as the attribute type.",
			"messages":    object{r.Type: ref("components/messages", r.Type)},
		}
		for _, f := range r.Functions {
			operations[f+".sends."+r.Type] = operation(f, "send", r.Type, "The outbox of "+f+" posts it to K_SINK, until the Broker took it.")
		}
		for _, s := range r.Schedules {
			name := s[strings.LastIndex(s, "/")+1:]
			operations[name+".sends."+r.Type] = operation("PingSource "+name, "send", r.Type, "Knative sends it on the schedule of the PingSource.")
		}
		for _, f := range r.Listeners {
			operations[f+".hears."+r.Type] = operation(f, "receive", r.Type, "A Trigger posts it to /events of "+f+", at least once and in any order.")
		}
	}
	return document(
		section{"asyncapi", "3.0.0"},
		section{"info", object{
			"title":       "Paceline events",
			"version":     "1",
			"description": "CloudEvents 1.0 between the functions, in binary mode over HTTP with JSON data. Within a type's version a field may be added, never renamed or removed: readers ignore what they do not know. An event's dataschema is the $id of its payload's schema here; it is a name, nothing is fetched from it. Members with x-sealed never travel as they are: in their place data has the member sealed, which is all of them as one JSON object, encrypted under the key of the person that partitionkey names (base64). Payloads are described opened, as handlers see them.",
		}},
		section{"defaultContentType", "application/json"},
		section{"servers", servers()},
		section{"operations", operations},
		section{"channels", channels},
		section{"components", object{"messages": messages, "securitySchemes": object{
			"workload": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The token of the function or of the Broker that sends; its audience is who receives."},
		}}},
	)
}

func servers() object {
	secured := []object{{"$ref": "#/components/securitySchemes/workload"}}
	return object{
		"broker": object{
			"host": "{ingress}", "protocol": "http", "security": secured,
			"description": "Where functions send events: the address that the SinkBinding gives them as K_SINK. It depends on the class of the Broker.",
			"variables":   object{"ingress": object{"default": "broker-ingress.knative-eventing.svc.cluster.local"}},
		},
		"function": object{
			"host": "{function}.paceline.svc.cluster.local", "pathname": "/events", "protocol": "http", "security": secured,
			"description": "Where the Broker sends events. 2xx is done; 404, 408, 409, 429 and 5xx are tried again; other answers, and the last try, are dead letters, which go to /events of deadletter.",
			"variables":   object{"function": object{"description": "The name of the function."}},
		},
	}
}

func operation(of, action, eventType, summary string) object {
	return object{
		"action": action, "summary": summary,
		"channel":  ref("channels", eventType),
		"messages": []object{ref("channels", eventType, "messages", eventType)},
		"tags":     []object{{"name": of}},
		"bindings": object{"http": object{"method": "POST", "bindingVersion": "0.3.0"}},
	}
}

func messageOf(r Row) (object, error) {
	payload := maps.Clone(r.Payload)
	if r.DataSchema() != "" {
		payload["$id"] = r.DataSchema()
	}
	var data any
	if err := json.Unmarshal(r.Example.Data, &data); err != nil {
		return nil, fmt.Errorf("the golden event of %s: %w", r.Type, err)
	}
	return object{
		"name": r.Type, "title": r.Type, "summary": r.Description,
		"contentType": "application/json",
		"headers":     headers(r),
		"payload":     payload,
		"examples":    []object{{"name": "golden", "headers": exampleHeaders(r), "payload": data}},
	}, nil
}

// headers are the attributes of an event of the row as binary mode writes them.
func headers(r Row) Schema {
	text := func(description string) Schema { return Schema{"type": "string", "description": description} }
	properties := object{
		"ce-specversion": Schema{"const": "1.0"},
		"ce-type":        Schema{"const": r.Type},
		"ce-source":      Schema{"enum": r.Sources()},
		"ce-id":          text("Derived from what caused the event: a retry has the same. A receiver tells duplicates by source and id."),
		"ce-time":        Schema{"type": "string", "format": "date-time"},
		"ce-subject":     text("The id of the thing that the event is about."),
		"ce-replay":      text("Which time operators send a dead letter again; absent otherwise."),
		"ce-traceparent": text("The W3C trace context of the cause."),
	}
	required := []string{"ce-id", "ce-source", "ce-specversion", "ce-time", "ce-type"}
	if r.DataSchema() != "" {
		properties["ce-dataschema"] = Schema{"const": r.DataSchema()}
		properties["ce-partitionkey"] = text("The id of the person whose data changed.")
		required = append(required, "ce-dataschema", "ce-partitionkey", "ce-subject")
	} else {
		properties["ce-schedule"] = text("Which schedule rings.")
		required = append(required, "ce-schedule")
	}
	slices.Sort(required)
	return Schema{"type": "object", "properties": properties, "required": required}
}

// exampleHeaders are those of the golden event, sent by one who does send it.
func exampleHeaders(r Row) object {
	e := r.Example
	all := object{
		"ce-specversion": e.SpecVersion, "ce-type": e.Type, "ce-source": r.Sources()[0], "ce-id": e.ID,
		"ce-time": e.Time.Format(time.RFC3339Nano), "ce-subject": e.Subject, "ce-traceparent": e.Traceparent,
	}
	if r.DataSchema() != "" {
		all["ce-dataschema"], all["ce-partitionkey"] = e.DataSchema, e.PartitionKey
	} else {
		all["ce-schedule"] = e.Subject
	}
	return all
}

func ref(path ...string) object { return object{"$ref": "#/" + strings.Join(path, "/")} }

// section is a member of the document at its top.
type section struct {
	name  string
	value any
}

// document writes the sections in their order; below them members are sorted.
func document(sections ...section) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# Made by \"make generate\" from events/, the functions' code and the Triggers: do not edit.\n")
	for _, s := range sections {
		text, err := yaml.Marshal(object{s.name: s.value})
		if err != nil {
			return nil, err
		}
		b.Write(text)
	}
	return b.Bytes(), nil
}
