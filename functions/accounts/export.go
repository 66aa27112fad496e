package accounts

import (
	"fmt"
	"slices"
	"time"

	"paceline/events"
	"paceline/shared/api"
)

const (
	// exportEach is how often a person may have an export, and how long functions
	// may take for one.
	exportEach = 24 * time.Hour
	// exportKept is how long a finished export waits for its person.
	exportKept = 24 * time.Hour
	// linkTTL is how long a link to a file of an export works.
	linkTTL = 15 * time.Minute
	// askExportAgain is when functions are asked once more: a broker has given up
	// by then.
	askExportAgain = time.Hour
	// volumeSize is how many bytes of originals one file of an export has, about:
	// one that a usual line takes within the time of a request.
	volumeSize = 256 << 20
)

// Export is the export of a person: how far it is, and what its files are made of.
type Export struct {
	Asking  `json:"asking"`
	ID      string           `json:"id"`
	At      time.Time        `json:"at"`
	ReadyAt time.Time        `json:"ready_at,omitzero"`
	Parts   map[string]*Part `json:"parts,omitempty"`   // by function
	Volumes int              `json:"volumes,omitempty"` // files that it has, when it is ready
	Taken   int              `json:"taken,omitempty"`   // files that were downloaded whole
	Link    Link             `json:"link,omitzero"`     // the newest
}

// Part is what came of a function.
type Part struct {
	At    time.Time    `json:"at"`    // of the asking that it answers
	Total int          `json:"total"` // pages; 0 until the last one came
	Pages map[int]Page `json:"pages"` // that came
}

// Page is a page among the objects.
type Page struct {
	File      string `json:"file,omitempty"`
	Originals bool   `json:"originals,omitempty"`  // it names some
	SizeBytes int64  `json:"size_bytes,omitempty"` // of the originals
}

// Link lets its person download a file of the export, once.
type Link struct {
	Digest string    `json:"digest"`
	Volume int       `json:"volume"`
	Until  time.Time `json:"until"`
	Used   bool      `json:"used,omitempty"`
}

// newExport asks every function.
func newExport(id string, now time.Time) Export {
	return Export{Asking: Asking{now, events.Exporters()}, ID: id, At: now}
}

// Wants says whether a page is of this export, of the newest asking that its
// function answered, and not there yet.
func (e *Export) Wants(from string, p events.Exported) bool {
	if p.ExportID != e.ID || p.Page < 1 || !slices.Contains(e.Waiting, from) {
		return false
	}
	part := e.Parts[from]
	if part == nil || p.At.After(part.At) {
		return true
	}
	_, have := part.Pages[p.Page]
	return p.At.Equal(part.At) && !have
}

// Take notes a page that is among the objects, and says whether it was the last
// that was waited for.
func (e *Export) Take(from string, p events.Exported, now time.Time) (ready bool) {
	part := e.Parts[from]
	if part == nil || p.At.After(part.At) {
		part = &Part{At: p.At, Pages: map[int]Page{}}
		if e.Parts == nil {
			e.Parts = map[string]*Part{}
		}
		e.Parts[from] = part
	}
	page := Page{File: p.File, Originals: len(p.Originals) > 0}
	for _, o := range p.Originals {
		page.SizeBytes += o.SizeBytes
	}
	part.Pages[p.Page] = page
	if p.Last {
		part.Total = p.Page
	}
	if part.Total == 0 || len(part.Pages) < part.Total {
		return false
	}
	e.Answered(from)
	if len(e.Waiting) > 0 {
		return false
	}
	e.ReadyAt, e.Volumes = now, max(volumeOf(e.size()), 1)
	return true
}

// size is the bytes of all originals.
func (e *Export) size() (n int64) {
	for _, part := range e.Parts {
		for _, p := range part.Pages {
			n += p.SizeBytes
		}
	}
	return n
}

// volumeOf is the file, from 1, of an original, by the bytes up to its end.
func volumeOf(end int64) int { return int((end + volumeSize - 1) / volumeSize) }

// State is what the person sees.
func (e *Export) State(now time.Time) api.ExportState {
	switch {
	case e.ReadyAt.IsZero() && now.Sub(e.At) < exportEach:
		return api.ExportStatePreparing
	case e.ReadyAt.IsZero():
		return api.ExportStateFailed
	case e.Taken >= e.Volumes:
		return api.ExportStateDownloaded
	case now.Sub(e.ReadyAt) >= exportKept:
		return api.ExportStateExpired
	}
	return api.ExportStateReady
}

// Over says that nobody needs its pages any more.
func (e *Export) Over(now time.Time) bool {
	s := e.State(now)
	return s != api.ExportStatePreparing && s != api.ExportStateReady
}

// Again is how long until the person may have another one.
func (e *Export) Again(now time.Time) time.Duration { return exportEach - now.Sub(e.At) }

// answer is the export as the API shows it.
func (e *Export) answer(now time.Time) api.Export {
	out := api.Export{ID: e.ID, State: e.State(now), RequestedAt: e.At, Volumes: e.Volumes, Downloaded: e.Taken}
	if !e.ReadyAt.IsZero() {
		ready, until := e.ReadyAt, e.ReadyAt.Add(exportKept)
		out.ReadyAt, out.ExpiresAt = &ready, &until
	}
	return out
}

// Is says whether a stored token is the newest link's; Works whether that may be
// used.
func (l Link) Is(stored string) bool { return l.Digest != "" && l.Digest == stored }

// Works says whether the link may be used.
func (l Link) Works(now time.Time) bool { return !l.Used && now.Before(l.Until) }

// exportsOf is where the exports of a person lie among the objects.
func exportsOf(user string) string { return "export/" + user + "/" }

// pageKey is where a page lies. Each asking has pages of its own, so that those
// of two never mix.
func pageKey(user, export, from string, at time.Time, page int) string {
	return fmt.Sprintf("%s%s/%s/%d/%06d", exportsOf(user), export, from, at.UnixMilli(), page)
}
