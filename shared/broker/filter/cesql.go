package filter

import (
	"fmt"

	cesql "github.com/cloudevents/sdk-go/sql/v2"
	sqlerrors "github.com/cloudevents/sdk-go/sql/v2/errors"
	"github.com/cloudevents/sdk-go/sql/v2/parser"
	"github.com/cloudevents/sdk-go/v2/event"
)

// sql compiles a CESQL expression. The parser panics on some syntax errors, and
// a wrong expression must be refused here and not pass everything later.
func sql(expression string) (f *Filter, err error) {
	defer func() {
		if p := recover(); p != nil {
			f, err = nil, fmt.Errorf("filter: cesql %q cannot be parsed", expression)
		}
	}()
	parsed, err := parser.Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("filter: cesql %q: %w", expression, err)
	}
	if parsed == nil {
		return nil, fmt.Errorf("filter: cesql %q is empty", expression)
	}
	if err := probe(parsed); err != nil {
		return nil, fmt.Errorf("filter: cesql %q: %w", expression, err)
	}
	return &Filter{match: func(e *event.Event) verdict { return evaluate(parsed, e) }}, nil
}

// probe evaluates the expression once, to refuse one that yields a number or a
// text or calls a function that is not there. Any other error says nothing: the
// probe event lacks what a real one has.
func probe(x cesql.Expression) error {
	e := event.New()
	e.SetID("probe")
	e.SetSource("/probe")
	e.SetType("probe")
	v, err := x.Evaluate(e)
	if sqlerrors.IsMissingFunctionError(err) {
		return err
	}
	if _, ok := v.(bool); err == nil && !ok {
		return errNotBoolean
	}
	return nil
}

func evaluate(x cesql.Expression, e *event.Event) (v verdict) {
	defer func() {
		if recover() != nil {
			v = unknown
		}
	}()
	result, err := x.Evaluate(*e)
	pass, ok := result.(bool)
	if err != nil || !ok {
		return unknown
	}
	return decided(pass)
}
