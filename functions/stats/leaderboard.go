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
)

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

// few says whether of the board only a few people are asked for, by their names.
func (q boardQuery) few() bool {
	return q.following || q.of.Visibility != api.SegmentVisibilityEveryone
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
	if q.few() {
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
	if q.few() {
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
