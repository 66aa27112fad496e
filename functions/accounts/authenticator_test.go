package accounts_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// authenticator is a passkey in software: one ES256 key for one relying party.
type authenticator struct {
	t          *testing.T
	key        *ecdsa.PrivateKey
	id, handle []byte
	rp, origin string
	flags      byte // user present and verified
	counter    uint32
	synced     bool // one key on many devices, which counts nothing
}

const present, verified, attested = 0x01, 0x04, 0x40

func newAuthenticator(t *testing.T) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	return &authenticator{t: t, key: key, id: id, rp: "paceline.example", origin: "https://paceline.example", flags: present | verified}
}

var b64url = base64.RawURLEncoding

func (a *authenticator) decode(s any) []byte {
	a.t.Helper()
	text, _ := s.(string)
	b, err := b64url.DecodeString(text)
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (a *authenticator) clientData(kind string, options map[string]any) []byte {
	a.t.Helper()
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": options["challenge"], "origin": a.origin, "crossOrigin": false})
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (a *authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(a.rp))
	out := append(rp[:], flags)
	return binary.BigEndian.AppendUint32(out, a.counter)
}

// create answers navigator.credentials.create.
func (a *authenticator) create(options map[string]any) map[string]any {
	a.t.Helper()
	public := options["publicKey"].(map[string]any)
	a.handle = a.decode(public["user"].(map[string]any)["id"])
	data := append(a.data(a.flags|attested), make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(data, a.id...)
	point, err := a.key.PublicKey.Bytes()
	if err != nil {
		a.t.Fatal(err)
	}
	data = append(data, 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20) // COSE: EC2, ES256, P-256, x
	data = append(append(data, point[1:33]...), 0x22, 0x58, 0x20)
	data = append(data, point[33:]...)
	object := []byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58")
	object = append(append(object, byte(len(data))), data...)
	return a.credential(map[string]any{
		"clientDataJSON": b64url.EncodeToString(a.clientData("webauthn.create", public)), "attestationObject": b64url.EncodeToString(object),
	})
}

// get answers navigator.credentials.get.
func (a *authenticator) get(options map[string]any) map[string]any {
	a.t.Helper()
	if !a.synced {
		a.counter++
	}
	client := a.clientData("webauthn.get", options["publicKey"].(map[string]any))
	data := a.data(a.flags)
	digest := sha256.Sum256(client)
	digest = sha256.Sum256(append(append([]byte(nil), data...), digest[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, digest[:])
	if err != nil {
		a.t.Fatal(err)
	}
	return a.credential(map[string]any{
		"clientDataJSON": b64url.EncodeToString(client), "authenticatorData": b64url.EncodeToString(data),
		"signature": b64url.EncodeToString(signature), "userHandle": b64url.EncodeToString(a.handle),
	})
}

func (a *authenticator) credential(response map[string]any) map[string]any {
	id := b64url.EncodeToString(a.id)
	return map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}}
}
