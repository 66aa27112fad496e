package identity_test

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/security"
)

// vector is a token of testdata/tokens.json: what it has other than a good call
// token of the gateway for stats, and what is expected of it. That is "ok", the
// reason that the watch is told, or "refused" where any reason will do.
type vector struct {
	Name, Expect string
	Key          string                     // whose key signs, and is named: the gateway's when empty
	Header       map[string]json.RawMessage // members in place of the good ones
	Claims       map[string]json.RawMessage
	ClaimsRaw    map[string]string `json:"claims_raw"` // the same, for what is no JSON
	Without      []string          // members that are missing
	HeaderText   *string           `json:"header_text"` // in place of all members
	ClaimsText   *string           `json:"claims_text"`
	ClaimsHex    string            `json:"claims_hex"` // the same, for what is no text
	Sign         string            // how it is signed: see signs
	Token        *string           // how the parts are put together
}

// TestTokens verifies every token of testdata/tokens.json.
func TestTokens(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/tokens.json")
	if err != nil {
		t.Fatal(err)
	}
	var groups []struct {
		Group string
		Cases []vector
	}
	if err := json.Unmarshal(b, &groups); err != nil {
		t.Fatal(err)
	}
	p := platform(t)
	before := p.keys["gateway"]
	p.newKey("gateway")
	p.publish()
	p.newKey("intruder") // in no key set
	p.keys["gateway before"] = before
	tried, fine := 0, 0
	for _, g := range groups {
		for _, v := range g.Cases {
			tried++
			if v.Expect == "ok" {
				fine++
			}
			t.Run(g.Group+"/"+v.Name, func(t *testing.T) {
				t.Parallel()
				if got := p.verdict(v.write(p)); got != v.Expect && !(v.Expect == "refused" && got != "ok") {
					t.Errorf("%s, want %s", got, v.Expect)
				}
			})
		}
	}
	t.Logf("%d tokens, of which %d are good", tried, fine)
}

// verdict is "ok", or why a new verifier refuses a token.
func (p *parts) verdict(raw string) string {
	verifier := identity.NewVerifier(identity.CallType, "stats", []string{"gateway"}, p.source, p.clock)
	ctx, note := security.Begin(httptest.NewRequest("GET", "/v1/me", nil), "")
	caller, err := verifier.Verify(ctx, raw)
	want := identity.Caller{}
	if err == nil {
		want = identity.Caller{Issuer: "gateway", UserID: "ann", IssuedAt: caller.IssuedAt, SessionID: "s", Actor: "gateway", Roles: []identity.Role{identity.Member}}
	}
	if !reflect.DeepEqual(caller, want) {
		return fmt.Sprintf("caller %+v, error %v", caller, err)
	}
	if err == nil {
		return "ok"
	}
	f := fault.Of(err)
	if f.Status != 401 || f.Code != "token_invalid" {
		return err.Error()
	}
	security.Answered(ctx, f.Status, f.Code)
	told := note.Signals()
	if len(told) == 0 { // nobody wants to hear of it
		return security.Expired
	}
	return told[0].Reason
}

// write makes the token.
func (v vector) write(p *parts) string {
	key := p.keys[cmp.Or(v.Key, "gateway")]
	now := start.Unix()
	header := members(map[string]string{"alg": `"EdDSA"`, "typ": `"call+jwt"`, "kid": strconv.Quote(kidFor(cmp.Or(v.Key, "gateway"), key))}, v.Header, nil, v.Without)
	claims := members(map[string]string{
		"iss": `"gateway"`, "sub": `"ann"`, "aud": `["stats"]`, "jti": `"x"`, "sid": `"s"`, "roles": `["member"]`, "act": `{"sub":"gateway"}`,
		"exp": fmt.Sprint(now + 60), "nbf": fmt.Sprint(now), "iat": fmt.Sprint(now),
	}, v.Claims, v.ClaimsRaw, v.Without)
	if v.HeaderText != nil {
		header = *v.HeaderText
	}
	if v.ClaimsText != nil {
		claims = *v.ClaimsText
	}
	fill := p.fill()
	header, claims = encode(fill.Replace(header)), encode(fill.Replace(claims))
	if v.ClaimsHex != "" {
		b, err := hex.DecodeString(v.ClaimsHex)
		p.must(err)
		claims = encode(string(b))
	}
	sig := signing{p, key, header + "." + claims}.sign(v.Sign)
	token := "{header}.{claims}.{signature}"
	if v.Token != nil {
		token = *v.Token
	}
	signature := encode(string(sig))
	return strings.NewReplacer(
		"{header}", header, "{claims}", claims, "{signature}", signature, "{signature-hex}", hex.EncodeToString(sig),
		"{another-header}", encode(`{"alg":"EdDSA","kid":"`+kidFor("gateway", key)+`","typ":"call+jwt"} `), "{another-claims}", encode(`{"iss":"gateway","sub":"ben"}`),
		"{signature-1}", signature[:max(len(signature)-1, 0)], "{signature~}", otherBits(signature), "{signature+/}", strings.Repeat("+/", 43),
		"{8 KiB of dots}", strings.Repeat(".", 8<<10), "{1 MiB of dots}", strings.Repeat(".", 1<<20),
	).Replace(token)
}

