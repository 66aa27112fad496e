package upload

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
)

// A stream looks for news each streamTick, and ends before the gateway ends it.
const (
	streamTick = 500 * time.Millisecond
	streamFor  = 50 * time.Second
	streamPage = 100 // files at once
)

// streamImport tells of an import as it goes on. The ids of its events are how
// many files had their verdict by then.
func (f *upload) streamImport(w http.ResponseWriter, r *http.Request) error {
	user, id := identity.UserID(r), r.PathValue("id")
	s := stream{w: w, flush: http.NewResponseController(w).Flush}
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		var err error
		if s.at, err = strconv.Atoi(last); err != nil || s.at < 0 {
			return rest.Parameter("Last-Event-ID", "the id of an event of this stream")
		}
	}
	if _, err := f.workouts.imported(r.Context(), user, id); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	ctx, cancel := context.WithTimeout(r.Context(), streamFor)
	defer cancel()
	tick := time.NewTicker(streamTick)
	defer tick.Stop()
	for {
		over, err := f.tell(ctx, &s, user, id)
		if over || err != nil { // there is no other answer any more: the client comes again
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// stream is what a client was told so far.
type stream struct {
	w     io.Writer
	flush func() error
	at    int // files
	said  string
}

func (s *stream) send(event, id string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	_, err = fmt.Fprintf(s.w, "event: %s\n%sdata: %s\n\n", event, id, b)
	return err
}

// tell sends what is new, and says whether nothing more will be.
func (f *upload) tell(ctx context.Context, s *stream, user, id string) (over bool, err error) {
	i, tally, err := f.progress(ctx, user, id)
	if err != nil {
		return false, err
	}
	for {
		numbers, err := f.workouts.settledSince(ctx, user, id, s.at, streamPage)
		if err != nil {
			return false, err
		}
		files, err := f.workouts.importFiles(ctx, user, id, numbers)
		if err != nil {
			return false, err
		}
		for _, file := range files {
			s.at++
			if file == nil {
				continue // taken back meanwhile
			}
			if err := s.send("file", strconv.Itoa(s.at), file.answer()); err != nil {
				return false, err
			}
		}
		if len(files) < streamPage {
			break
		}
	}
	answer := i.answer(tally)
	if said := fmt.Sprint(answer); said != s.said {
		s.said = said
		if err := s.send("import", "", answer); err != nil {
			return false, err
		}
	}
	return i.EndedAt != nil, s.flush()
}
