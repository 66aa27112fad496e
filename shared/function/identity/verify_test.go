package identity_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
)

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	p := platform(t)
	p.newKey("intruder") // in no key set
	claim := func(name string, value any) string {
		return p.forged(func(_, claims map[string]any) { claims[name] = value })
	}
	without := func(name string) string {
		return p.forged(func(_, claims map[string]any) { delete(claims, name) })
	}
	header := func(name string, value any) string {
		return p.forged(func(header, _ map[string]any) { header[name] = value })
	}
	kid := func(kid string) string { return header("kid", kid) }
	good := p.call()
	pieces := strings.Split(good, ".")
	public := []byte(p.keys["gateway"].Public().(ed25519.PublicKey))
	own := p.signers["accounts"]
	access, _ := own.AccessToken(identity.Caller{UserID: "ann", SessionID: "s"})
	workload, _ := p.signers["broker"].WorkloadToken("stats")
	fromStats, _ := p.signers["stats"].CallToken("stats", identity.Caller{UserID: "ann"})
	cases := map[string]string{
		"nothing":                            "",
		"no JWT":                             "hello",
		"two parts":                          pieces[0] + "." + pieces[1],
		"four parts":                         good + "." + pieces[2],
		"a token of another type":            access,
		"a workload's token":                 workload,
		"no type":                            header("typ", nil),
		"the type of an access token":        header("typ", identity.AccessType),
		"the plain type":                     header("typ", "JWT"),
		"another audience":                   claim("aud", []string{"social"}),
		"an audience that begins like ours":  claim("aud", []string{"stats2"}),
		"no audience":                        without("aud"),
		"an issuer that may not call":        fromStats,
		"an issuer other than the key's":     claim("iss", "accounts"),
		"no issuer":                          without("iss"),
		"no subject":                         without("sub"),
		"an empty subject":                   claim("sub", ""),
		"a subject that is no text":          claim("sub", 7),
		"no expiry":                          without("exp"),
		"an expiry that is no number":        claim("exp", "never"),
		"no id":                              without("jti"),
		"no time of issue":                   without("iat"),
		"expired for longer than the leeway": claim("exp", start.Unix()-61),
		"not yet valid beyond the leeway":    claim("nbf", start.Unix()+61),
		"issued in the future":               claim("iat", start.Unix()+61),
		"alg none":                           segment(map[string]any{"alg": "none", "typ": identity.CallType, "kid": "gateway.x"}) + "." + pieces[1] + ".",
		"alg none with the old signature":    segment(map[string]any{"alg": "none", "typ": identity.CallType}) + "." + pieces[1] + "." + pieces[2],
		"alg None":                           segment(map[string]any{"alg": "None", "typ": identity.CallType}) + "." + pieces[1] + ".",
		"HS256 with the public key":          p.signed(public, jwt.SigningMethodHS256, nil),
		"HS256 with the text of the key":     p.signed([]byte(base64.RawURLEncoding.EncodeToString(public)), jwt.SigningMethodHS256, nil),
		"a key that nobody knows":            p.signed(p.keys["intruder"], jwt.SigningMethodEdDSA, nil),
		"the key id of another issuer":       p.signed(p.keys["accounts"], jwt.SigningMethodEdDSA, nil),
		"another issuer's key and id":        p.signed(p.keys["accounts"], jwt.SigningMethodEdDSA, func(h, _ map[string]any) { h["kid"] = kidOf(t, access) }),
		"more than 8 KiB":                    claim("new", strings.Repeat("x", 9<<10)),
		"another issuer's key, id and name":  p.signed(p.keys["accounts"], jwt.SigningMethodEdDSA, func(h, c map[string]any) { h["kid"], c["iss"] = kidOf(t, access), "accounts" }),
		"no key id":                          header("kid", nil),
		"a key id that is no text":           header("kid", 7),
		"a key id that is a path":            kid("../../../../dev/null"),
		"a key id that is a path of ours":    kid("gateway.../../dev/null"),
		"a key id that is SQL":               kid("gateway.' UNION SELECT 'x"),
		"a key id that is an address":        kid("https://evil.example/gateway.key"),
		"a key id with a zero byte":          kid("gateway.\x00"),
		"a key id of 64 KiB":                 kid("gateway." + strings.Repeat("x", 64<<10)),
		"a critical header":                  header("crit", []string{"b64"}),
		"an unencoded payload":               p.forged(func(h, _ map[string]any) { h["b64"], h["crit"] = false, []string{"b64"} }),
		"a key that comes along": p.signed(p.keys["intruder"], jwt.SigningMethodEdDSA, func(h, _ map[string]any) {
			h["jwk"] = map[string]any{"kty": "OKP", "crv": "Ed25519", "x": "x"}
			h["jku"] = "https://evil.example"
		}),
		"1 MiB of dots":                      strings.Repeat(".", 1<<20),
		"8 KiB of dots":                      strings.Repeat(".", 8<<10),
		"a cut signature":                    good[:len(good)-4],
		"no signature":                       pieces[0] + "." + pieces[1] + ".",
		"a signature with padding":           good + "==",
		"a signature with other unused bits": good[:len(good)-1] + nextLetter(good[len(good)-1]),
		"a signature in the other alphabet":  pieces[0] + "." + pieces[1] + "." + strings.Repeat("+/", 43),
		"a changed payload":                  pieces[0] + "." + segment(map[string]any{"sub": "bob"}) + "." + pieces[2],
		"a space before":                     " " + good,
		"a line break inside":                pieces[0] + ".\n" + pieces[1] + "." + pieces[2],
	}
	for name, raw := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fresh := identity.NewVerifier(identity.CallType, "stats", []string{"gateway"}, p.source, p.clock)
			began := time.Now()
			caller, err := fresh.Verify(context.Background(), raw)
			f := fault.Of(err)
			if err == nil || f.Status != 401 || !reflect.DeepEqual(caller, identity.Caller{}) {
				t.Errorf("caller %+v, error %v", caller, err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func kidOf(t *testing.T, raw string) string {
	t.Helper()
	token, _, err := jwt.NewParser().ParseUnverified(raw, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	return token.Header["kid"].(string)
}

// nextLetter differs from a letter in bits that base64 does not use at the end
// of a signature of 64 bytes.
func nextLetter(c byte) string { return string(rune(c + 1)) }

func TestVerifyAccepts(t *testing.T) {
	t.Parallel()
	p := platform(t)
	claim := func(name string, value any) string {
		return p.forged(func(_, claims map[string]any) { claims[name] = value })
	}
	cases := map[string]string{
		"a call token":                         p.call(),
		"one that expired within the leeway":   claim("exp", start.Unix()-59),
		"one that is valid soon":               claim("nbf", start.Unix()+59),
		"one for several audiences":            claim("aud", []string{"social", "stats"}),
		"one with a key address to be ignored": p.forged(func(h, _ map[string]any) { h["jku"] = "https://evil.example"; h["x5u"] = "https://evil.example" }),
		"one with a claim that we do not know": claim("new", true),
	}
	for name, raw := range cases {
		caller, err := p.verifier.Verify(context.Background(), raw)
		want := identity.Caller{Issuer: "gateway", UserID: "ann", IssuedAt: start, SessionID: "s", Actor: "gateway", Roles: []identity.Role{identity.Member}}
		if err != nil || !reflect.DeepEqual(caller, want) {
			t.Errorf("%s: caller %+v, error %v", name, caller, err)
		}
	}
}

func TestEachTypeSpeaksForItsCaller(t *testing.T) {
	t.Parallel()
	p := platform(t)
	access, err := p.signers["accounts"].AccessToken(identity.Caller{UserID: "ann", SessionID: "s", Roles: []identity.Role{identity.Member, identity.Coach}})
	p.must(err)
	guest, err := p.signers["gateway"].CallToken("stats", identity.Caller{Roles: []identity.Role{identity.Guest}})
	p.must(err)
	workload, err := p.signers["broker"].WorkloadToken("stats")
	p.must(err)
	cases := map[string]struct {
		typ, audience, raw string
		want               identity.Caller
	}{
		"a person's app": {identity.AccessType, identity.AudiencePlatform, access, identity.Caller{Issuer: "accounts", IssuedAt: start, UserID: "ann", SessionID: "s", Roles: []identity.Role{identity.Member, identity.Coach}}},
		"a guest's call": {identity.CallType, "stats", guest, identity.Caller{Issuer: "gateway", IssuedAt: start, Actor: "gateway", Roles: []identity.Role{identity.Guest}}},
		"the broker":     {identity.WorkloadType, "stats", workload, identity.Caller{Issuer: "broker", IssuedAt: start, Roles: []identity.Role{identity.Workload}}},
	}
	for name, c := range cases {
		v := identity.NewVerifier(c.typ, c.audience, []string{"*"}, p.source, p.clock)
		got, err := v.Verify(context.Background(), c.raw)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestRequestReadsTheHeader(t *testing.T) {
	t.Parallel()
	p := platform(t)
	good := p.call()
	cases := map[string]struct {
		headers []string
		code    string
	}{
		"none":               {nil, "token_missing"},
		"empty":              {[]string{""}, "token_missing"},
		"only the scheme":    {[]string{"Bearer "}, "token_missing"},
		"another scheme":     {[]string{"Basic " + good}, "token_missing"},
		"no scheme":          {[]string{good}, "token_missing"},
		"two":                {[]string{"Bearer " + good, "Bearer " + good}, "token_missing"},
		"two in one":         {[]string{"Bearer " + good + ", Bearer " + good}, "token_invalid"},
		"good":               {[]string{"Bearer " + good}, ""},
		"scheme in capitals": {[]string{"BEARER " + good}, ""},
	}
	for name, c := range cases {
		r := httptest.NewRequest("GET", "/", nil)
		for _, h := range c.headers {
			r.Header.Add("Authorization", h)
		}
		_, err := p.verifier.Request(r)
		if code := fault.Of(err).Code; c.code == "" && err != nil || c.code != "" && (code != c.code || fault.Of(err).Status != 401) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatCannotBeVerifiedNowIsUnavailable(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		doc     string
		failure error
	}{
		"no file":        {"", errors.New("no such file")},
		"an empty file":  {"", nil},
		"half a file":    {`{"keys":[{"kty":"OK`, nil},
		"no keys":        {`{"keys":[]}`, nil},
		"a foreign kind": {`{"keys":[{"kty":"RSA","kid":"gateway.x"}]}`, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := platform(t)
			p.serve([]byte(c.doc), c.failure)
			for range 2 {
				_, err := p.verifier.Verify(context.Background(), p.call())
				if f := fault.Of(err); f.Status != 503 || f.Code != "keys_unavailable" || f.RetryAfter <= 0 {
					t.Errorf("error %v", err)
				}
			}
			if p.reads != 1 {
				t.Errorf("%d reads within a second", p.reads)
			}
			p.publish()
			p.advance(time.Second)
			if _, err := p.verifier.Verify(context.Background(), p.call()); err != nil {
				t.Errorf("with the keys back: %v", err)
			}
		})
	}
}

func TestTheCacheNeverOutlivesTheToken(t *testing.T) {
	t.Parallel()
	p := platform(t)
	raw := p.call()
	steps := []struct {
		after time.Duration
		fine  bool
	}{{0, true}, {30 * time.Second, true}, {29 * time.Second, true}, {2 * time.Second, true}, {58 * time.Second, true}, {2 * time.Second, false}, {time.Hour, false}}
	for _, s := range steps {
		p.advance(s.after)
		_, err := p.verifier.Verify(context.Background(), raw)
		if (err == nil) != s.fine {
			t.Errorf("%v after its start: %v", p.now.Sub(start), err)
		}
	}
}

func TestACachedTokenIsOfItsVerifierAlone(t *testing.T) {
	t.Parallel()
	p := platform(t)
	raw := p.call()
	for range 2 {
		if _, err := p.verifier.Verify(context.Background(), raw); err != nil {
			t.Fatal(err)
		}
		if _, err := p.verifier.Verify(context.Background(), raw[:len(raw)-1]+"A"+"A"); err == nil {
			t.Error("a longer token is taken for a known one")
		}
	}
	other := identity.NewVerifier(identity.CallType, "social", []string{"gateway"}, p.source, p.clock)
	if _, err := other.Verify(context.Background(), raw); fault.Of(err).Status != 401 {
		t.Errorf("at another function: %v", err)
	}
}

// A call token that is kept from before a new proof would hide it.
func TestACallSaysTheNewestProof(t *testing.T) {
	t.Parallel()
	p := platform(t)
	who := identity.Caller{UserID: "ann", SessionID: "s", Roles: []identity.Role{identity.Member}}
	for _, proof := range []time.Time{start.Add(-time.Hour), start} {
		who.AuthTime, who.Methods = proof, []string{"pwd"}
		raw, err := p.signers["gateway"].CallToken("stats", who)
		p.must(err)
		got, err := p.verifier.Verify(context.Background(), raw)
		p.must(err)
		if !got.AuthTime.Equal(proof) || got.Recent(start) != proof.Equal(start) {
			t.Errorf("proved at %v, the call says %+v", proof, got)
		}
	}
}
