package upload

import (
	"context"
	"errors"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/store"
)

// undoStep is how many files one event takes back.
const undoStep = 50

// take takes one file of an archive, once, and ends the import when it was the
// last.
func (f *upload) take(ctx context.Context, e events.ImportFileFound) error {
	i, err := f.workouts.imported(ctx, e.UserID, e.ImportID)
	if errors.Is(err, errNoImport) {
		return nil
	}
	if err != nil {
		return err
	}
	file, found, err := f.workouts.importFile(ctx, e.UserID, e.ImportID, e.File)
	if err != nil || !found || i.State != api.ImportStateRunning {
		return err
	}
	if file.Verdict == api.ImportVerdictWaiting {
		if err := f.takeFile(ctx, i, e.File, file); err != nil && !errors.Is(err, errSettled) {
			return err
		}
	}
	return f.workouts.conclude(ctx, e.UserID, e.ImportID)
}

// takeFile accepts a file as an upload of its own, and gives it its verdict in
// the transaction that does so.
func (f *upload) takeFile(ctx context.Context, i Import, n int, file ImportFile) error {
	out, err := f.acceptFile(ctx, i, n, file)
	if verdict, why, final := verdictOn(err); err != nil && final {
		return f.workouts.settleFile(ctx, i.UserID, i.ID, n, func(f *ImportFile) { f.End(verdict, why) })
	}
	if err != nil {
		return err
	}
	return f.workouts.settleFile(ctx, i.UserID, i.ID, n, func(f *ImportFile) { f.took(out) })
}

func (f *upload) acceptFile(ctx context.Context, i Import, n int, file ImportFile) (api.UploadAccepted, error) {
	done, err := f.admission.turn(ctx)
	if err != nil {
		return api.UploadAccepted{}, err
	}
	defer done()
	content, err := file.Entry.Read(f.volume(i.UserID, i.ID, file.Volume).reader(ctx), maxFile)
	if err != nil {
		return api.UploadAccepted{}, err
	}
	known, err := recognise(content)
	if err != nil {
		return api.UploadAccepted{}, err
	}
	sessions, err := f.sessions(known)
	if err != nil {
		return api.UploadAccepted{}, err
	}
	fields := []string{noteOfFile(file.Volume, file.Entry.Name)}
	if len(sessions) > 0 {
		fields = append(fields, noteOfStart(sessions[0].Track.StartedAt.Unix()))
	}
	note, err := f.workouts.note(ctx, i.UserID, i.ID, fields...)
	if err != nil {
		return api.UploadAccepted{}, err
	}
	s := Submission{
		UserID: i.UserID, Asked: saidOfNote(note), Original: known.original, Content: known.plain, ContentType: known.contentType,
		Extension: known.extension, FileName: fileName(file.Entry.Name), ImportID: i.ID, Sport: note.Sport, Gear: scrub(note.Gear, maxName, false),
	}
	s.Asked.visibility = api.Visibility(i.Visibility)
	return f.accept(ctx, s, func() ([]Session, error) { return sessions, nil }, func(t *store.Tx, p Plan) error {
		return f.workouts.settleIn(ctx, t, i.UserID, i.ID, n, func(f *ImportFile) {
			f.End(api.ImportVerdictCreated, nil)
			f.UploadID, f.Workouts = p.Next.Upload.ID, p.Next.Upload.Live()
		})
	})
}

// finished removes the archive of an import that is over: its files are kept
// with their workouts.
func (f *upload) finished(ctx context.Context, e events.ImportFinished) error {
	if err := f.shelf.removeAll(ctx, importPrefix(e.UserID, e.ImportID)); err != nil {
		return err
	}
	err := f.workouts.emptied(ctx, e.UserID, e.ImportID)
	if errors.Is(err, errNoImport) {
		return nil
	}
	return err
}

// undoFiles takes back what the next files of an import made. Workouts that were
// there before it, or came as something else since, stay.
func (f *upload) undoFiles(ctx context.Context, e events.ImportUndoRequested) error {
	i, err := f.workouts.imported(ctx, e.UserID, e.ImportID)
	if errors.Is(err, errNoImport) || err == nil && i.State != api.ImportStateUndoing {
		return nil
	}
	if err != nil {
		return err
	}
	numbers := []int{}
	for n := e.After; n < min(i.Files, e.After+undoStep); n++ {
		numbers = append(numbers, n)
	}
	files, err := f.workouts.importFiles(ctx, e.UserID, e.ImportID, numbers)
	if err != nil {
		return err
	}
	for _, file := range files {
		if file == nil {
			continue // taken back before
		}
		for _, id := range file.Workouts {
			if err := f.takeBack(ctx, e, id); err != nil {
				return err
			}
		}
	}
	last := e.After+undoStep >= i.Files
	if last {
		if err := f.shelf.removeAll(ctx, importPrefix(e.UserID, e.ImportID)); err != nil {
			return err
		}
	}
	return f.workouts.undone(ctx, e, numbers, last)
}

// takeBack deletes a workout that the import made, if it is still there.
func (f *upload) takeBack(ctx context.Context, e events.ImportUndoRequested, id string) error {
	gone, err := f.workouts.remove(ctx, e.UserID, id, func(r Record) error {
		if r.ImportID != e.ImportID {
			return errNoWorkout
		}
		return nil
	})
	if errors.Is(err, errNoWorkout) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := f.shelf.remove(ctx, gone.Keys); err != nil {
		f.log.WarnContext(ctx, "objects of an undone workout wait for its event", "workout", id, "error", err)
	}
	return nil
}

// undone forgets files that were taken back, and asks for the rest.
func (s workouts) undone(ctx context.Context, e events.ImportUndoRequested, numbers []int, last bool) error {
	return s.UpdateOnce(ctx, e.UserID, func(t *store.Tx) error {
		i, err := importIn(t, e.UserID, e.ImportID)
		if err != nil {
			return err
		}
		for _, n := range numbers {
			t.Disown(e.UserID, t.Key(importFileKey(e.UserID, e.ImportID, n)))
		}
		if !last {
			e.After += undoStep
			return t.Emit(e)
		}
		for _, key := range []string{importLogKey(e.UserID, e.ImportID), importTallyKey(e.UserID, e.ImportID), importNotesKey(e.UserID, e.ImportID)} {
			t.Disown(e.UserID, t.Key(key))
		}
		empty(ctx, t, &i)
		now := t.Now().UTC()
		i.State, i.EndedAt, i.Files = api.ImportStateUndone, &now, 0
		if err := setImport(t, i, undoneFor); err != nil {
			return err
		}
		return t.Emit(events.ImportUndone{ImportID: e.ImportID, UserID: e.UserID})
	})
}
