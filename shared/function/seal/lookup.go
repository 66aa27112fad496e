package seal

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
)

// lookupBytes is how much of a hash names a value: 128 bits.
const lookupBytes = 16

// Lookup names a value of a kind without showing it: what is looked up by it is
// written under the first name and sought under all, since the keys rotate.
// The master is read as it is now, so that nobody seeks what another process has
// just written under a newer name; it is made where there is none.
func (k *Keys) Lookup(ctx context.Context, kind, value string) ([]string, error) {
	m, err := k.currentMaster(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]uint32, 0, len(m.hashes.PRFs))
	for id := range m.hashes.PRFs {
		if id != m.hashes.PrimaryID {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	var names []string
	for _, id := range append([]uint32{m.hashes.PrimaryID}, ids...) {
		sum, err := m.hashes.PRFs[id].ComputePRF(fmt.Appendf(nil, "%d:%s%s", len(kind), kind, value), lookupBytes)
		if err != nil {
			return nil, fmt.Errorf("seal: lookup: %w", err)
		}
		names = append(names, base64.RawURLEncoding.EncodeToString(sum))
	}
	return names, nil
}
