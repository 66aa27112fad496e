package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"paceline/shared/function/fault"
)

// KeptFor is how long a process goes on with a person's key without looking
// whether it is still there: an erasure holds everywhere after it.
const KeptFor = 30 * time.Second

// maxKept bounds the keys that are in memory at once.
const maxKept = 4096

// Platform owns what belongs to no person.
const Platform = "platform"

// ErrNoKey is in the chain of every error about an owner who has no key (any
// more): what it sealed is noise, and nothing new is sealed.
var ErrNoKey = errors.New("seal: there is no key")

// errNoMaster is a store in which nobody ever had a key.
var errNoMaster = errors.New("seal: there is no master key yet")

// Source is where wrapped keys are kept.
type Source interface {
	// Master is the wrapped master; nil when there is none.
	Master(ctx context.Context) ([]byte, error)
	// Person is the wrapped keys of an owner; nil when there are none.
	Person(ctx context.Context, owner string) ([]byte, error)
	// CreateMaster and CreatePerson keep b unless there is one, and return
	// what is kept then.
	CreateMaster(ctx context.Context, b []byte) ([]byte, error)
	CreatePerson(ctx context.Context, owner string, b []byte) ([]byte, error)
	// ReplaceMaster keeps next if old is what is kept, and says whether it was.
	ReplaceMaster(ctx context.Context, old, next []byte) (bool, error)
}

// Keys seals and opens under the keys of people. It is safe for concurrent use.
// The errors are *fault.Error where a caller may see them: "unavailable" (503)
// when keys cannot be read now, 404 with ErrNoKey when there is none.
type Keys struct {
	kek    KEK
	source Source
	now    func() time.Time

	mu     sync.Mutex
	master *master
	people map[string]kept
}

type kept struct {
	person *person
	until  time.Time
}

// New makes Keys; it reads nothing yet.
func New(kek KEK, source Source, now func() time.Time) *Keys {
	return &Keys{kek: kek, source: source, now: now, people: map[string]kept{}}
}

// Seal seals plain for a place of the owner's.
func (k *Keys) Seal(ctx context.Context, owner, place string, plain []byte) ([]byte, error) {
	p, err := k.person(ctx, owner)
	if err != nil {
		return nil, err
	}
	return p.seal(place, plain)
}

// Open opens what was sealed for the same place of the same owner.
func (k *Keys) Open(ctx context.Context, owner, place string, sealed []byte) ([]byte, error) {
	p, err := k.person(ctx, owner)
	if err != nil {
		return nil, err
	}
	plain, bad := p.open(place, sealed)
	if bad == nil {
		return plain, nil
	}
	// Another process may have sealed it with a key that is newer than ours.
	newer, err := k.read(ctx, owner)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(newer.raw, p.raw) {
		return nil, bad
	}
	return newer.open(place, sealed)
}

// Wanted is the owners, each once, whose keys are not in memory: a caller that
// reads other things anyway can read them in the same trip, for Learn.
func (k *Keys) Wanted(owners ...string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var wanted []string
	seen := map[string]bool{}
	for _, owner := range owners {
		if !seen[owner] && !k.now().Before(k.people[owner].until) {
			wanted = append(wanted, owner)
		}
		seen[owner] = true
	}
	return wanted
}

// Learn takes the wrapped keys of an owner as they are kept now.
func (k *Keys) Learn(ctx context.Context, owner string, raw []byte) error {
	_, err := k.learn(ctx, owner, raw)
	return err
}

// Make makes new keys for an owner and returns them as they are to be kept. The
// platform gets its own with the first.
func (k *Keys) Make(ctx context.Context, owner string) ([]byte, error) {
	if owner != Platform {
		if err := k.Ensure(ctx, Platform); err != nil {
			return nil, err
		}
	}
	m, err := k.currentMaster(ctx)
	if err != nil {
		return nil, err
	}
	p, err := makePerson(owner)
	if err != nil {
		return nil, err
	}
	if err := p.close(m); err != nil {
		return nil, err
	}
	k.keep(p)
	return p.raw, nil
}

// Ensure makes and keeps keys for an owner who has none.
func (k *Keys) Ensure(ctx context.Context, owner string) error {
	if _, err := k.person(ctx, owner); !missing(err) {
		return err
	}
	raw, err := k.Make(ctx, owner)
	if err != nil {
		return err
	}
	if raw, err = k.source.CreatePerson(ctx, owner, raw); err != nil {
		return err
	}
	return k.Learn(ctx, owner, raw)
}

