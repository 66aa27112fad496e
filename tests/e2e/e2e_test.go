//go:build e2e

package e2e

import "testing"

func TestTheClusterRunsThePlatform(t *testing.T) {
	s := newSuite(t)
	s.stores = startStores(t, s)
	inOrder(t, []part{
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
		{"back to zero again", s.toZero},
		{"undeploy leaves nothing", s.undeploy},
	})
}

// It deploys twice, with servers of Knative made anew between:
// `make e2e-encryption`, not a part of `make e2e`.
func TestNothingCanBeReadOnTheWay(t *testing.T) {
	s := newSuite(t)
	s.stores = startStores(t, s)
	inOrder(t, []part{
		{"deploy from an empty namespace", s.deploy},
		{"without encryption all can be read", s.open},
		{"undeploy", s.undeploy},
		{"deploy where Knative encrypts", s.deployEncrypted},
		{"with encryption nothing can be read", s.closed},
		{"undeploy leaves nothing", s.undeploy},
	})
}

type part struct {
	name string
	run  func(testing.TB)
}

// inOrder runs parts that build on the first one.
func inOrder(t *testing.T, parts []part) {
	for _, p := range parts {
		if !t.Run(p.name, func(t *testing.T) { p.run(t) }) && p.name == parts[0].name {
			t.FailNow()
		}
	}
}
