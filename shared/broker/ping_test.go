package broker

import (
	"context"
	"sync"
	"testing"
	"time"

	"paceline/shared/broker/manifest"
)

const everySecond = `---
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata: {name: sweep, namespace: default}
spec:
  schedule: "* * * * * *"
  contentType: application/json
  data: '{"schedule":"sweep"}'
  sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: default}}
  ceOverrides: {extensions: {schedule: sweep}}
---
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata: {name: direct}
spec:
  schedule: "* * * * * *"
  sink: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: sub}, uri: /direct, audience: sub}
`

func TestSchedulesSendEvents(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, nil)
	r := newRig(t, brokerYAML+service("sub")+trigger("t", "dev.knative.sources.ping", "{}")+everySecond, sub, nil)
	until(t, "two ticks", func() bool { return len(sub.deliveries("/events/t")) >= 2 && len(sub.deliveries("/direct")) >= 2 })
	r.close()
	got := sub.deliveries("/events/t")
	h := got[0].header
	for name, want := range map[string]string{
		"Ce-Type": "dev.knative.sources.ping", "Ce-Source": "/apis/v1/namespaces/default/pingsources/sweep",
		"Ce-Schedule": "sweep", "Content-Type": "application/json",
	} {
		if h.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, h.Get(name), want)
		}
	}
	if string(got[0].event.Data()) != `{"schedule":"sweep"}` || got[0].event.ID() == got[1].event.ID() {
		t.Errorf("events are %v %v", got[0].event, got[1].event)
	}
	if d := sub.deliveries("/direct")[0]; d.header.Get("Authorization") != "Bearer token-for-sub" || len(d.event.Data()) != 0 {
		t.Errorf("direct ping is %v", d.event)
	}
}

func TestTicksAreDueByTheClock(t *testing.T) {
	t.Parallel()
	var p manifest.PingSource
	p.Metadata = manifest.Meta{Name: "n", Namespace: "x"}
	p.Spec.Schedule = "*/10 * * * *"
	at := func(h, m, s int) time.Time { return time.Date(2026, 5, 1, h, m, s, 0, time.UTC) }
	one, err := newPinger(p, at(10, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		now  time.Time
		tick time.Time // zero: none is due
	}{
		{at(10, 9, 59), time.Time{}},
		{at(10, 10, 0), at(10, 10, 0)},
		{at(10, 10, 1), time.Time{}},
		{at(10, 45, 0), at(10, 40, 0)}, // three passed while nobody looked
		{at(10, 30, 0), time.Time{}},   // the clock was set back
		{at(10, 50, 3), at(10, 50, 0)},
	} {
		if tick, ok := one.due(step.now); !tick.Equal(step.tick) || ok == step.tick.IsZero() {
			t.Errorf("at %v due is %v %v, want %v", step.now, tick, ok, step.tick)
		}
	}
	if tick, ok := one.due(at(10, 0, 0).AddDate(5, 0, 0)); !ok || !tick.Equal(at(10, 0, 0).AddDate(5, 0, 0)) {
		t.Errorf("after years due is %v", tick)
	}
	a, err := pingEvent(p, at(10, 10, 0))
	if err != nil {
		t.Fatal(err)
	}
	b, _ := pingEvent(p, at(10, 10, 0).In(time.FixedZone("x", 3600)))
	if a.ID() != b.ID() || a.ID() != "n-20260501T101000Z" {
		t.Errorf("ids are %s and %s", a.ID(), b.ID())
	}
}

func TestTwoProcessesSendOnePing(t *testing.T) {
	t.Parallel()
	sub := newSubscriber(t, nil)
	var mu sync.Mutex
	now := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	r := newRig(t, brokerYAML+service("sub")+trigger("t", "dev.knative.sources.ping", "{}")+everySecond, sub, func(c *Config) {
		c.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	})
	for range 2 {
		r.broker.sendPing(context.Background(), r.broker.pingers[0].source, now)
	}
	r.idle()
	if n := len(sub.deliveries("/events/t")); n != 1 {
		t.Errorf("%d pings of one tick", n)
	}
}
