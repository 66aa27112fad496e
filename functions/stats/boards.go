package stats

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
	"paceline/shared/privacy"
)

// readRanked reads what the boards of a segment hold of a person.
func readRanked(ctx context.Context, t *store.Tx, segment, user string) (r Ranked, err error) {
	key := t.Key("ranked", segment)
	c, err := t.Read(key)
	if err != nil {
		return r, err
	}
	b, err := c.HGet(ctx, key, user).Bytes()
	if errors.Is(err, redis.Nil) {
		return r, nil
	}
	if err != nil {
		return r, store.Wrap(err)
	}
	return r, json.Unmarshal(b, &r)
}

// segmentChanged puts what a person has on a segment on its boards, in the place of
// what was there.
func (f *stats) segmentChanged(ctx context.Context, e events.StatsSegmentChanged) error {
	known, err := f.workouts.Known(ctx, e.UserID)
	if err != nil || !known {
		return err // of whom was erased nothing comes back
	}
	s, _, err := f.workouts.segmentMade(ctx, e.SegmentID)
	if err != nil || s == nil {
		return err
	}
	return f.workouts.UpdateOnce(ctx, s.ID, func(t *store.Tx) error {
		was, err := readRanked(ctx, t, s.ID, e.UserID)
		if err != nil || was.Version >= e.Version {
			return err
		}
		next := Ranked{e.Version, e.Marks}
		if err := tellOfRanks(ctx, t, *s, e, next); err != nil {
			return err
		}
		b, err := json.Marshal(next)
		if err != nil {
			return err
		}
		t.Write(func(p redis.Pipeliner) {
			p.HSet(ctx, t.Key("ranked", s.ID), e.UserID, b)
			for _, name := range was.boards() {
				if _, stays := next.on(name); !stays {
					p.ZRem(ctx, t.Key("board", s.ID, name), e.UserID)
				}
			}
			for _, m := range next.Marks {
				z := redis.Z{Score: float64(m.ElapsedMS), Member: e.UserID}
				for _, name := range m.Boards {
					p.ZAdd(ctx, t.Key("board", s.ID, name), z)
				}
				for _, name := range m.Months {
					p.ZAdd(ctx, t.Key("board", s.ID, name), z)
					p.Expire(ctx, t.Key("board", s.ID, name), monthsFor)
				}
			}
		})
		return nil
	})
}

// tellOfRanks tells who took the first place of all time from whom, among all or
// else among those of the same sex. A first effort takes it from nobody.
func tellOfRanks(ctx context.Context, t *store.Tx, s Segment, e events.StatsSegmentChanged, next Ranked) error {
	if e.WorkoutID == "" || s.Visibility != api.SegmentVisibilityEveryone {
		return nil
	}
	for _, among := range []string{"all", "female", "male"} {
		c := Class{}
		if among != "all" {
			c.Sex = among
		}
		board := s.board(allTime, c)
		mark, is := next.on(board)
		if !is || mark.WorkoutID != e.WorkoutID {
			continue
		}
		key := t.Key("board", s.ID, board)
		r, err := t.Read(key)
		if err != nil {
			return err
		}
		top, err := r.ZRangeWithScores(ctx, key, 0, 0).Result()
		if err != nil {
			return store.Wrap(err)
		}
		if len(top) == 0 || float64(mark.ElapsedMS) >= top[0].Score {
			continue
		}
		loser, _ := top[0].Member.(string)
		if loser == e.UserID { // it was theirs
			return nil
		}
		said := events.SegmentRankChanged{
			SegmentID: s.ID, UserID: e.UserID, Taken: true, WorkoutID: e.WorkoutID, StartedAt: e.StartedAt, Name: s.Name, Among: among,
			ElapsedS: float64(mark.ElapsedMS) / 1000, PreviousS: top[0].Score / 1000,
		}
		lost := said
		lost.UserID, lost.Taken, lost.WorkoutID = loser, false, ""
		return t.Emit(said, lost)
	}
	return nil
}

// unrank takes a person off the boards of a segment.
func (w workouts) unrank(ctx context.Context, t *store.Tx, segment, user string) error {
	was, err := readRanked(ctx, t, segment, user)
	if err != nil {
		return err
	}
	t.Write(func(p redis.Pipeliner) {
		p.HDel(ctx, t.Key("ranked", segment), user)
		for _, name := range was.boards() {
			p.ZRem(ctx, t.Key("board", segment, name), user)
		}
	})
	return nil
}

