package seal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/streamingaead"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// wrappedPerson is a person's keys as they are kept.
type wrappedPerson struct {
	Values []byte `json:"values"`
	Files  []byte `json:"files"`
}

// person is the open keys of one owner.
type person struct {
	owner         string
	raw           []byte // as they are kept
	values, files *keyset.Handle
	aead          tink.AEAD
	stream        tink.StreamingAEAD
}

func makePerson(owner string) (*person, error) {
	values, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	files, err := keyset.NewHandle(streamingaead.AES256GCMHKDF1MBKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return newPerson(owner, values, files)
}

func newPerson(owner string, values, files *keyset.Handle) (p *person, err error) {
	p = &person{owner: owner, values: values, files: files}
	if p.aead, err = aead.New(values); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	if p.stream, err = streamingaead.New(files); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return p, nil
}

func valuesUse(owner string) string { return "paceline values of " + owner }
func filesUse(owner string) string  { return "paceline files of " + owner }

// close wraps the keys with the master, and remembers how.
func (p *person) close(m *master) (err error) {
	var w wrappedPerson
	if w.Values, err = wrap(p.values, m.aead, valuesUse(p.owner)); err != nil {
		return err
	}
	if w.Files, err = wrap(p.files, m.aead, filesUse(p.owner)); err != nil {
		return err
	}
	if p.raw, err = json.Marshal(w); err != nil {
		return fmt.Errorf("seal: %w", err)
	}
	return nil
}

// openPerson unwraps what close wrapped for the same owner.
func openPerson(owner string, raw []byte, m *master) (*person, error) {
	var w wrappedPerson
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("seal: keys of %s: %w", owner, err)
	}
	values, err := unwrap(w.Values, m.aead, valuesUse(owner))
	if err != nil {
		return nil, err
	}
	files, err := unwrap(w.Files, m.aead, filesUse(owner))
	if err != nil {
		return nil, err
	}
	p, err := newPerson(owner, values, files)
	if err != nil {
		return nil, err
	}
	p.raw = raw
	return p, nil
}

// rotated is p with new keys that seal from then on.
func (p *person) rotated() (*person, error) {
	values, err := withNewKey(p.values, aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, err
	}
	files, err := withNewKey(p.files, streamingaead.AES256GCMHKDF1MBKeyTemplate())
	if err != nil {
		return nil, err
	}
	return newPerson(p.owner, values, files)
}

// bound is what a sealed value is bound to.
func (p *person) bound(place string) []byte {
	return fmt.Appendf(nil, "%d:%s%s", len(p.owner), p.owner, place)
}

func (p *person) seal(place string, plain []byte) ([]byte, error) {
	b, err := p.aead.Encrypt(plain, p.bound(place))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return b, nil
}

func (p *person) open(place string, sealed []byte) ([]byte, error) {
	b, err := p.aead.Decrypt(sealed, p.bound(place))
	if err != nil {
		return nil, fmt.Errorf("seal: %s of %s: %w", place, p.owner, err)
	}
	return b, nil
}

func (p *person) sealFile(place string, plain []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := p.stream.NewEncryptingWriter(&out, p.bound(place))
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("seal: %s: %w", place, err)
	}
	return out.Bytes(), nil
}

func (p *person) openFile(place string, sealed io.Reader) (io.Reader, error) {
	r, err := p.stream.NewDecryptingReader(sealed, p.bound(place))
	if err != nil {
		return nil, fmt.Errorf("seal: %s: %w", place, err)
	}
	return r, nil
}
