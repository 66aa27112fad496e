package seal

import (
	"bytes"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// withNewKey is h with one more key, which is the primary one.
func withNewKey(h *keyset.Handle, template *tinkpb.KeyTemplate) (*keyset.Handle, error) {
	m := keyset.NewManagerFromHandle(h)
	id, err := m.Add(template)
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return m.Handle()
}

// newestOnly is h with its primary key alone.
func newestOnly(h *keyset.Handle) (*keyset.Handle, error) {
	m := keyset.NewManagerFromHandle(h)
	info := h.KeysetInfo()
	for _, k := range info.GetKeyInfo() {
		if k.GetKeyId() == info.GetPrimaryKeyId() {
			continue
		}
		if err := m.Delete(k.GetKeyId()); err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
	}
	return m.Handle()
}

// wrap is h sealed by with, for one use alone.
func wrap(h *keyset.Handle, with tink.AEAD, use string) ([]byte, error) {
	var out bytes.Buffer
	if err := h.WriteWithAssociatedData(keyset.NewBinaryWriter(&out), with, []byte(use)); err != nil {
		return nil, fmt.Errorf("seal: wrap: %w", err)
	}
	return out.Bytes(), nil
}

// unwrap is the opposite of wrap.
func unwrap(b []byte, with tink.AEAD, use string) (*keyset.Handle, error) {
	h, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(b)), with, []byte(use))
	if err != nil {
		return nil, fmt.Errorf("seal: unwrap: %w", err)
	}
	return h, nil
}