// raze ends a segment that is gone: its boards, and where it is found. What people
// have on it stays theirs and shows nowhere.
func (w workouts) raze(ctx context.Context, segment string, m Made) error {
	err := w.Update(ctx, segment, func(t *store.Tx) error {
		key := t.Key("ranked", segment)
		c, err := t.Read(key)
		if err != nil {
			return err
		}
		all, err := c.HGetAll(ctx, key).Result()
		if err != nil {
			return store.Wrap(err)
		}
		gone := []string{key, t.Key("made", segment)}
		for _, b := range all {
			var r Ranked
			if err := json.Unmarshal([]byte(b), &r); err != nil {
				return err
			}
			for _, name := range r.boards() {
				gone = append(gone, t.Key("board", segment, name))
			}
		}
		slices.Sort(gone)
		for some := range slices.Chunk(slices.Compact(gone), 1000) {
			t.Del(some...)
		}
		return nil
	})
	if err != nil || m.Start == "" {
		return err
	}
	return w.Update(ctx, m.Start, func(t *store.Tx) error {
		t.Write(func(p redis.Pipeliner) { p.HDel(ctx, t.Key("starts", m.Start), segment) })
		return nil
	})
}

// row is a person's place on a board.
type row struct {
	rank      int
	user      string
	elapsedMS int64
}

// boardQuery is what a leaderboard is asked for.
type boardQuery struct {
	of        Segment
	reader    string
	board     string
	following bool
	limit     int
	from      int // the first place, from 0
}

func (f *stats) boardQuery(r *http.Request) (q boardQuery, err error) {
	page, err := rest.PageOf(r, 1)
	if err != nil {
		return q, err
	}
	v, period, c := r.URL.Query(), allTime, Class{}
	if c.Sex = v.Get("sex"); c.Sex != "" && c.Sex != "female" && c.Sex != "male" {
		return q, rest.Parameter("sex", "female or male")
	}
	if c.Age = v.Get("age"); c.Age != "" && !isBand(c.Age) {
		return q, rest.Parameter("age", "ten years, such as 30-39")
	}
	if c.Weight = v.Get("weight"); c.Weight != "" && !isBand(c.Weight) {
		return q, rest.Parameter("weight", "ten kilograms, such as 70-79")
	}
	if p := v.Get("period"); p != "" {
		_, errYear := time.Parse("2006", p)
		if _, errMonth := time.Parse("2006-01", p); errYear != nil && errMonth != nil {
			return q, rest.Parameter("period", "YYYY or YYYY-MM")
		}
		period = p
	}
	if q.following, err = strconv.ParseBool(cmp.Or(v.Get("following"), "false")); err != nil {
		return q, rest.Parameter("following", "true or false")
	}
	if page.After != nil {
		if q.from, err = strconv.Atoi(page.After[0]); err != nil || q.from < 0 {
			return q, rest.Parameter("cursor", "a next_cursor of an earlier answer")
		}
	}
	q.reader, q.limit = identity.UserID(r), page.Limit
	if q.of, err = f.workouts.segmentFor(r.Context(), q.reader, r.PathValue("id")); err != nil {
		return q, err
	}
	q.board = f.workouts.Key(q.of.ID, "board", q.of.ID, q.of.board(period, c))
	return q, nil
}

func (f *stats) leaderboard(w http.ResponseWriter, r *http.Request) error {
	q, err := f.boardQuery(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	read := f.workouts.wholeBoard
	if q.following || q.of.Visibility != api.SegmentVisibilityEveryone {
		few, err := f.workouts.boardOf(ctx, q)
		if err != nil {
			return err
		}
		read = func(_ context.Context, _ boardQuery, from, n int) ([]row, int64, error) {
			return few[min(from, len(few)):min(from+n, len(few))], int64(len(few)), nil
		}
	}
	out := api.Leaderboard{SegmentID: q.of.ID, Items: []api.LeaderboardRow{}}
	for from := q.from; ; from += q.limit + 1 {
		rows, people, err := read(ctx, q, from, q.limit+1)
		if err != nil {
			return err
		}
		out.People = people
		more := len(rows) > q.limit
		shown, err := f.rows(ctx, q, rows)
		if err != nil {
			return err
		}
		for _, s := range shown {
			if len(out.Items) == q.limit {
				out.NextCursor = rest.Cursor([]string{strconv.Itoa(s.Rank - 1)})
				break
			}
			out.Items = append(out.Items, s)
		}
		if !more || out.NextCursor != "" {
			break
		}
	}
	if out.Own, err = f.ownRow(ctx, q, read); err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, out)
}

