package broker

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"paceline/shared/broker/filter"
)

// A record is an event as it is stored: the length of its attributes as four
// bytes, the attributes as a JSON object of texts, and the data byte for byte.

var errRecord = errors.New("broker: the record is not an event")

var standard = []string{"id", "source", "type", "subject", "time", "datacontenttype", "dataschema"}

func encodeRecord(e *event.Event) ([]byte, error) {
	attributes := map[string]string{}
	for _, name := range standard {
		if v, ok := filter.Attribute(e, name); ok {
			attributes[name] = v
		}
	}
	for name, v := range e.Extensions() {
		text, err := types.Format(v)
		if err != nil {
			return nil, fmt.Errorf("broker: attribute %s: %w", name, err)
		}
		attributes[name] = text
	}
	head, err := json.Marshal(attributes)
	if err != nil {
		return nil, fmt.Errorf("broker: encode: %w", err)
	}
	out := make([]byte, 0, 4+len(head)+len(e.Data()))
	out = binary.BigEndian.AppendUint32(out, uint32(len(head)))
	return append(append(out, head...), e.Data()...), nil
}

func decodeRecord(data []byte) (*event.Event, error) {
	if len(data) < 4 || int64(len(data)-4) < int64(binary.BigEndian.Uint32(data)) {
		return nil, errRecord
	}
	n := 4 + int(binary.BigEndian.Uint32(data))
	var attributes map[string]string
	if err := json.Unmarshal(data[4:n], &attributes); err != nil {
		return nil, errors.Join(errRecord, err)
	}
	e := event.New()
	for name, v := range attributes {
		setAttribute(&e, name, v)
	}
	if n < len(data) {
		e.DataEncoded = data[n:]
	}
	if err := e.Validate(); err != nil {
		return nil, errors.Join(errRecord, err)
	}
	return &e, nil
}

func setAttribute(e *event.Event, name, v string) {
	switch name {
	case "id":
		e.SetID(v)
	case "source":
		e.SetSource(v)
	case "type":
		e.SetType(v)
	case "subject":
		e.SetSubject(v)
	case "datacontenttype":
		e.SetDataContentType(v)
	case "dataschema":
		e.SetDataSchema(v)
	case "time":
		if t, err := types.ParseTime(v); err == nil {
			e.SetTime(t)
		}
	default:
		e.SetExtension(name, v)
	}
}

// checkEvent refuses what Validate lets through but no header can carry.
func checkEvent(e *event.Event) error {
	if err := e.Validate(); err != nil {
		return err
	}
	check := func(name, v string) error {
		if strings.ContainsFunc(v, unicode.IsControl) {
			return fmt.Errorf("%s holds a control character", name)
		}
		return nil
	}
	for _, name := range standard {
		v, _ := filter.Attribute(e, name)
		if err := check(name, v); err != nil {
			return err
		}
	}
	for name, v := range e.Extensions() {
		text, err := types.Format(v)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := check(name, text); err != nil {
			return err
		}
	}
	return nil
}

// messageID is the key by which the store knows an event again.
func messageID(subject string, e *event.Event) string {
	replay, _ := filter.Attribute(e, "replay")
	h := sha256.New()
	for _, part := range []string{subject, e.Source(), e.ID(), replay} {
		_ = binary.Write(h, binary.BigEndian, uint32(len(part))) // a hash takes everything
		h.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:18])
}

// typeToken is an event type as one token of a subject.
func typeToken(eventType string) string {
	sum := sha256.Sum256([]byte(eventType))
	return hex.EncodeToString(sum[:10])
}
