package upload

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/upload/archive"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/security"
	"paceline/shared/function/store"
)

// undoneFor is how long an import that was undone is remembered.
const undoneFor = 30 * 24 * time.Hour

var (
	errNoImport = fault.NotFound("import_not_found", "there is no such import of yours")
	// errSettled ends a change of a file that has its verdict, or whose import is
	// over.
	errSettled = errors.New("upload: the file has its verdict, or its import is over")
)

func importKey(user, id string) string { return "import:" + user + ":" + id }
func importFileKey(u, id string, n int) string {
	return "importfile:" + u + ":" + id + ":" + strconv.Itoa(n)
}
func importLogKey(user, id string) string   { return "importlog:" + user + ":" + id }
func importTallyKey(user, id string) string { return "importtally:" + user + ":" + id }
func importNotesKey(user, id string) string { return "importnotes:" + user + ":" + id }

func (s workouts) imported(ctx context.Context, user, id string) (Import, error) {
	var i Import
	found, err := s.GetSealed(ctx, user, s.Key(user, importKey(user, id)), &i)
	if err == nil && !found {
		err = errNoImport
	}
	return i, err
}

func importIn(t *store.Tx, user, id string) (Import, error) {
	var i Import
	found, err := t.GetSealed(user, t.Key(importKey(user, id)), &i)
	if err == nil && !found {
		err = errNoImport
	}
	return i, err
}

func setImport(t *store.Tx, i Import, ttl time.Duration) error {
	return t.SetSealed(i.UserID, t.Key(importKey(i.UserID, i.ID)), i, ttl)
}

// begin keeps a new import.
func (s workouts) begin(ctx context.Context, i Import) error {
	return s.Update(ctx, i.UserID, func(t *store.Tx) error {
		if err := run(ctx, t, &i); err != nil {
			return err
		}
		list := t.Key("imports", i.UserID)
		for _, key := range []string{list, t.Key(importLogKey(i.UserID, i.ID)), t.Key(importTallyKey(i.UserID, i.ID)), t.Key(importNotesKey(i.UserID, i.ID))} {
			t.Own(i.UserID, key, 0)
		}
		t.Write(func(p redis.Pipeliner) {
			p.ZAdd(ctx, list, redis.Z{Score: store.Score(i.CreatedAt), Member: i.ID})
		})
		return setImport(t, i, 0)
	})
}

// run asks for the files of an archive that is there whole.
func run(ctx context.Context, t *store.Tx, i *Import) error {
	if i.State != api.ImportStateRunning {
		return nil
	}
	i.Stored = i.Volumes[0]
	count(ctx, t, i.UserID, i.Stored)
	return t.Emit(events.ImportRequested{ImportID: i.ID, UserID: i.UserID})
}

// start runs an import whose archive has come, once.
func (s workouts) start(ctx context.Context, user, id string) error {
	return s.Update(ctx, user, func(t *store.Tx) error {
		i, err := importIn(t, user, id)
		if err != nil || i.State != api.ImportStateReceiving {
			return err
		}
		i.State = api.ImportStateRunning
		if err := run(ctx, t, &i); err != nil {
			return err
		}
		return setImport(t, i, 0)
	})
}

// importFile reads one file of an import.
func (s workouts) importFile(ctx context.Context, user, id string, n int) (ImportFile, bool, error) {
	var f ImportFile
	found, err := s.GetSealed(ctx, user, s.Key(user, importFileKey(user, id, n)), &f)
	return f, found, err
}

// importFiles reads the files of an import with the given numbers.
func (s workouts) importFiles(ctx context.Context, user, id string, numbers []int) ([]*ImportFile, error) {
	places := make([]store.Place, len(numbers))
	for i, n := range numbers {
		places[i] = store.Place{Owner: user, Key: s.Key(user, importFileKey(user, id, n))}
	}
	return store.GetManySealed[ImportFile](ctx, s.Store, places)
}

// settledSince is the numbers of up to n files in the order of their verdicts,
// after the first at.
func (s workouts) settledSince(ctx context.Context, user, id string, at, n int) ([]int, error) {
	var numbers []int
	err := s.Client().LRange(ctx, s.Key(user, importLogKey(user, id)), int64(at), int64(at+n-1)).ScanSlice(&numbers)
	return numbers, store.Wrap(err)
}

// tally is how many files have which verdict.
func (s workouts) tally(ctx context.Context, user, id string) (Tally, error) {
	fields := []string{
		string(api.ImportVerdictCreated), string(api.ImportVerdictDuplicate), string(api.ImportVerdictFailed), string(api.ImportVerdictIgnored),
	}
	counts := make([]*redis.StringCmd, len(fields))
	_, err := s.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, f := range fields {
			counts[i] = p.HGet(ctx, s.Key(user, importTallyKey(user, id)), f)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return Tally{}, store.Wrap(err)
	}
	var t Tally
	for i, to := range []*int{&t.Created, &t.Duplicates, &t.Failed, &t.Ignored} {
		*to, _ = strconv.Atoi(counts[i].Val()) // what is not there is none
	}
	return t, nil
}

// settled writes a file with its verdict. Nobody watches the counts, so that
// files do not lose races to each other.
func (s workouts) settled(ctx context.Context, t *store.Tx, user, id string, n int, f ImportFile) error {
	if err := s.suspect(t, user, id, f.Failure); err != nil {
		return err
	}
	t.Write(func(p redis.Pipeliner) {
		p.HIncrBy(ctx, t.Key(importTallyKey(user, id)), string(f.Verdict), 1)
		p.RPush(ctx, t.Key(importLogKey(user, id)), n)
	})
	return t.SetSealed(user, t.Key(importFileKey(user, id, n)), f, 0)
}