// wholeBoard reads n rows of a board, and how many people are on it.
func (w workouts) wholeBoard(ctx context.Context, q boardQuery, from, n int) ([]row, int64, error) {
	var found *redis.ZSliceCmd
	var people *redis.IntCmd
	_, err := w.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		found, people = p.ZRangeWithScores(ctx, q.board, int64(from), int64(from+n-1)), p.ZCard(ctx, q.board)
		return nil
	})
	if err != nil {
		return nil, 0, store.Wrap(err)
	}
	rows := make([]row, 0, n)
	for i, z := range found.Val() {
		user, _ := z.Member.(string)
		rows = append(rows, row{from + i + 1, user, int64(z.Score)})
	}
	return rows, people.Val(), nil
}

// maxFollowing is how many of those whom somebody follows are asked for.
const maxFollowing = 5000

// boardOf is the board of the reader and, of a segment for everyone, of whom the
// reader follows.
func (w workouts) boardOf(ctx context.Context, q boardQuery) ([]row, error) {
	people := []string{q.reader}
	if q.of.Visibility == api.SegmentVisibilityEveryone {
		following, err := w.Client().SMembers(ctx, w.Key(q.reader, "following", q.reader)).Result()
		if err != nil {
			return nil, store.Wrap(err)
		}
		people = append(people, following[:min(len(following), maxFollowing)]...)
	}
	scores, err := w.Client().ZMScore(ctx, q.board, people...).Result()
	if err != nil {
		return nil, store.Wrap(err)
	}
	var rows []row
	for i, ms := range scores {
		if ms > 0 { // of who is not on it the score is 0
			rows = append(rows, row{0, people[i], int64(ms)})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(a.elapsedMS, b.elapsedMS), cmp.Compare(a.user, b.user)) })
	for i := range rows {
		rows[i].rank = i + 1
	}
	return rows, nil
}

// ownRow is where the reader is on the board.
func (f *stats) ownRow(ctx context.Context, q boardQuery, read func(context.Context, boardQuery, int, int) ([]row, int64, error)) (*api.LeaderboardRow, error) {
	ms, err := f.workouts.Client().ZMScore(ctx, q.board, q.reader).Result()
	if err != nil || len(ms) == 0 || ms[0] == 0 {
		return nil, store.Wrap(err)
	}
	var rows []row
	if q.following || q.of.Visibility != api.SegmentVisibilityEveryone {
		if rows, _, err = read(ctx, q, 0, maxFollowing+1); err != nil {
			return nil, err
		}
		rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.user != q.reader })
	} else {
		rank, err := f.workouts.Client().ZRank(ctx, q.board, q.reader).Result()
		if errors.Is(err, redis.Nil) {
			return nil, nil //nolint:nilnil // gone meanwhile
		}
		if err != nil {
			return nil, store.Wrap(err)
		}
		rows = []row{{int(rank) + 1, q.reader, int64(ms[0])}}
	}
	shown, err := f.rows(ctx, q, rows)
	if err != nil || len(shown) == 0 {
		return nil, err
	}
	return &shown[0], nil
}

