package identity_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
)

func kidOf(t *testing.T, raw string) string {
	t.Helper()
	token, _, err := jwt.NewParser().ParseUnverified(raw, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	return token.Header["kid"].(string)
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
