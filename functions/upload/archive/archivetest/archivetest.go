// Package archivetest makes zip archives for tests: good ones, and each fault of
// a bad one.
package archivetest

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"hash/crc32"
	"io"
	"maps"
	"slices"
)

// Entry is a file of an archive. Change changes what the archive says of it.
type Entry struct {
	Name    string
	Content []byte
	Change  func(h *zip.FileHeader)
}

// Of is an archive of the entries, in their order.
func Of(entries ...Entry) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		packed := deflated(e.Content)
		h := &zip.FileHeader{
			Name: e.Name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(e.Content),
			CompressedSize64: uint64(len(packed)), UncompressedSize64: uint64(len(e.Content)),
		}
		if e.Change != nil {
			e.Change(h)
		}
		if h.Method == zip.Store {
			packed = e.Content
		}
		_, _ = must(w.CreateRaw(h)).Write(packed) // a buffer never fails
	}
	_ = w.Close()
	return b.Bytes()
}

// Files is an archive of files by their names, in the order of these.
func Files(files map[string][]byte) []byte {
	var entries []Entry
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entries = append(entries, Entry{Name: name, Content: files[name]})
	}
	return Of(entries...)
}

func deflated(content []byte) []byte {
	var b bytes.Buffer
	w := must(flate.NewWriter(&b, flate.BestSpeed))
	_, _ = w.Write(content)
	_ = w.Close()
	return b.Bytes()
}

func must[T io.Writer](w T, err error) T {
	if err != nil {
		panic(err)
	}
	return w
}
