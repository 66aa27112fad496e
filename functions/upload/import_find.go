package upload

import (
	"context"
	"errors"

	"paceline/events"
	"paceline/functions/upload/archive"
	"paceline/shared/api"
	"paceline/shared/function/store"
	"paceline/shared/track"
)

const (
	findStep   = 100      // entries that one event looks at
	maxNotes   = 32 << 20 // bytes of a list that an account exports
	maxArchive = 4 << 30  // bytes of an archive, and of one in it
)

// find finds the next files of an archive and asks for each to be taken. An
// archive in the archive is unpacked, and its files are found after those
// around it: Garmin's account has them so. What is in that one, in turn, is not.
func (f *upload) find(ctx context.Context, e events.ImportRequested) error {
	i, err := f.workouts.imported(ctx, e.UserID, e.ImportID)
	switch {
	case errors.Is(err, errNoImport):
		return nil
	case err != nil:
		return err
	case e.Volume == linked && i.State == api.ImportStateReceiving:
		return f.sealStep(ctx, e, i)
	case e.Volume == linked || i.State != api.ImportStateRunning:
		return nil
	}
	source := f.volume(e.UserID, e.ImportID, e.Volume).reader(ctx)
	a, err := archive.Open(source, i.Volumes[e.Volume])
	if err != nil {
		return err
	}
	if e.After == 0 {
		if err := f.readNotes(ctx, e, a, source); err != nil {
			return err
		}
	}
	s := finding{f: f, ctx: ctx, e: e, source: source, within: i.Inner[e.Volume], next: e.After}
	for s.next < min(a.Len(), e.After+findStep) && s.inner == 0 {
		if err := s.look(a); err != nil {
			return err
		}
	}
	if err := f.workouts.found(ctx, e, s, s.next < a.Len()); err != nil {
		return err
	}
	if i, err = f.workouts.imported(ctx, e.UserID, e.ImportID); err == nil && i.State != api.ImportStateRunning {
		return f.shelf.removeAll(ctx, importPrefix(e.UserID, e.ImportID)) // undone while an archive was unpacked
	}
	return f.workouts.conclude(ctx, e.UserID, e.ImportID)
}

// finding is what one step has found.
type finding struct {
	f      *upload
	ctx    context.Context
	e      events.ImportRequested
	source *volumeReader
	within string // name of the archive in the archive that is looked at
	next   int    // entry
	files  []ImportFile
	inner  int // number of the archive that was unpacked, or 0
	size   int64
	name   string
}

// look looks at the next entry.
func (s *finding) look(a *archive.Archive) error {
	entry, err := a.Entry(s.next)
	s.next++
	file := ImportFile{Volume: s.e.Volume, Within: s.within, Entry: entry, Verdict: api.ImportVerdictWaiting}
	kind := kindOf(entry.Name)
	switch {
	case err == nil && kind == noWorkout:
		file.End(api.ImportVerdictIgnored, &Failure{"not_a_workout", "the file is no workout"})
	case err == nil && kind == nestedArchive && s.e.Volume > 0:
		err = &track.Fault{Code: "zip_nested", Detail: "the archive lies in another one that lies in another one", Offset: -1}
	case err == nil && kind == nestedArchive:
		if err = s.unpack(entry); err == nil {
			return nil
		}
	}
	if err != nil {
		verdict, why, final := verdictOn(err)
		if !final {
			return err
		}
		file.End(verdict, why)
	}
	s.files = append(s.files, file)
	return nil
}

// unpack keeps an archive that lies in the archive as a volume of its own.
func (s *finding) unpack(entry archive.Entry) error {
	n := s.next // of the entry, from 1
	v := s.f.volume(s.e.UserID, s.e.ImportID, n)
	size, err := v.write(s.ctx, 0, entry.Open(s.source), maxArchive)
	if err != nil {
		return err
	}
	if _, err := archive.Open(v.reader(s.ctx), size); err != nil {
		return err
	}
	s.inner, s.size, s.name = n, size, entry.Name
	return nil
}

// readNotes keeps what the archive says of the workouts in it.
func (f *upload) readNotes(ctx context.Context, e events.ImportRequested, a *archive.Archive, source *volumeReader) error {
	var notes archive.Notes
	for n := range a.Len() {
		if !archive.IsNotes(a.Name(n)) {
			continue
		}
		entry, err := a.Entry(n)
		var content []byte
		if err == nil {
			content, err = entry.Read(source, maxNotes)
		}
		if _, _, final := verdictOn(err); err != nil && !final {
			return err
		}
		notes.Add(entry.Name, content)
	}
	notes.Finish()
	return f.workouts.keepNotes(ctx, e.UserID, e.ImportID, e.Volume, notes)
}

// found keeps what a step has found, and asks for the files and for the rest.
func (s workouts) found(ctx context.Context, e events.ImportRequested, step finding, more bool) error {
	return s.UpdateOnce(ctx, e.UserID, func(t *store.Tx) error {
		i, err := importIn(t, e.UserID, e.ImportID)
		if err != nil || i.State != api.ImportStateRunning {
			return err
		}
		for _, file := range step.files {
			n := i.Files
			i.Files++
			if file.Verdict != api.ImportVerdictWaiting {
				err = s.settled(ctx, t, e.UserID, e.ImportID, n, file)
			} else if err = t.SetSealed(e.UserID, t.Key(importFileKey(e.UserID, e.ImportID, n)), file, 0); err == nil {
				err = t.Emit(events.ImportFileFound{ImportID: e.ImportID, UserID: e.UserID, File: n})
			}
			if err != nil {
				return err
			}
		}
		if step.inner > 0 {
			if i.Inner == nil {
				i.Inner = map[int]string{}
			}
			i.Volumes[step.inner], i.Inner[step.inner] = step.size, step.name
		}
		e.After = step.next
		if !more {
			e.After = 0
			e.Volume, more = i.next(e.Volume)
		}
		if i.Found = !more; more {
			if err := t.Emit(e); err != nil {
				return err
			}
		}
		return setImport(t, i, 0)
	})
}
