package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// root is the module of the programs, from this module's folder.
const root = "../.."

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "supply:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "licences":
		text, err := licences(root)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(root, "docs", "licences.md"), text, 0o644)
	case len(args) > 1 && args[0] == "sbom":
		for _, file := range args[1:] {
			doc, err := sbom(file)
			if err != nil {
				return err
			}
			if err := os.WriteFile(file+".cdx.json", doc, 0o644); err != nil {
				return err
			}
		}
		return nil
	}
	return errors.New("it is 'supply licences' or 'supply sbom FILE…'")
}