// missing says that what is sought is not there, and could be made.
func missing(err error) bool { return errors.Is(err, ErrNoKey) || errors.Is(err, errNoMaster) }

// Forget drops an owner's keys from the memory of this process.
func (k *Keys) Forget(owner string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.people, owner)
}

// person is the keys of an owner, from memory or as they are kept.
func (k *Keys) person(ctx context.Context, owner string) (*person, error) {
	k.mu.Lock()
	p, ok := k.people[owner]
	k.mu.Unlock()
	if ok && k.now().Before(p.until) {
		return p.person, nil
	}
	return k.read(ctx, owner)
}

func (k *Keys) read(ctx context.Context, owner string) (*person, error) {
	raw, err := k.source.Person(ctx, owner)
	if err != nil {
		return nil, err
	}
	return k.learn(ctx, owner, raw)
}

func (k *Keys) learn(ctx context.Context, owner string, raw []byte) (*person, error) {
	if raw == nil {
		k.Forget(owner)
		if owner == Platform { // it is made with the first account and never destroyed
			return nil, fault.Unavailable("keys_unavailable", 2*time.Second, errNoMaster)
		}
		return nil, fault.NotFound("person_not_found", "there is no such person any more").Because(ErrNoKey)
	}
	m, err := k.openMaster(ctx)
	if err != nil {
		return nil, err
	}
	p, bad := openPerson(owner, raw, m)
	if bad != nil { // the master may have rotated since we read it
		newer, err := k.readMaster(ctx)
		if err != nil {
			return nil, err
		}
		if newer == nil || bytes.Equal(newer.raw, m.raw) {
			return nil, bad
		}
		if p, err = openPerson(owner, raw, newer); err != nil {
			return nil, err
		}
	}
	k.keep(p)
	return p, nil
}

func (k *Keys) keep(p *person) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.people) >= maxKept {
		clear(k.people)
	}
	k.people[p.owner] = kept{p, k.now().Add(KeptFor)}
}

// openMaster is the master, from memory or as it is kept.
func (k *Keys) openMaster(ctx context.Context) (*master, error) {
	k.mu.Lock()
	m := k.master
	k.mu.Unlock()
	if m != nil {
		return m, nil
	}
	m, err := k.readMaster(ctx)
	if err == nil && m == nil {
		err = fault.Unavailable("keys_unavailable", 2*time.Second, errNoMaster)
	}
	return m, err
}

// currentMaster is the master as it is kept, whatever is in memory: what it
// wraps must outlive the end of a rotation. It is made where there is none.
func (k *Keys) currentMaster(ctx context.Context) (*master, error) {
	m, err := k.readMaster(ctx)
	if err != nil || m != nil {
		return m, err
	}
	return k.createMaster(ctx)
}

// readMaster reads the master as it is kept; nil when there is none.
func (k *Keys) readMaster(ctx context.Context) (*master, error) {
	raw, err := k.source.Master(ctx)
	if err != nil || raw == nil {
		return nil, err
	}
	k.mu.Lock()
	m := k.master
	k.mu.Unlock()
	if m != nil && bytes.Equal(m.raw, raw) {
		return m, nil
	}
	return k.useMaster(ctx, raw)
}

func (k *Keys) useMaster(ctx context.Context, raw []byte) (*master, error) {
	if k.kek == nil {
		return nil, errors.New("seal: KEK_URI is not set")
	}
	m, err := openMaster(ctx, raw, k.kek)
	if err != nil {
		return nil, fault.Unavailable("keys_unavailable", 2*time.Second, fmt.Errorf("KEK_URI: %w", err))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.master = m
	return m, nil
}

func (k *Keys) createMaster(ctx context.Context) (*master, error) {
	if k.kek == nil {
		return nil, errors.New("seal: KEK_URI is not set")
	}
	m, err := makeMaster()
	if err != nil {
		return nil, err
	}
	if err := m.close(ctx, k.kek); err != nil {
		return nil, fault.Unavailable("keys_unavailable", 2*time.Second, fmt.Errorf("KEK_URI: %w", err))
	}
	raw, err := k.source.CreateMaster(ctx, m.raw) // another process may have been faster
	if err != nil {
		return nil, err
	}
	return k.useMaster(ctx, raw)
}
