package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLicencesAreWhatIsLinked(t *testing.T) {
	t.Parallel()
	want, err := licences(root)
	if err != nil {
		t.Fatalf("%v\nread the licence: take another module, or add its text to reviewed with what follows from it", err)
	}
	got, err := os.ReadFile(filepath.Join(root, "docs", "licences.md"))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/licences.md is stale: run make licences (%v)", err)
	}
}

func TestLicencesThatAreNotPermissiveAreRefused(t *testing.T) {
	t.Parallel()
	const mit = "MIT License\n\nCopyright (c) 2026 X\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the \"Software\"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:\n\nThe above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.\n\nTHE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.\n"
	for name, c := range map[string]struct{ file, text, want string }{
		"MIT":           {"LICENSE", mit, ""},
		"MPL":           {"LICENSE", "This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0. If a copy of the MPL was not distributed with this file, You can obtain one at http://mozilla.org/MPL/2.0/.\n", "which is none of"},
		"own words":     {"LICENSE.txt", "You may use this on Tuesdays.", "is not the text of a licence that is known"},
		"a reservation": {"COPYING", mit + strings.Repeat("But nobody may run this program for money without asking first. ", 20), "is not the text of a licence that is known"},
		"none":          {"README.md", "no licence", "there is no licence"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		id, err := licenceOf(dir)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q %v, want %q", name, id, err, c.want)
		}
	}
}

// build makes a program as .ko.yaml says, which makes the images; cache is
// Go's own when it is "".
func build(t *testing.T, dir, program, cache string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), filepath.Base(program))
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", tags, "-ldflags=-s -w", "-o", out, program)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GODEBUG=")
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", program, err, said)
	}
	return out
}

// What the document lists is what `go version -m` lists, module by module.
func TestASBOMIsWhatTheProgramSays(t *testing.T) {
	t.Parallel()
	program := build(t, root, "paceline/functions/cmd/gateway", "")
	text, err := sbom(program)
	if err != nil {
		t.Fatal(err)
	}
	var doc bom
	if err := json.Unmarshal(text, &doc); err != nil || doc.Format != "CycloneDX" || doc.Metadata.Component.Name != "gateway" {
		t.Fatalf("%+v %v", doc.Metadata, err)
	}
	said, err := exec.Command("go", "version", "-m", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for line := range strings.Lines(string(said)) {
		if f := strings.Fields(line); len(f) > 2 && f[0] == "dep" {
			want = append(want, f[1]+" "+f[2])
		}
	}
	for _, c := range doc.Components[1:] {
		got = append(got, c.Name+" "+c.Version)
		if !strings.HasPrefix(c.PURL, "pkg:golang/"+c.Name+"@") || len(c.Hashes) != 1 || len(c.Hashes[0].Content) != 64 {
			t.Errorf("%+v", c)
		}
	}
	if len(want) < 20 || !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// The same sources in another folder, compiled by a cache that has nothing of
// this one, make the same program to the bit.
func TestBuildsAreReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles a function and all that it links from nothing")
	}
	t.Parallel()
	const program = "paceline/functions/cmd/web"
	elsewhere := filepath.Join(t.TempDir(), "somewhere", "else")
	files, err := exec.Command("git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		t.Skipf("no list of the sources: %v", err)
	}
	for _, file := range strings.Split(strings.TrimRight(string(files), "\x00"), "\x00") {
		copyFile(t, filepath.Join(root, file), filepath.Join(elsewhere, file))
	}
	here, there := build(t, root, program, ""), build(t, elsewhere, program, t.TempDir())
	if a, b := sum(t, here), sum(t, there); a != b {
		t.Errorf("%s is %s here and %s elsewhere", program, a, b)
	}
	if info, err := buildinfo.ReadFile(there); err != nil || strings.Contains(fmt.Sprint(info), elsewhere) {
		t.Errorf("the program names the folder that it was made in: %v %v", info, err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Lstat(from)
	if err != nil || !info.Mode().IsRegular() { // taken out and not committed, or a link
		return
	}
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o700)
	}
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func sum(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
