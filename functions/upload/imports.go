package upload

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/functions/upload/archive"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// maxPosted is the largest archive that one request carries, in bytes.
const maxPosted = 512 << 20

// createImport keeps an archive as it comes, and asks for its files. What is no
// archive, or a dangerous one, is refused and leaves nothing behind.
func (f *upload) createImport(w http.ResponseWriter, r *http.Request) error {
	ctx, user := r.Context(), identity.UserID(r)
	now := f.now()
	i := Import{ID: function.NewID(now), UserID: user, State: api.ImportStateRunning, CreatedAt: now.UTC()}
	if err := f.receive(ctx, i); err != nil {
		return err
	}
	err := f.readArchive(r, &i)
	if err == nil {
		err = f.openable(ctx, i)
	}
	if err == nil {
		err = f.workouts.begin(ctx, i)
	}
	if err != nil {
		return errors.Join(err, f.drop(ctx, user, i.ID))
	}
	f.received(ctx, user, i.ID)
	w.Header().Set("Location", "/v1/imports/"+i.ID)
	return rest.JSON(w, http.StatusAccepted, i.answer(Tally{}))
}

// readArchive reads the form: a file, which is kept part by part, and who may see
// what comes of it.
func (f *upload) readArchive(r *http.Request, i *Import) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return fault.New(http.StatusUnsupportedMediaType, "unsupported_media_type", "the body must be multipart/form-data").Because(err)
	}
	for seen := map[string]bool{}; ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unreadableBody(err)
		}
		field := part.FormName()
		if seen[field] {
			return invalid(pointerName(field), "is there twice")
		}
		seen[field] = true
		switch field {
		case "visibility":
			text, err := readField(part, field)
			if err == nil {
				i.Visibility, err = events.Visibility(text), visibilityOf(api.Visibility(text))
			}
			if err != nil {
				return err
			}
		case "file":
			if err := f.keepArchive(r, part, i); err != nil {
				return err
			}
		default:
			return fault.Invalid("invalid_member", "a field of the form is unknown").With("pointer", "/"+pointerName(field))
		}
	}
	if i.Volumes[0] == 0 {
		return fault.Invalid("missing_file", "the form has no file").With("pointer", "/file")
	}
	return nil
}

func (f *upload) keepArchive(r *http.Request, part *multipart.Part, i *Import) error {
	limit, err := f.roomFor(r.Context(), i.UserID, maxPosted)
	if err != nil {
		return err
	}
	i.FileName = fileName(part.FileName())
	body := &archive.Source{R: part}
	size, err := f.volume(i.UserID, i.ID, 0).write(r.Context(), 0, body, limit)
	if body.Err != nil {
		return unreadableBody(body.Err)
	}
	i.SizeBytes, i.Volumes = size, map[int]int64{0: size}
	if fault.Of(err).Code == "file_too_large" && limit < maxPosted {
		return f.full()
	}
	return err
}

// roomFor is how many bytes of an archive of at most most the person's store
// has room for.
func (f *upload) roomFor(ctx context.Context, user string, most int64) (int64, error) {
	used, err := f.workouts.used(ctx, user)
	if err == nil && used >= f.quota {
		err = f.full()
	}
	return min(most, f.quota-used), err
}

// fits says whether an archive of size bytes may come.
func (f *upload) fits(ctx context.Context, user string, size int64) error {
	room, err := f.roomFor(ctx, user, maxArchive)
	if err == nil && size > room {
		err = f.full()
	}
	return err
}

// full is the error of a store without room.
func (f *upload) full() error {
	return fault.New(http.StatusRequestEntityTooLarge, "quota_exceeded", "your files would take more than %d bytes; delete some workouts first", f.quota)
}

// openable says what is wrong with an archive as a whole.
func (f *upload) openable(ctx context.Context, i Import) error {
	source := f.volume(i.UserID, i.ID, 0).reader(ctx)
	head := make([]byte, 4)
	if _, err := source.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !archive.Sniff(head) {
		return fault.New(http.StatusUnsupportedMediaType, "unsupported_format", "the file is no zip archive")
	}
	_, err := archive.Open(source, i.Volumes[0])
	return unreadable(err)
}

// receivedWithin is how long an archive may take to come.
const receivedWithin = 24 * time.Hour

// receive notes that an archive is coming, before any of it is stored, so that a
// sweep finds what never came whole.
func (f *upload) receive(ctx context.Context, i Import) error {
	z := redis.Z{Score: store.Score(i.CreatedAt), Member: i.UserID + "/" + i.ID}
	return store.Wrap(f.workouts.Client().ZAdd(ctx, f.receivingKey(), z).Err())
}

