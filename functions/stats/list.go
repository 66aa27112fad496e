package stats

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// widest is how far a local time can be from UTC: a date may begin so much
// earlier or later than in UTC.
const widest = 15 * time.Hour

// bound is one end of a range of time: a moment, or a day of each workout's
// own calendar.
type bound struct {
	moment time.Time
	day    string // YYYY-MM-DD, or "" for a moment
}

func parseBound(r *http.Request, name string) (b bound, err error) {
	if b.moment, err = rest.TimeParameter(r, name, time.UTC); err != nil {
		return b, err
	}
	if s := r.URL.Query().Get(name); len(s) == len(time.DateOnly) {
		b.day = s
	}
	return b, nil
}

// window is the range that a list shows.
type window struct{ from, to bound }

func parseWindow(r *http.Request) (w window, err error) {
	if w.from, err = parseBound(r, "from"); err != nil {
		return w, err
	}
	if w.to, err = parseBound(r, "to"); err != nil {
		return w, err
	}
	if !w.from.moment.IsZero() && !w.to.moment.IsZero() && w.to.moment.Before(w.from.moment) {
		return w, rest.Parameter("to", "not before from")
	}
	return w, nil
}

// holds says whether a start, with its own offset from UTC, is inside: days at
// both ends count whole, a moment at the end is outside.
func (w window) holds(start time.Time) bool {
	day := start.Format(time.DateOnly)
	switch {
	case w.from.day != "" && day < w.from.day, w.from.day == "" && !w.from.moment.IsZero() && start.Before(w.from.moment):
		return false
	case w.to.day != "" && day > w.to.day, w.to.day == "" && !w.to.moment.IsZero() && !start.Before(w.to.moment):
		return false
	}
	return true
}

// newest is a position before which nothing of the window can be; nil when it
// has no end.
func (w window) newest() []string {
	if w.to.moment.IsZero() {
		return nil
	}
	return []string{strconv.FormatInt(w.to.moment.Add(24*time.Hour+widest).UnixMilli(), 10), "\xff"}
}

// over says that everything that started before at is outside.
func (w window) over(at time.Time) bool {
	return !w.from.moment.IsZero() && at.Before(w.from.moment.Add(-widest))
}

// query is what a list of workouts asks for.
type query struct {
	reader      identity.Caller
	user, sport string
	window      window
	page        rest.Page
}

func (f *stats) list(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	q := query{reader: identity.CallerFrom(r.Context()), user: r.URL.Query().Get("user_id"), sport: r.URL.Query().Get("sport"), page: page}
	if q.user == "" {
		q.user = q.reader.UserID
	}
	if q.window, err = parseWindow(r); err != nil {
		return err
	}
	out, err := f.find(r.Context(), q)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, out)
}

// find walks a person's workouts from the newest on until the page is full.
func (f *stats) find(ctx context.Context, q query) (api.WorkoutList, error) {
	out := api.WorkoutList{Items: []api.Workout{}}
	viewer, err := f.workouts.viewer(ctx, q.reader, q.user)
	if err != nil {
		return out, err
	}
	hiding, err := f.workouts.hiding(ctx, q.user)
	if err != nil {
		return out, err
	}
	list := f.workouts.Key(q.user, "list", q.user)
	if q.sport != "" {
		list = f.workouts.Key(q.user, "list", q.user, q.sport)
	}
	at, shown := q.page.After, []string(nil)
	if at == nil {
		at = q.window.newest()
	}
	for {
		entries, last, err := f.workouts.Page(ctx, list, rest.MaxLimit, at)
		if err != nil {
			return out, err
		}
		records, err := f.records(ctx, q.user, entries)
		if err != nil {
			return out, err
		}
		for i, r := range records {
			if q.window.over(entries[i].At) {
				return out, nil
			}
			if r == nil || !r.VisibleTo(viewer) || !q.window.holds(r.Workout.StartedAt) {
				continue
			}
			if len(out.Items) == q.page.Limit {
				out.NextCursor = rest.Cursor(shown)
				return out, nil
			}
			out.Items = append(out.Items, r.answer(viewer, hiding))
			shown = entries[i].Position()
		}
		if last == nil {
			return out, nil
		}
		at = last.Position()
	}
}

func (f *stats) records(ctx context.Context, user string, entries []store.Entry) ([]*Record, error) {
	places := make([]store.Place, len(entries))
	for i, e := range entries {
		places[i] = store.Place{Owner: user, Key: f.workouts.Key(user, "workout", e.ID)}
	}
	return store.GetManySealed[Record](ctx, f.workouts.Store, places)
}