// rows are places on a board as the API shows them, without those whom the reader
// does not see there: whose privacy zones the segment comes into since, or where one
// of the two blocks the other.
func (f *stats) rows(ctx context.Context, q boardQuery, of []row) ([]api.LeaderboardRow, error) {
	if len(of) == 0 {
		return nil, nil
	}
	users := make([]string, len(of))
	for i, r := range of {
		users[i] = r.user
	}
	ranked, err := f.workouts.Client().HMGet(ctx, f.workouts.Key(q.of.ID, "ranked", q.of.ID), users...).Result()
	if err != nil {
		return nil, store.Wrap(err)
	}
	zones, err := f.workouts.hidings(ctx, users)
	if err != nil {
		return nil, err
	}
	blocked, err := f.workouts.blocked(ctx, q.reader, users)
	if err != nil {
		return nil, err
	}
	line := q.of.line()
	var out []api.LeaderboardRow
	for i, r := range of {
		var held Ranked
		text, _ := ranked[i].(string)
		if text == "" || blocked[r.user] || zones[r.user].touches(line) {
			continue
		}
		if err := json.Unmarshal([]byte(text), &held); err != nil {
			return nil, err
		}
		j := slices.IndexFunc(held.Marks, func(m events.SegmentMark) bool { return m.ElapsedMS == r.elapsedMS })
		if j < 0 { // changed meanwhile
			continue
		}
		seconds := float64(r.elapsedMS) / 1000
		out = append(out, api.LeaderboardRow{
			Rank: r.rank, UserID: r.user, WorkoutID: held.Marks[j].WorkoutID, StartedAt: held.Marks[j].At, ElapsedTimeS: seconds, AvgSpeedMPS: q.of.DistanceM / seconds,
		})
	}
	return out, nil
}

// segmentEfforts are the caller's own on a segment, the newest first: a year at a
// time, so that a page does not read all of them.
func (f *stats) segmentEfforts(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	ctx, user := r.Context(), identity.UserID(r)
	s, err := f.workouts.segmentFor(ctx, user, r.PathValue("id"))
	if err != nil {
		return err
	}
	var standing Standing
	if _, err := f.workouts.GetSealed(ctx, user, f.workouts.Key(user, "standing", user, s.ID), &standing); err != nil {
		return err
	}
	years := make([]string, 0, len(standing.Years))
	for y := range standing.Years {
		years = append(years, y)
	}
	slices.Sort(years)
	slices.Reverse(years)
	out := api.SegmentEffortList{Items: []api.SegmentEffort{}}
	var last []string
	for _, y := range years {
		if page.After != nil && y > page.After[0] {
			continue
		}
		var passes []Pass
		if _, err := f.workouts.GetSealed(ctx, user, f.workouts.Key(user, "passes", user, s.ID, y), &passes); err != nil {
			return err
		}
		for i := range slices.Backward(passes) {
			at := []string{y, strconv.Itoa(i)}
			if page.After != nil && y == page.After[0] {
				if n, err := strconv.Atoi(page.After[1]); err != nil || i >= n {
					continue
				}
			}
			if len(out.Items) == page.Limit {
				out.NextCursor = rest.Cursor(last)
				return rest.JSON(w, http.StatusOK, out)
			}
			p := passes[i]
			out.Items, last = append(out.Items, s.effort(p.WorkoutID, p.At, Passage{StartS: p.StartS, ElapsedS: p.ElapsedS})), at
		}
	}
	return rest.JSON(w, http.StatusOK, out)
}

// workoutSegments is what segments a workout passed; to others, those outside of
// the owner's privacy zones, when the map is shown.
func (f *stats) workoutSegments(w http.ResponseWriter, r *http.Request) error {
	found, err := f.readable(r)
	if err != nil {
		return err
	}
	out := api.WorkoutSegments{Items: []api.SegmentEffort{}}
	placed := found.places(Class{})
	if placed == nil || !found.shows(privacy.Map) {
		return rest.JSON(w, http.StatusOK, out)
	}
	ctx := r.Context()
	ids := segmentsOf(placed)
	of, err := f.workouts.segments(ctx, ids)
	if err != nil {
		return err
	}
	if of, err = f.workouts.known(ctx, identity.UserID(r), of); err != nil {
		return err
	}
	hiding := Hiding{}
	if !found.by.Owner {
		if hiding, err = f.workouts.hiding(ctx, found.Workout.UserID); err != nil {
			return err
		}
	}
	for _, p := range placed.Passages {
		i, _ := slices.BinarySearch(ids, p.SegmentID)
		if of[i] == nil || hiding.touches(of[i].line()) {
			continue
		}
		e := of[i].effort(found.Workout.WorkoutID, found.Workout.StartedAt, p)
		if !found.by.Owner {
			e.StartS = nil // it tells how long the way to it was
		}
		out.Items = append(out.Items, e)
	}
	return rest.JSON(w, http.StatusOK, out)
}
