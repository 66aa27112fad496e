package accounts

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/argon2"
)

func testKeys(t testing.TB, lines ...string) passwordKeys {
	t.Helper()
	keys, err := parsePasswordKeys(strings.Join(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

var firstKey, secondKey = strings.Repeat("1", 32), strings.Repeat("2", 32)

func hashed(t testing.TB, h *hasher, password string) string {
	t.Helper()
	phc, err := h.hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return phc
}

func verified(t testing.TB, h *hasher, phc, password string) verdict {
	t.Helper()
	v, err := h.verify(t.Context(), phc, password)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestA1TheWholePasswordCounts(t *testing.T) {
	t.Parallel()
	h := newHasher(2, testKeys(t, firstKey))
	twin := strings.Repeat("a horse walks into a bar ", 3)[:72]
	phc := hashed(t, h, twin+"one")
	if !verified(t, h, phc, twin+"one").right || verified(t, h, phc, twin+"two").right || verified(t, h, phc, twin).right {
		t.Error("passwords that agree in 72 bytes are one")
	}
	nfc := hashed(t, h, "caf\u00e9 au lait bitte")
	if !verified(t, h, nfc, "cafe\u0301 au lait bitte").right {
		t.Error("the two ways to write an accent are two passwords")
	}
}

func TestA2StoredForm(t *testing.T) {
	t.Parallel()
	h := newHasher(2, testKeys(t, firstKey))
	seen := map[string]bool{}
	for range 3 {
		phc := hashed(t, h, "a horse walks into a bar")
		p, err := parseHash(phc)
		if err != nil {
			t.Fatal(err)
		}
		if p.memory < 47104 || p.time < 1 || len(p.salt) < 16 || p.keyID != h.keys.newest().id || seen[string(p.salt)] {
			t.Errorf("stored: %s", phc)
		}
		seen[string(p.salt)] = true
		if strings.Contains(phc, firstKey) {
			t.Error("the key is in the stored form")
		}
	}
}

// Not parallel: it measures what is allocated.
func TestA2AHostileHashIsRefused(t *testing.T) {
	h := newHasher(1, testKeys(t, firstKey))
	good := hashed(t, h, "a horse walks into a bar")
	salt, key := strings.Repeat("A", 22), strings.Repeat("A", 43)
	bad := map[string]string{
		"no PHC": "secret", "4 GiB": "$argon2id$v=19$m=4194304,t=1,p=1$" + salt + "$" + key, "a thousand passes": "$argon2id$v=19$m=47104,t=1000,p=1$" + salt + "$" + key,
		"no passes": "$argon2id$v=19$m=47104,t=0,p=1$" + salt + "$" + key, "255 threads": "$argon2id$v=19$m=47104,t=1,p=255$" + salt + "$" + key,
		"argon2i": "$argon2i$v=19$m=47104,t=1,p=1$" + salt + "$" + key, "another version": "$argon2id$v=16$m=47104,t=1,p=1$" + salt + "$" + key,
		"a short salt": "$argon2id$v=19$m=47104,t=1,p=1$AAAA$" + key, "a short key": "$argon2id$v=19$m=47104,t=1,p=1$" + salt + "$AAAA",
		"a long key": "$argon2id$v=19$m=47104,t=1,p=1$" + salt + "$" + strings.Repeat("A", 1<<20), "a negative cost": "$argon2id$v=19$m=-1,t=1,p=1$" + salt + "$" + key,
		"more behind": good + "$", "a space": strings.Replace(good, "t=1", "t= 1", 1), "a long id": strings.Replace(good, "keyid=", "keyid="+strings.Repeat("f", 1000), 1),
	}
	for name, phc := range bad {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		v, err := h.verify(t.Context(), phc, "a horse walks into a bar")
		runtime.ReadMemStats(&after)
		if err == nil || v.right {
			t.Errorf("%s is believed", name)
		}
		if err != nil && strings.Contains(err.Error(), phc) {
			t.Errorf("%s: the error has the stored form in it", name)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("%s: %d bytes were allocated", name, took)
		}
	}
}

func TestA2NewCostsAndKeysReplaceOld(t *testing.T) {
	t.Parallel()
	const password = "a horse walks into a bar"
	before, now := newHasher(2, testKeys(t, firstKey)), newHasher(2, testKeys(t, secondKey, firstKey))
	plain := phcHash{hashCost: hashCost{time: 2, memory: 19 << 10, threads: 1}, salt: make([]byte, saltBytes)}
	plain.key = argon2.IDKey([]byte(password), plain.salt, plain.time, plain.memory, plain.threads, keyBytes)
	for name, c := range map[string]struct {
		phc  string
		want verdict
	}{
		"today's":               {hashed(t, now, password), verdict{right: true}},
		"of the key before":     {hashed(t, before, password), verdict{right: true, old: true}},
		"of the costs before":   {plain.String(), verdict{right: true, old: true}},
		"of a key that is lost": {hashed(t, newHasher(1, testKeys(t, strings.Repeat("3", 32))), password), verdict{}},
		"nobody's":              {"", verdict{}},
	} {
		if got := verified(t, now, c.phc, password); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if got := verified(t, now, c.phc, "not the password"); got != (verdict{}) {
			t.Errorf("%s with another password: %+v", name, got)
		}
	}
}

func TestPasswordKeysThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n \n", "short", firstKey + "\nshort"} {
		if _, err := parsePasswordKeys(text); err == nil {
			t.Errorf("%q is taken", text)
		} else if strings.Contains(err.Error(), firstKey) {
			t.Error("the error has a key in it")
		}
	}
}

// Fifty sign-ins at once take the memory of two; who finds the line too long is
// told to come again.
func TestA2HashesAtOnceAreBounded(t *testing.T) {
	t.Parallel()
	h := newHasher(2, testKeys(t, firstKey))
	var running, most, done, refused atomic.Int64
	release, started := make(chan struct{}), make(chan struct{}, 50)
	h.derive = func(_, _ []byte, _, _ uint32, _ uint8, n uint32) []byte {
		now := running.Add(1)
		defer running.Add(-1)
		for {
			if old := most.Load(); now <= old || most.CompareAndSwap(old, now) {
				break
			}
		}
		started <- struct{}{}
		<-release
		return make([]byte, n)
	}
	var wg sync.WaitGroup
	sure := make(chan struct{}, 50)
	for i := range 50 {
		if i == 2 { // both slots are taken
			<-started
			<-started
		}
		wg.Go(func() {
			_, err := h.verify(context.Background(), "", "a horse walks into a bar")
			if err == nil {
				done.Add(1)
				return
			}
			if refusal(err) != "too_many_sign_ins" || errors.Is(err, context.DeadlineExceeded) { // told at once, not after a wait
				t.Error(err)
			}
			refused.Add(1)
			sure <- struct{}{}
		})
	}
	for range 50 - 2 - 2*waitersEach { // more than can run and wait
		<-sure
	}
	close(release)
	wg.Wait()
	if most.Load() != 2 || done.Load()+refused.Load() != 50 || done.Load() != 2+2*waitersEach {
		t.Errorf("at most %d at once, %d done, %d refused", most.Load(), done.Load(), refused.Load())
	}
}

// What a stored hash that is refused costs, and what a password that is known
// and one that is not do.
func BenchmarkVerify(b *testing.B) {
	h := newHasher(1, testKeys(b, firstKey))
	for name, phc := range map[string]string{
		"known": hashed(b, h, "a horse walks into a bar"), "unknown": "", "hostile": "$argon2id$v=19$m=4194304,t=1,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = h.verify(b.Context(), phc, fmt.Sprint("a horse walks into ", b.N))
			}
		})
	}
}
