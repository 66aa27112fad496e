package mail

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/function/store"
)

// Access is what this function may do in Redis.
var Access = store.Declare(store.Access{Function: "mail"})

const (
	// keyTTL is how long a key is remembered.
	keyTTL = 400 * 24 * time.Hour
	// suppressionTTL is how long an address that was refused is not tried.
	suppressionTTL = 90 * 24 * time.Hour
)

// post is the state of this function.
type post struct{ *store.Store }

// person reads what is known of somebody; it may be nothing.
func (s post) person(ctx context.Context, id string) (Person, error) {
	var p Person
	_, err := s.GetSealed(ctx, id, s.Key(id, "person", id), &p)
	return p, err
}

// learn changes what is known of a person by an event.
func (s post) learn(ctx context.Context, id string, change func(*Person)) error {
	return s.UpdateOnce(ctx, id, changePerson(id, change))
}

// decide changes what is known of a person by the person's own wish.
func (s post) decide(ctx context.Context, id string, change func(*Person)) error {
	return s.Update(ctx, id, changePerson(id, change))
}

func changePerson(id string, change func(*Person)) func(*store.Tx) error {
	return func(t *store.Tx) error {
		var p Person
		if _, err := t.GetSealed(id, t.Key("person", id), &p); err != nil {
			return err
		}
		change(&p)
		return t.SetSealed(id, t.Key("person", id), p, 0)
	}
}

// secret is the person's, made when it is first needed.
func (s post) secret(ctx context.Context, id string, p Person) (string, error) {
	if p.Secret != "" {
		return p.Secret, nil
	}
	var secret string
	err := s.decide(ctx, id, func(p *Person) {
		if p.Secret == "" {
			p.Secret = rand.Text()
		}
		secret = p.Secret
	})
	return secret, err
}

// find reads what became of a key so far.
func (s post) find(ctx context.Context, key string) (delivery, error) {
	var d delivery
	_, err := s.Get(ctx, s.Key(key, "delivery", digest(key)), &d)
	return d, err
}

// change changes what became of a key.
func (s post) change(ctx context.Context, key string, change func(*delivery)) (delivery, error) {
	var out delivery
	err := s.Update(ctx, key, func(t *store.Tx) error {
		k := t.Key("delivery", digest(key))
		var d delivery
		if _, err := t.Get(k, &d); err != nil {
			return err
		}
		before := d
		change(&d)
		if out = d; d == before {
			return nil
		}
		return t.Set(k, d, keyTTL)
	})
	return out, err
}

// end closes a key and tells the others how, once. Where the key was closed
// already nothing changes.
func (s post) end(ctx context.Context, key string, result events.Payload) error {
	return s.UpdateOnce(ctx, key, func(t *store.Tx) error {
		k := t.Key("delivery", digest(key))
		var d delivery
		if _, err := t.Get(k, &d); err != nil {
			return err
		}
		how := sent
		if _, ok := result.(events.MailBounced); ok {
			how = bounced // why is in the event alone: a server's answer may repeat the address
		}
		if !d.end(how, "", t.Now()) {
			return nil
		}
		if err := t.Set(k, d, keyTTL); err != nil {
			return err
		}
		return t.Emit(result)
	})
}

// suppress keeps an address from being tried again for a while.
func (s post) suppress(ctx context.Context, to string) error {
	names, err := s.namesOf(ctx, to)
	if err != nil {
		return err
	}
	return s.Update(ctx, names[0], func(t *store.Tx) error {
		return t.Set(t.Key("suppressed", names[0]), true, suppressionTTL)
	})
}

// suppressed says whether an address is not to be tried.
func (s post) suppressed(ctx context.Context, to string) (bool, error) {
	names, err := s.namesOf(ctx, to)
	if err != nil {
		return false, err
	}
	for _, name := range names {
		var yes bool
		if found, err := s.Get(ctx, s.Key(name, "suppressed", name), &yes); found || err != nil {
			return yes, err
		}
	}
	return false, nil
}

// namesOf are the names of an address, which do not show it, the one to write
// first. Case does not matter: servers that tell it apart are not known in
// practice.
func (s post) namesOf(ctx context.Context, to string) ([]string, error) {
	return s.Keys().Lookup(ctx, "suppressed address", strings.ToLower(to))
}
