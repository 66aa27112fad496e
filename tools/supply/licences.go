package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// permissive is every licence that we take.
var permissive = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}

// reviewed is texts beside a module's licence that a person has read, by their
// SHA-256, so that a changed one is read again: what the table calls them, and
// what follows.
var reviewed = map[string]string{
	// The borders of time zones, which the program holds unchanged: whoever passes
	// the program on names OpenStreetMap, as this table does.
	"1d553feead201a7619788171b43cca12675e82d70b197aa45795986bb8603e72": "ODbL-1.0 (data of OpenStreetMap contributors)",
	// Grants to everybody but one company, which it names, what permissive licences
	// grant; whoever passes the program on passes the text on, as this table does.
	"aabbd7841243b3f8fcbc4e59d5b75a3367348e6536762cc2b63c67d670f491ce": "ACSL-1.2",
}

// recognised is how much of a licence's file has to be the text of one, in percent.
const recognised = 75

// module is one module that a program links.
type module struct {
	path, version, dir string
	licence            string // SPDX
}

// tags are those of every build, as in the Makefile.
const tags = "-tags=disable_grpc_modules,grpcnotrace,noprometheus"

// golist runs go list in root, as a build there would see it, and returns its lines.
func golist(root string, args ...string) ([]string, error) {
	cmd := exec.Command("go", append([]string{"list", tags}, args...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	return strings.Fields(string(out)), nil
}

// programs are what is given to others: every function and what starts them. The
// demo, which writes files as a watch does by an SDK with terms of its own, is not.
func programs(root string) ([]string, error) {
	all, err := golist(root, "./functions/cmd/...")
	return slices.DeleteFunc(all, func(p string) bool { return p == "paceline/functions/cmd/demo" }), err
}

// linked is every module of others that the programs of root link, sorted.
func linked(root string) ([]module, error) {
	mains, err := programs(root)
	if err != nil {
		return nil, err
	}
	lines, err := golist(root, append([]string{"-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}|{{.Version}}|{{.Dir}}{{end}}{{end}}"}, mains...)...)
	if err != nil {
		return nil, err
	}
	slices.Sort(lines)
	var all []module
	for _, line := range slices.Compact(lines) {
		m := strings.Split(line, "|")
		all = append(all, module{path: m[0], version: m[1], dir: m[2]})
	}
	return all, nil
}

// licenceOf reads the licence of a module's folder.
func licenceOf(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return "", err
	}
	var found, also []string
	for _, file := range files {
		name := strings.ToUpper(filepath.Base(file))
		if !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		if info, err := os.Stat(file); err != nil || info.IsDir() { // a folder of texts that a licence beside it refers to
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		if is, read := reviewed[fmt.Sprintf("%x", sha256.Sum256(text))]; read {
			also = append(also, is)
			continue
		}
		c := licensecheck.Scan(text)
		if c.Percent < recognised {
			return "", fmt.Errorf("%s is not the text of a licence that is known", filepath.Base(file))
		}
		for _, m := range c.Match {
			found = append(found, m.ID)
		}
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) == 0 {
		return "", errors.New("there is no licence")
	}
	for _, id := range found {
		if !slices.Contains(permissive, id) {
			return "", fmt.Errorf("the licence is %s, which is none of %s", id, strings.Join(permissive, ", "))
		}
	}
	return strings.Join(append(found, also...), " AND "), nil
}

// licences is the content of docs/licences.md.
func licences(root string) ([]byte, error) {
	all, err := linked(root)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString("# Licences\n\nWhat the functions and `kn paceline` link, written by `make licences`. Ours is [Apache-2.0](../LICENSE); a module with a licence that is not permissive fails `make check`.\n\n| module | version | licence |\n|---|---|---|\n")
	var faults []error
	for _, m := range all {
		licence, err := licenceOf(m.dir)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s %s: %w", m.path, m.version, err))
		}
		fmt.Fprintf(&out, "| %s | %s | %s |\n", m.path, m.version, licence)
	}
	return out.Bytes(), errors.Join(faults...)
}