func (f *upload) receivingKey() string { return f.workouts.Key("receiving", "receiving") }

// received takes the note back. When that fails the sweep does it.
func (f *upload) received(ctx context.Context, user, id string) {
	if err := f.workouts.Client().ZRem(ctx, f.receivingKey(), user+"/"+id).Err(); err != nil {
		f.log.WarnContext(ctx, "an import that came is still noted as coming", "import", id, "error", err)
	}
}

// drop removes what there is of an archive that is not taken.
func (f *upload) drop(ctx context.Context, user, id string) error {
	ctx = context.WithoutCancel(ctx) // the client may be gone
	err := f.shelf.removeAll(ctx, importPrefix(user, id))
	if err == nil {
		f.received(ctx, user, id)
	}
	return err
}

// listImports lists the caller's imports.
func (f *upload) listImports(w http.ResponseWriter, r *http.Request) error {
	ctx, user := r.Context(), identity.UserID(r)
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	entries, last, err := f.workouts.Page(ctx, f.workouts.Key(user, "imports", user), page.Limit, page.After)
	if err != nil {
		return err
	}
	out := api.ImportList{Items: []api.Import{}}
	for _, e := range entries {
		i, tally, err := f.progress(ctx, user, e.ID)
		if errors.Is(err, errNoImport) {
			continue // undone long ago
		}
		if err != nil {
			return err
		}
		out.Items = append(out.Items, i.answer(tally))
	}
	if last != nil {
		out.NextCursor = rest.Cursor(last.Position())
	}
	return rest.JSON(w, http.StatusOK, out)
}

// progress is an import and how far it is.
func (f *upload) progress(ctx context.Context, user, id string) (Import, Tally, error) {
	i, err := f.workouts.imported(ctx, user, id)
	if err != nil {
		return Import{}, Tally{}, err
	}
	tally, err := f.workouts.tally(ctx, user, id)
	return i, tally, err
}

// showImport shows an import with a page of its files.
func (f *upload) showImport(w http.ResponseWriter, r *http.Request) error {
	ctx, user, id := r.Context(), identity.UserID(r), r.PathValue("id")
	page, err := rest.PageOf(r, 1)
	if err != nil {
		return err
	}
	from := 0
	if page.After != nil {
		if from, err = strconv.Atoi(page.After[0]); err != nil || from < 0 {
			return rest.Parameter("cursor", "a next_cursor of an earlier answer")
		}
	}
	i, tally, err := f.progress(ctx, user, id)
	if err != nil {
		return err
	}
	out := i.answer(tally)
	numbers := []int{}
	for n := from; n < min(i.Files, from+page.Limit); n++ {
		numbers = append(numbers, n)
	}
	files, err := f.workouts.importFiles(ctx, user, id, numbers)
	if err != nil {
		return err
	}
	out.Items = []api.ImportFile{}
	for _, file := range files {
		if file != nil {
			out.Items = append(out.Items, file.answer())
		}
	}
	if next := from + page.Limit; next < i.Files {
		out.NextCursor = rest.Cursor([]string{strconv.Itoa(next)})
	}
	return rest.JSON(w, http.StatusOK, out)
}

// undoImport begins to take an import back.
func (f *upload) undoImport(w http.ResponseWriter, r *http.Request) error {
	ctx, user := r.Context(), identity.UserID(r)
	i, err := f.workouts.revoke(ctx, user, r.PathValue("id"), nil)
	if err != nil {
		return err
	}
	tally, err := f.workouts.tally(ctx, user, i.ID)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusAccepted, i.answer(tally))
}

// sweep removes archives that never came whole.
func (f *upload) sweep(ctx context.Context) error {
	before := strconv.FormatInt(f.now().Add(-receivedWithin).UnixMilli(), 10)
	members, err := f.workouts.Client().ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: f.receivingKey(), Start: "-inf", Stop: before, ByScore: true, Count: 100,
	}).Result()
	if err != nil {
		return store.Wrap(err)
	}
	for _, m := range members {
		user, id, _ := strings.Cut(m, "/")
		i, err := f.workouts.imported(ctx, user, id)
		switch {
		case errors.Is(err, errNoImport):
			err = f.drop(ctx, user, id)
		case err == nil && i.State == api.ImportStateReceiving:
			_, err = f.workouts.revoke(ctx, user, id, nil)
		}
		if err != nil {
			return err
		}
		f.received(ctx, user, id)
	}
	return nil
}
