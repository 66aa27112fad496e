//go:build e2e

package e2e

import "testing"

func TestTheClusterRunsThePlatform(t *testing.T) {
	s := newSuite(t)
	s.stores = startStores(t, s)
	parts := []struct {
		name string
		run  func(testing.TB)
	}{
		{"deploy from an empty namespace", s.deploy},
		{"deploy again changes nothing", s.again},
		{"the main road from cold", s.road},
		{"back to zero", s.toZero},
		{"what an operator sees", s.lists},
		{"every command of the runbook", s.runbook},
		{"killed while it handles events", s.killed},
		{"a poison event is a dead letter", s.deadLetters},
		{"forged events are refused", s.forged},
		{"a rolling update under load", s.update},
		{"the network is closed", s.network},
		{"what cannot start says why", s.faults},
		{"nothing can be read on the way", s.wire},
		{"back to zero again", s.toZero},
		{"undeploy leaves nothing", s.undeploy},
	}
	for _, p := range parts {
		if !t.Run(p.name, func(t *testing.T) { p.run(t) }) && p.name == parts[0].name {
			t.FailNow()
		}
	}
}