// suspect tells the watch of what was made to do harm: whom an answer would have
// told so has gone by then.
func (s workouts) suspect(t *store.Tx, user, id string, why *Failure) error {
	if why == nil {
		return nil
	}
	is, ok := security.OfFile(why.Code)
	if !ok {
		return nil
	}
	return s.signal(t, is, events.SecuritySignal{ActorID: user, TargetID: id, Code: why.Code})
}

// settleIn gives a file its verdict, once and only while the import runs; else
// it is errSettled.
func (s workouts) settleIn(ctx context.Context, t *store.Tx, user, id string, n int, end func(*ImportFile)) error {
	i, err := importIn(t, user, id)
	if err != nil {
		return err
	}
	var f ImportFile
	found, err := t.GetSealed(user, t.Key(importFileKey(user, id, n)), &f)
	switch {
	case err != nil:
		return err
	case !found || f.Verdict != api.ImportVerdictWaiting || i.State != api.ImportStateRunning:
		return errSettled
	}
	end(&f)
	return s.settled(ctx, t, user, id, n, f)
}

func (s workouts) settleFile(ctx context.Context, user, id string, n int, end func(*ImportFile)) error {
	return s.Update(ctx, user, func(t *store.Tx) error { return s.settleIn(ctx, t, user, id, n, end) })
}

// conclude ends an import whose files all have their verdict, and tells of it.
func (s workouts) conclude(ctx context.Context, user, id string) error {
	i, err := s.imported(ctx, user, id)
	if err != nil || i.State != api.ImportStateRunning || !i.Found {
		return err
	}
	tally, err := s.tally(ctx, user, id)
	if err != nil || tally.Done() < i.Files {
		return err
	}
	return s.Update(ctx, user, func(t *store.Tx) error {
		i, err := importIn(t, user, id)
		if err != nil || i.State != api.ImportStateRunning {
			return err
		}
		now := t.Now().UTC()
		i.State, i.EndedAt = api.ImportStateFinished, &now
		if err := setImport(t, i, 0); err != nil {
			return err
		}
		return t.Emit(i.finished(tally))
	})
}

// emptied notes that the archive is no longer stored.
func (s workouts) emptied(ctx context.Context, user, id string) error {
	return s.Update(ctx, user, func(t *store.Tx) error {
		i, err := importIn(t, user, id)
		if err != nil || i.Stored == 0 {
			return err
		}
		empty(ctx, t, &i)
		return setImport(t, i, 0)
	})
}

// empty takes the archive off the bytes that the person has.
func empty(ctx context.Context, t *store.Tx, i *Import) {
	count(ctx, t, i.UserID, -i.Stored)
	i.Stored = 0
}

// revoke makes an import one that is being undone; why is nil when its owner
// wants so.
func (s workouts) revoke(ctx context.Context, user, id string, why *Failure) (i Import, err error) {
	err = s.Update(ctx, user, func(t *store.Tx) error {
		if i, err = importIn(t, user, id); err != nil || i.State == api.ImportStateUndoing || i.State == api.ImportStateUndone {
			return err
		}
		i.State, i.EndedAt, i.Failure = api.ImportStateUndoing, nil, why
		if i.Linked {
			if err := s.suspect(t, user, id, why); err != nil {
				return err
			}
		}
		if err := setImport(t, i, 0); err != nil {
			return err
		}
		return t.Emit(events.ImportUndoRequested{ImportID: id, UserID: user})
	})
	return i, err
}

// keepNotes keeps what an account says of its workouts.
func (s workouts) keepNotes(ctx context.Context, user, id string, volume int, notes archive.Notes) error {
	return s.Update(ctx, user, func(t *store.Tx) error {
		key := t.Key(importNotesKey(user, id))
		keep := func(field string, n archive.Note) error {
			b, err := t.SealField(user, key, field, n)
			if err == nil {
				t.Write(func(p redis.Pipeliner) { p.HSet(ctx, key, field, b) })
			}
			return err
		}
		for file, n := range notes.ByFile {
			if err := keep(noteOfFile(volume, file), n); err != nil {
				return err
			}
		}
		for at, n := range notes.ByStart {
			if err := keep(noteOfStart(at), n); err != nil {
				return err
			}
		}
		return nil
	})
}

// note is the first note that there is under one of the fields.
func (s workouts) note(ctx context.Context, user, id string, fields ...string) (n archive.Note, err error) {
	key := s.Key(user, importNotesKey(user, id))
	for _, field := range fields {
		b, err := s.Client().HGet(ctx, key, field).Bytes()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return n, store.Wrap(err)
		}
		_, err = s.OpenField(ctx, user, key, field, b, &n)
		return n, err
	}
	return n, nil
}

// The fields of notes are digests: names of files may say who their owner is.
func noteOfFile(volume int, name string) string { return noteField("file", strconv.Itoa(volume), name) }
func noteOfStart(unix int64) string             { return noteField("start", strconv.FormatInt(unix, 10), "") }

func noteField(kind, a, b string) string {
	sum := sha256.Sum256([]byte(kind + "\x00" + a + "\x00" + b))
	return hex.EncodeToString(sum[:12])
}
