package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := write("."); err != nil {
		fmt.Fprintln(os.Stderr, "catalogue:", err)
		os.Exit(1)
	}
}

// write makes the files anew in the module at root.
func write(root string) error {
	files, err := generate(root)
	if err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(root, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the content of the files by their names below root.
func generate(root string) (map[string][]byte, error) {
	rows, err := read(root)
	if err != nil {
		return nil, err
	}
	async, err := asyncAPI(rows)
	if err != nil {
		return nil, err
	}
	bucket, err := prefixes()
	if err != nil {
		return nil, err
	}
	return map[string][]byte{
		"knative/eventtypes.yaml": eventTypes(rows),
		"events/asyncapi.yaml":    async,
		"knative/redis.acl":       users(),
		"knative/objects.json":    bucket,
	}, nil
}
