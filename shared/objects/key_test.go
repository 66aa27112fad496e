package objects

import (
	"errors"
	"strings"
	"testing"
)

func TestValidateKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, key string
		good      bool
	}{
		{"a plain key", "raw/01J/01K", true},
		{"one character", "a", true},
		{"dots inside", "date=2026-05-01/part-1.parquet", true},
		{"any script", "läufe/跑步/🚴", true},
		{"the longest segment", strings.Repeat("a", 255), true},
		{"the longest key", strings.Repeat(strings.Repeat("a", 199)+"/", 4) + strings.Repeat("a", 200), true},
		{"nothing", "", false},
		{"a segment too long", strings.Repeat("a", 256), false},
		{"a key too long", strings.Repeat(strings.Repeat("a", 199)+"/", 5) + "a", false},
		{"an absolute path", "/etc/passwd", false},
		{"a folder", "a/", false},
		{"an empty segment", "a//b", false},
		{"the parent", "a/../../b", false},
		{"the folder itself", "a/./b", false},
		{"a hidden file", "a/.b", false},
		{"a NUL", "a\x00", false},
		{"a line break", "a\r\nb", false},
		{"a C1 control", "a\u0085", false},
		{"a backslash", `..\b`, false},
		{"half a character", "a\xc3", false},
		{"a noncharacter", "a\ufffe", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := ValidateKey(test.key)
			if (err == nil) != test.good || (err != nil && !errors.Is(err, ErrInvalidKey)) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzValidateKey(f *testing.F) {
	for _, seed := range []string{"a/b", "../a", "a\x00b", ".", "a//b", "ä"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if ValidateKey(key) != nil {
			return
		}
		if len(key) > 1000 || strings.HasPrefix(key, "/") || strings.ContainsAny(key, "\x00\n\\") {
			t.Errorf("%q is accepted", key)
		}
		for _, s := range strings.Split(key, "/") {
			if s == "" || s == "." || s == ".." || len(s) > 255 {
				t.Errorf("%q is accepted", key)
			}
		}
		if err := ValidatePrefix(key + "/"); err != nil {
			t.Errorf("%q is a key and not a prefix: %v", key, err)
		}
	})
}

func TestRange(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		r              Range
		size           int64
		offset, length int64
		bad            bool
	}{
		{"everything", Range{}, 10, 0, 10, false},
		{"everything of nothing", Range{}, 0, 0, 0, false},
		{"a part", Range{2, 3}, 10, 2, 3, false},
		{"to the end", Range{2, 0}, 10, 2, 8, false},
		{"beyond the end", Range{2, 100}, 10, 2, 8, false},
		{"so long that a sum overflows", Range{2, 1<<63 - 1}, 10, 2, 8, false},
		{"from the end", Range{10, 1}, 10, 0, 0, true},
		{"a part of nothing", Range{0, 1}, 0, 0, 0, true},
		{"before the start", Range{-1, 0}, 10, 0, 0, true},
		{"backwards", Range{2, -1}, 10, 0, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			offset, length, err := test.r.Resolve(test.size)
			if offset != test.offset || length != test.length || errors.Is(err, ErrRange) != test.bad {
				t.Errorf("got %d, %d, %v", offset, length, err)
			}
		})
	}
}
