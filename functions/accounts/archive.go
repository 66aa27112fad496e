package accounts

import (
	"archive/zip"
	"context"
	_ "embed" // the text that explains an export
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"paceline/events"
	"paceline/shared/function/export"
	"paceline/shared/objects"
)

//go:embed export.txt
var exportText string

// exportFormat names the shape of the files; it changes when that does.
const exportFormat = "paceline-export/1"

// archive writes one file of an export: the documents are in the first, originals
// in each as they fit, and what the file holds stands in manifest.json, at its
// end. It holds one page in memory at a time.
func (p people) archive(ctx context.Context, to io.Writer, user string, e Export) error {
	a := &archive{zip: zip.NewWriter(to), user: user, of: e}
	if err := a.add("README.txt", func(w io.Writer) error { _, err := io.WriteString(w, exportText); return err }); err != nil {
		return err
	}
	var originals []events.Original
	for _, from := range slices.Sorted(maps.Keys(e.Parts)) {
		part := e.Parts[from]
		for n := 1; n <= part.Total; n++ {
			if e.Link.Volume > 1 && !part.Pages[n].Originals {
				continue
			}
			page, err := p.page(ctx, user, pageKey(user, e.ID, from, part.At, n))
			if err != nil {
				return err
			}
			originals = append(originals, page.Originals...)
			if e.Link.Volume == 1 && page.Count > 0 {
				if err := a.documents(from+"/"+page.File, page); err != nil {
					return err
				}
			}
		}
	}
	if err := a.closeList(); err != nil {
		return err
	}
	if err := p.originals(ctx, a, user, originals); err != nil {
		return err
	}
	return a.close()
}

// page reads a page of an export.
func (p people) page(ctx context.Context, user, key string) (page events.Exported, err error) {
	body, err := p.objects.OpenFor(ctx, user, key)
	if err != nil {
		return page, err
	}
	defer func() { _ = body.Close() }() // what was read is whole, or decoding fails
	if err := json.NewDecoder(body).Decode(&page); err != nil {
		return page, fmt.Errorf("accounts: %s: %w", key, err)
	}
	return page, nil
}

// originals adds those that belong into the volume.
func (p people) originals(ctx context.Context, a *archive, user string, all []events.Original) error {
	var end int64
	for _, o := range all {
		if end += o.SizeBytes; max(volumeOf(end), 1) != a.of.Link.Volume {
			continue
		}
		body, err := p.objects.OpenFor(ctx, user, o.Key)
		if errors.Is(err, objects.ErrNotFound) {
			a.removed = append(a.removed, o.Name)
			continue
		}
		if err != nil {
			return err
		}
		err = a.add("originals/"+o.Name, func(w io.Writer) error { _, err := io.Copy(w, body); return err })
		if err = errors.Join(err, body.Close()); err != nil {
			return err
		}
	}
	return nil
}

// archive is a ZIP that is being written.
type archive struct {
	zip     *zip.Writer
	user    string
	of      Export
	list    io.Writer // of the documents that are being written, or nil
	files   []archived
	removed []string // originals that went while the export was made
}

type archived struct {
	name      string
	documents int
}

func (a *archive) create(name string) (io.Writer, error) {
	w, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.of.ReadyAt})
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	a.files = append(a.files, archived{name: name})
	return w, nil
}

// add writes one file.
func (a *archive) add(name string, write func(io.Writer) error) error {
	w, err := a.create(name)
	if err != nil {
		return err
	}
	return write(w)
}

// documents goes on with the JSON array of a file, or begins it.
func (a *archive) documents(name string, page events.Exported) error {
	b, err := export.Unpack(page)
	if err != nil {
		return err
	}
	before := ",\n"
	if a.list == nil || a.last().name != name {
		if err := a.closeList(); err != nil {
			return err
		}
		if a.list, err = a.create(name); err != nil {
			return err
		}
		before = "[\n"
	}
	a.last().documents += page.Count
	if _, err := io.WriteString(a.list, before); err != nil {
		return err
	}
	_, err = a.list.Write(b)
	return err
}

func (a *archive) last() *archived { return &a.files[len(a.files)-1] }

// closeList ends the JSON array that is being written.
func (a *archive) closeList() error {
	if a.list == nil {
		return nil
	}
	_, err := io.WriteString(a.list, "\n]\n")
	a.list = nil
	return err
}

// close writes the manifest and the end of the ZIP.
func (a *archive) close() error {
	files := []any{}
	for _, f := range a.files {
		files = append(files, map[string]any{"name": f.name, "documents": f.documents})
	}
	e := a.of
	err := a.add("manifest.json", func(w io.Writer) error {
		j := json.NewEncoder(w)
		j.SetIndent("", "  ")
		return j.Encode(map[string]any{
			"format": exportFormat, "export_id": e.ID, "user_id": a.user, "requested_at": e.At, "ready_at": e.ReadyAt,
			"volume": e.Link.Volume, "volumes": e.Volumes, "files": files, "removed": slices.Concat([]string{}, a.removed),
		})
	})
	return errors.Join(err, a.zip.Close())
}
