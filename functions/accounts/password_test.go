package accounts

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go/frequency"

	"paceline/shared/function/fault"
)

var anna = Account{Email: "anna.karenina@example.com", DisplayName: "Anna Karenina"}

func rules(t testing.TB) passwordRules {
	t.Helper()
	r, err := newPasswordRules("")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// refusal is the code of an error, and its reason if it has one.
func refusal(err error) string {
	if err == nil {
		return ""
	}
	f := fault.Of(err)
	if reason, ok := f.Fields["reason"]; ok {
		return fmt.Sprint(f.Code, " ", reason)
	}
	return f.Code
}

func TestA1PasswordRules(t *testing.T) {
	t.Parallel()
	r := rules(t)
	const short, long, leaked, personal, guessable = "password_too_short", "password_too_long", "password_too_common leaked", "password_too_common personal", "password_too_common guessable"
	for _, c := range []struct {
		password            string
		alone, besideSecond string
	}{
		{"a horse walks into a bar", "", ""},
		{"kvmzqpwrtghlxn", short, ""}, // 14
		{"kvmzqpwrtghlxnd", "", ""},   // 15
		{"kvmzqpw", short, short},
		{"kvmzqpwr", short, ""},
		{strings.Repeat("a horse walks ", 5)[:64], "", ""},
		{"the quick otter of 1987 never sleeps before it has eaten its fish", "", ""}, // 65
		{"kvmz" + strings.Repeat(" and another word", 20), "", ""},
		{strings.Repeat("kvmzqpwr", 128), "", ""}, // 1,024 bytes
		{strings.Repeat("kvmzqpwr", 128) + "x", long, long},
		{strings.Repeat("x", 1<<20), long, long},
		{"очень длинное слово", "", ""},
		{"鶴亀松竹梅桜菊蘭蓮藤萩楓柳杉檜", "", ""},          // 15 characters, 45 bytes
		{"👩🏽‍🚀🚴🏻‍♀️🏊🏿‍♂️🥇🎽⛷", "", ""},        // code points count, as NIST has it
		{"cafe\u0301cafe\u0301!", short, ""}, // 9 composed
		{"\xff\xfe invalid but long enough", "password_invalid", "password_invalid"},
		{"password", short, leaked},
		{"PassWord1", short, leaked},
		{"qwertyuiopasdfghjkl", leaked, leaked},
		{"anna.karenina@example.com", personal, personal},
		{"Anna Karenina paceline", personal, personal},
		{"annaannaannaanna1", personal, personal},
		{"paceline-paceline-2026", guessable, guessable},
		{strings.Repeat("ab", 20), personal, personal},
		{"summer2026summer", guessable, guessable},
		{"121212121212345", guessable, guessable},
	} {
		if got := refusal(r.check(c.password, anna, false)); got != c.alone {
			t.Errorf("%.40q alone: %q, want %q", c.password, got, c.alone)
		}
		if got := refusal(r.check(c.password, anna, true)); got != c.besideSecond {
			t.Errorf("%.40q beside a second factor: %q, want %q", c.password, got, c.besideSecond)
		}
	}
}

// No value of a list of common passwords is taken, however its letters are cased.
func TestA1NoCommonPasswordIsTaken(t *testing.T) {
	t.Parallel()
	r := rules(t)
	tried := 0
	for _, common := range frequency.Lists["Passwords"].List {
		if utf8.RuneCountInString(common) < minBesideASecond {
			continue
		}
		tried++
		for _, password := range []string{common, strings.ToUpper(common)} {
			if got := refusal(r.check(password, anna, true)); got != "password_too_common leaked" {
				t.Errorf("%q: %q", password, got)
			}
		}
	}
	if tried < 1500 {
		t.Errorf("only %d passwords were tried", tried)
	}
}

// There are no rules of composition: what is random is taken, whatever it is made of.
func TestA1OneClassOfCharactersIsEnough(t *testing.T) {
	t.Parallel()
	r := rules(t)
	random := rand.New(rand.NewPCG(4, 15))
	for _, class := range []string{"abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", "!$%&/()=?*+#,;.:-_", "абвгдежзиклмнопрст"} {
		letters := []rune(class)
		for range 2000 {
			password := make([]rune, 15+random.IntN(6))
			for i := range password {
				password[i] = letters[random.IntN(len(letters))]
			}
			if distinct(string(password)) < minDistinct {
				continue
			}
			if err := r.check(string(password), anna, false); err != nil {
				t.Errorf("%q: %v", string(password), err)
			}
		}
	}
}

func TestA1OversizeIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	r := rules(t)
	huge := strings.Repeat("x", 1<<20)
	var took []time.Duration
	for range 9 {
		begin := time.Now()
		if r.check(huge, anna, false) == nil {
			t.Fatal("taken")
		}
		took = append(took, time.Since(begin))
	}
	if slices.Sort(took); took[len(took)/2] > 5*time.Millisecond {
		t.Errorf("it took %v", took)
	}
	h := newHasher(1, passwordKeys{{"k", nil}})
	h.derive = func([]byte, []byte, uint32, uint32, uint8, uint32) []byte { t.Error("it was hashed"); return nil }
	if _, err := h.verify(t.Context(), "", huge); refusal(err) != "password_too_long" {
		t.Errorf("a sign-in with it: %v", err)
	}
}

func FuzzPasswordRules(f *testing.F) {
	for _, seed := range []string{"a horse walks into a bar", "anna", "cafe\u0301 au lait bitte", "\xff", "", strings.Repeat("1a", 300)} {
		f.Add(seed)
	}
	r := rules(f)
	f.Fuzz(func(t *testing.T, password string) {
		alone, second := r.check(password, anna, false), r.check(password, anna, true)
		if alone == nil && second != nil {
			t.Errorf("%q is good alone and bad beside a second factor: %v", password, second)
		}
		if alone == nil && (utf8.RuneCountInString(password) < minPassword || len(password) > maxPassword) {
			t.Errorf("%q is taken", password)
		}
		if alone != nil && fault.Of(alone).Status != 422 {
			t.Errorf("%q: %v", password, alone)
		}
	})
}
