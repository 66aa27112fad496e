package seal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/prf"

	"paceline/shared/function/fault"
)

// RotateMaster gives the master new keys, which wrap and name from then on; the
// old ones still unwrap and find. The KEK's newest key wraps all of it.
func (k *Keys) RotateMaster(ctx context.Context) error {
	return k.changeMaster(ctx, func(m *master) (*master, error) {
		wrap, err := withNewKey(m.wrap, aead.AES256GCMKeyTemplate())
		if err != nil {
			return nil, err
		}
		lookup, err := withNewKey(m.lookup, prf.HMACSHA256PRFKeyTemplate())
		if err != nil {
			return nil, err
		}
		return newMaster(wrap, lookup)
	})
}

// TrimMaster leaves the master the newest key that wraps alone: what an older
// one wrapped, in whatever backup, needs that backup's master too. Names that
// were made by old keys are found as before.
func (k *Keys) TrimMaster(ctx context.Context) error {
	return k.changeMaster(ctx, func(m *master) (*master, error) {
		wrap, err := newestOnly(m.wrap)
		if err != nil {
			return nil, err
		}
		return newMaster(wrap, m.lookup)
	})
}

// changeMaster replaces the master by what change makes of it.
func (k *Keys) changeMaster(ctx context.Context, change func(*master) (*master, error)) error {
	for range 8 {
		m, err := k.currentMaster(ctx)
		if err != nil {
			return err
		}
		next, err := change(m)
		if err != nil {
			return err
		}
		if err := next.close(ctx, k.kek); err != nil {
			return fault.Unavailable("keys_unavailable", 2*time.Second, fmt.Errorf("KEK_URI: %w", err))
		}
		replaced, err := k.source.ReplaceMaster(ctx, m.raw, next.raw)
		if err != nil {
			return err
		}
		if replaced {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.master = next
			return nil
		}
	}
	return fault.Conflict("too_busy", "the master key is being changed by others; try again").Because(errors.New("seal: the master was changed meanwhile"))
}

// Rotated is the wrapped keys of an owner with new ones, which seal from then
// on; the old ones still open. The newest master wraps all of it.
func (k *Keys) Rotated(ctx context.Context, owner string, raw []byte) ([]byte, error) {
	m, err := k.currentMaster(ctx)
	if err != nil {
		return nil, err
	}
	p, err := openPerson(owner, raw, m)
	if err != nil {
		return nil, err
	}
	if p, err = p.rotated(); err != nil {
		return nil, err
	}
	if err := p.close(m); err != nil {
		return nil, err
	}
	k.Forget(owner)
	return p.raw, nil
}
