// Package sealtest gives tests a key-encryption key. It is the same in all tests
// of one process, since they may share a server.
package sealtest

import (
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"paceline/shared/function/seal"
)

var content = sync.OnceValues(seal.GenerateKEK)

// URI is a KEK_URI that works until the test ends.
func URI(t testing.TB) string {
	t.Helper()
	doc, err := content()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kek.json")
	if err := os.WriteFile(file, doc, 0o600); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: file}).String()
}

// KEK is what URI names.
func KEK(t testing.TB) seal.KEK {
	t.Helper()
	kek, err := seal.OpenKEK(URI(t))
	if err != nil {
		t.Fatal(err)
	}
	return kek
}