// members is an object of the base with changes, as text.
func members(base map[string]string, changes map[string]json.RawMessage, raw map[string]string, without []string) string {
	for name, value := range changes {
		base[name] = string(value)
	}
	maps.Copy(base, raw)
	var all []string
	for _, name := range slices.Sorted(maps.Keys(base)) {
		if !slices.Contains(without, name) {
			all = append(all, strconv.Quote(name)+":"+base[name])
		}
	}
	return "{" + strings.Join(all, ",") + "}"
}

// fill puts in what is not known before the keys are made, or would be long.
func (p *parts) fill() *strings.Replacer {
	return strings.NewReplacer(
		"{gateway}", kidFor("gateway", p.keys["gateway"]), "{accounts}", kidFor("accounts", p.keys["accounts"]), "{intruder}", kidFor("intruder", p.keys["intruder"]),
		"{intruder.x}", encode(string(public(p.keys["intruder"]))), "{9 KiB}", strings.Repeat("x", 9<<10), "{1,000 lists}", strings.Repeat("[", 1000)+strings.Repeat("]", 1000),
	)
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// kidFor is the id of an issuer's key.
func kidFor(issuer string, key ed25519.PrivateKey) string {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err) // an Ed25519 key always can be
	}
	k, err := identity.ParseKey(strings.TrimSuffix(issuer, " before"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	if err != nil {
		panic(err)
	}
	return k.ID()
}

// otherBits is a signature that differs in bits that base64 does not use at the
// end of 64 bytes.
func otherBits(s string) string {
	if s == "" {
		return ""
	}
	return s[:len(s)-1] + string(rune(s[len(s)-1]+1))
}

// signing is what is to be signed, and with what.
type signing struct {
	p    *parts
	key  ed25519.PrivateKey
	text string
}

func (s signing) sign(how string) []byte {
	if r, found := strings.CutPrefix(how, "R "); found {
		r, zero := strings.CutSuffix(r, " S 0")
		b, err := hex.DecodeString(r)
		s.p.must(err)
		if !zero || len(b) != 32 {
			s.p.t.Errorf("%q is no signature", how)
		}
		return append(b, make([]byte, 32)...)
	}
	way, ok := signs[how]
	if !ok {
		s.p.t.Errorf("nobody signs with %q", how)
		return nil
	}
	return way(s)
}

func (s signing) good() []byte { return ed25519.Sign(s.key, []byte(s.text)) }

func (s signing) with(o *ed25519.Options, message []byte) []byte {
	b, err := s.key.Sign(nil, message, o)
	s.p.must(err)
	return b
}

func (s signing) by(m jwt.SigningMethod, key any) []byte {
	b, err := m.Sign(s.text, key)
	s.p.must(err)
	return b
}

// pem is the public key as PEM.
func (s signing) pem() []byte {
	der, err := x509.MarshalPKIXPublicKey(s.key.Public())
	s.p.must(err)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// order is that of the group of Ed25519 (RFC 8032, section 5.1).
var order, _ = new(big.Int).SetString("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed", 16)

// plus adds n times the order to S.
func (s signing) plus(n int64) []byte {
	sig := s.good()
	slices.Reverse(sig[32:])
	sum := new(big.Int).SetBytes(sig[32:])
	sum.Add(sum, new(big.Int).Mul(order, big.NewInt(n))).FillBytes(sig[32:])
	slices.Reverse(sig[32:])
	return sig
}

func (s signing) flipped(i int, bit byte) []byte {
	sig := s.good()
	sig[i] ^= bit
	return sig
}

// signs are the ways to sign, good and bad.
var signs = map[string]func(signing) []byte{
	"":                                       signing.good,
	"nothing":                                func(signing) []byte { return nil },
	"HS256 with the bytes of the public key": func(s signing) []byte { return s.by(jwt.SigningMethodHS256, []byte(public(s.key))) },
	"HS512 with the bytes of the public key": func(s signing) []byte { return s.by(jwt.SigningMethodHS512, []byte(public(s.key))) },
	"HS256 with the text of the public key": func(s signing) []byte {
		return s.by(jwt.SigningMethodHS256, []byte(encode(string(public(s.key)))))
	},
	"HS256 with the PEM of the public key": func(s signing) []byte { return s.by(jwt.SigningMethodHS256, s.pem()) },
	"HS256 with the key set":               func(s signing) []byte { return s.by(jwt.SigningMethodHS256, s.p.doc) },
	"HS256 with nothing":                   func(s signing) []byte { return s.by(jwt.SigningMethodHS256, []byte{}) },
	"HS256 with the word secret":           func(s signing) []byte { return s.by(jwt.SigningMethodHS256, []byte("secret")) },
	"ES256": func(s signing) []byte {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		s.p.must(err)
		return s.by(jwt.SigningMethodES256, key)
	},
	"RS256": func(s signing) []byte {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		s.p.must(err)
		return s.by(jwt.SigningMethodRS256, key)
	},
	"PS256": func(s signing) []byte {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		s.p.must(err)
		return s.by(jwt.SigningMethodPS256, key)
	},
	"empty":                 func(signing) []byte { return []byte{} },
	"cut by a byte":         func(s signing) []byte { return s.good()[:63] },
	"cut in half":           func(s signing) []byte { return s.good()[:32] },
	"longer by a byte":      func(s signing) []byte { return append(s.good(), 0) },
	"twice":                 func(s signing) []byte { return append(s.good(), s.good()...) },
	"zeros":                 func(signing) []byte { return make([]byte, 64) },
	"ones":                  func(signing) []byte { return slices.Repeat([]byte{0xff}, 64) },
	"first bit":             func(s signing) []byte { return s.flipped(0, 1) },
	"middle bit":            func(s signing) []byte { return s.flipped(40, 8) },
	"last bit":              func(s signing) []byte { return s.flipped(63, 0x80) },
	"sign bit of R":         func(s signing) []byte { return s.flipped(31, 0x80) },
	"S and R change places": func(s signing) []byte { g := s.good(); return append(g[32:64:64], g[:32]...) },
	"S + L":                 func(s signing) []byte { return s.plus(1) },
	"S + 2L":                func(s signing) []byte { return s.plus(2) },
	"of another token":      func(s signing) []byte { return signing{s.p, s.key, s.text + "x"}.good() },
	"over the claims alone": func(s signing) []byte {
		_, claims, _ := strings.Cut(s.text, ".")
		return signing{s.p, s.key, claims}.good()
	},
	"over what is decoded": func(s signing) []byte {
		header, claims, _ := strings.Cut(s.text, ".")
		h, err := base64.RawURLEncoding.DecodeString(header)
		s.p.must(err)
		c, err := base64.RawURLEncoding.DecodeString(claims)
		s.p.must(err)
		return signing{s.p, s.key, string(h) + "." + string(c)}.good()
	},
	"Ed25519ctx": func(s signing) []byte { return s.with(&ed25519.Options{Context: "paceline"}, []byte(s.text)) },
	"Ed25519ph": func(s signing) []byte {
		sum := sha512.Sum512([]byte(s.text))
		return s.with(&ed25519.Options{Hash: crypto.SHA512}, sum[:])
	},
}

// Whatever a token is for, it is for nothing else.
func TestEachKindOfTokenIsForItself(t *testing.T) {
	t.Parallel()
	p := platform(t)
	tokens := map[string]string{}
	var err error
	tokens[identity.AccessType], err = p.signers["accounts"].AccessToken(identity.Caller{UserID: "ann"})
	p.must(err)
	tokens[identity.CallType], err = p.signers["gateway"].CallToken("stats", identity.Caller{UserID: "ann"})
	p.must(err)
	tokens[identity.WorkloadType], err = p.signers["broker"].WorkloadToken("stats")
	p.must(err)
	tokens[identity.EventTokenType], err = p.signers["stats"].EventToken(deletion(t))
	p.must(err)
	audiences := []string{identity.AudiencePlatform, "stats", "paceline-events"}
	for kind, raw := range tokens {
		for typ := range tokens {
			for _, audience := range audiences {
				_, err := identity.NewVerifier(typ, audience, []string{"*"}, p.source, p.clock).Verify(context.Background(), raw)
				own := map[string]string{identity.AccessType: audiences[0], identity.CallType: audiences[1], identity.WorkloadType: audiences[1], identity.EventTokenType: audiences[2]}
				if good := typ == kind && own[kind] == audience; (err == nil) != good || err != nil && fault.Of(err).Status != 401 {
					t.Errorf("%s as %s for %s: %v", kind, typ, audience, err)
				}
			}
		}
	}
}
