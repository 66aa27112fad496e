package seal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// wrappedMaster is the master as it is kept.
type wrappedMaster struct {
	Wrap   []byte `json:"wrap"`   // keyset that wraps people's keysets, by the KEK
	Lookup []byte `json:"lookup"` // keyset of lookup hashes, by the KEK
}

// master is the open master.
type master struct {
	raw          []byte // as it is kept
	wrap, lookup *keyset.Handle
	aead         tink.AEAD
	hashes       *prf.Set
}

const (
	masterUse = "paceline master"
	lookupUse = "paceline lookup"
)

func makeMaster() (*master, error) {
	wrap, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	lookup, err := keyset.NewHandle(prf.HMACSHA256PRFKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return newMaster(wrap, lookup)
}

func newMaster(wrap, lookup *keyset.Handle) (m *master, err error) {
	m = &master{wrap: wrap, lookup: lookup}
	if m.aead, err = aead.New(wrap); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if m.hashes, err = prf.NewPRFSet(lookup); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return m, nil
}

// close wraps the master with the KEK, and remembers how.
func (m *master) close(ctx context.Context, kek KEK) error {
	var w wrappedMaster
	for _, part := range []struct {
		to  *[]byte
		h   *keyset.Handle
		use string
	}{{&w.Wrap, m.wrap, masterUse}, {&w.Lookup, m.lookup, lookupUse}} {
		var out bytes.Buffer
		if err := part.h.WriteWithContext(ctx, keyset.NewBinaryWriter(&out), kek, []byte(part.use)); err != nil {
			return fmt.Errorf("seal: wrap the master: %w", err)
		}
		*part.to = out.Bytes()
	}
	raw, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	m.raw = raw
	return nil
}

// openMaster unwraps what close wrapped.
func openMaster(ctx context.Context, raw []byte, kek KEK) (*master, error) {
	var w wrappedMaster
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("seal: master: %w", err)
	}
	wrap, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(w.Wrap)), kek, []byte(masterUse))
	if err != nil {
		return nil, fmt.Errorf("seal: unwrap the master: %w", err)
	}
	lookup, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(w.Lookup)), kek, []byte(lookupUse))
	if err != nil {
		return nil, fmt.Errorf("seal: unwrap the master: %w", err)
	}
	m, err := newMaster(wrap, lookup)
	if err != nil {
		return nil, err
	}
	m.raw = raw
	return m, nil
}
