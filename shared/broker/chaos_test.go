package broker

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestChaosDoublesAndShuffles(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, func(w http.ResponseWriter, n int, r received) {
		if n%7 == 0 {
			w.WriteHeader(503)
		}
	})
	r := newRig(t, brokerYAML+service("sub")+trigger("t", "a", "{retry: 50, backoffPolicy: linear, backoffDelay: PT0.01S}"), sub,
		func(c *Config) { c.Chaos = &Chaos{Seed: 1, Window: 20} })
	for i := range 100 {
		r.send(fmt.Sprint(i), "a")
	}
	r.idle()
	count, order := map[string]int{}, []string{}
	for _, d := range sub.deliveries("") {
		count[d.event.ID()]++
		order = append(order, d.event.ID())
	}
	for i := range 100 {
		if n := count[fmt.Sprint(i)]; n < 2 {
			t.Errorf("event %d came %d times", i, n)
		}
	}
	if slices.IsSorted(order) {
		t.Error("the order is kept")
	}
	if s := r.broker.Stats()["default/t"]; s.Delivered != 100 {
		t.Errorf("stats are %+v", s)
	}
}

type message struct {
	jetstream.Msg
	id string
}

func (m message) Headers() nats.Header { return nats.Header{jetstream.MsgIDHeader: {m.id}} }

func TestAShuffleDependsOnSeedAndEventsOnly(t *testing.T) {
	t.Parallel()
	var in []jetstream.Msg
	for i := range 50 {
		in = append(in, message{id: fmt.Sprint(i)})
	}
	names := func(seed uint64, in []jetstream.Msg) (out []string) {
		for _, j := range shuffle(seed, in) {
			out = append(out, fmt.Sprint(j.msg.(message).id, j.second))
		}
		return out
	}
	first := names(7, in)
	back := slices.Clone(in)
	slices.Reverse(back)
	if !slices.Equal(first, names(7, back)) {
		t.Error("the order of arrival shows")
	}
	if slices.Equal(first, names(8, in)) {
		t.Error("the seed changes nothing")
	}
	if len(first) != 100 {
		t.Errorf("%d deliveries", len(first))
	}
}
