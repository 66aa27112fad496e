package accounts

import (
	"context"
	"net/http"

	"paceline/shared/function"
	"paceline/shared/function/security"
)

// guard counts one attempt to sign in. Somebody who guesses at an account is
// slowed down, and its owner is not locked out: a device that signed in before
// has a series of its own.
type guard struct {
	people  people
	account series
	address *series // nil where the gateway says none, and for known devices
	failed  int     // how many attempts on the account failed before this one
}

// guardOf is for an attempt on an address, by a device when it is a known one.
func (f *accounts) guardOf(ctx context.Context, r *http.Request, email, device string) (guard, error) {
	lookups, err := f.people.lookups(ctx, email)
	if err != nil {
		return guard{}, err
	}
	security.About(ctx, lookups[0])
	g := guard{people: f.people}
	if device != "" {
		g.account = f.people.tries(perDevice, lookups[0], lookups[0], device)
		return g, nil
	}
	g.account = f.people.tries(perAccount, lookups[0], lookups[0])
	if from := r.Header.Get(function.ClientAddress); from != "" {
		name := f.people.keys.mac("address", from)[:22]
		s := f.people.tries(perAddress, name, "from", name)
		g.address = &s
	}
	return g, nil
}

// begin counts the attempt as failed, or refuses it.
func (g *guard) begin(ctx context.Context) (err error) {
	if g.address != nil {
		if _, err := g.people.begin(ctx, *g.address); err != nil {
			return err
		}
	}
	g.failed, err = g.people.begin(ctx, g.account)
	return err
}

// takeBack is for an attempt that was right as far as it went.
func (g guard) takeBack(ctx context.Context) error {
	if g.address != nil {
		if err := g.people.takeBack(ctx, *g.address); err != nil {
			return err
		}
	}
	return g.people.takeBack(ctx, g.account)
}

// succeed ends the series of the account.
func (g guard) succeed(ctx context.Context) error {
	if g.address != nil {
		if err := g.people.takeBack(ctx, *g.address); err != nil {
			return err
		}
	}
	return g.people.forget(ctx, g.account)
}
