package stats

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

func errGoal() error { return fault.NotFound("goal_not_found", "there is no such goal") }

// reach tells of the goals that the workout's day reaches with this change. A
// period is told once, also when a workout is taken back and another one
// reaches it again.
func reach(ctx context.Context, t *store.Tx, r *Record, changed map[string]map[string]dayChange) error {
	if r.Counted == nil {
		return nil
	}
	user, key := r.Workout.UserID, t.Key("goals", r.Workout.UserID)
	var goals []Goal
	if found, err := t.GetSealed(user, key, &goals); err != nil || !found {
		return err
	}
	day, err := time.Parse(time.DateOnly, r.Counted.Day)
	if err != nil {
		return err
	}
	y := years{ctx: ctx, t: t, user: user, changed: changed, known: map[int][]Day{}}
	told := false
	for i := range goals {
		g := &goals[i]
		start, end, ok := g.span(day)
		if _, before := g.told(start); !ok || before || (g.Sport != "" && g.Sport != r.Counted.Sport) {
			continue
		}
		days, err := y.between(start, end)
		if err != nil {
			return err
		}
		value := g.progress(days, start, end)
		if value < g.Target {
			continue
		}
		g.tell(start, r.Workout.WorkoutID)
		told = true
		err = t.Emit(events.GoalReached{
			GoalID: g.ID, UserID: user, WorkoutID: r.Workout.WorkoutID, Sport: g.Sport, Metric: string(g.Metric), Period: string(g.Period),
			Start: start.Format(time.DateOnly), End: end.AddDate(0, 0, -1).Format(time.DateOnly), Target: g.Target, Value: value, Name: g.Name,
			ImportID: r.Workout.ImportID,
		})
		if err != nil {
			return err
		}
	}
	if !told {
		return nil
	}
	return t.SetSealed(user, key, goals, 0)
}

// years are the days of a person as they will be after the change.
type years struct {
	ctx     context.Context
	t       *store.Tx
	user    string
	changed map[string]map[string]dayChange
	known   map[int][]Day
}

func (y *years) between(start, end time.Time) (out []Day, err error) {
	last := min(end.AddDate(0, 0, -1).Year(), y.t.Now().Year()+1) // a goal without an end
	for n := start.Year(); n <= last; n++ {
		days, ok := y.known[n]
		if !ok {
			if days, err = y.read(n); err != nil {
				return nil, err
			}
			y.known[n] = days
		}
		out = append(out, days...)
	}
	return out, nil
}

func (y *years) read(n int) ([]Day, error) {
	year := strconv.Itoa(n)
	key := y.t.Key("days", y.user, year)
	c, err := y.t.Read(key)
	if err != nil {
		return nil, err
	}
	fields, err := c.HGetAll(y.ctx, key).Result()
	if err != nil {
		return nil, store.Wrap(err)
	}
	for field := range y.changed[year] {
		delete(fields, field)
	}
	days, err := openDays(year, fields, func(field string, sealed []byte, s *Sums) (bool, error) {
		return y.t.OpenField(y.user, key, field, sealed, s)
	})
	if err != nil {
		return nil, err
	}
	for field, d := range y.changed[year] {
		date, sport, err := parseDayField(year, field)
		if err != nil {
			return nil, err
		}
		days = append(days, Day{date, sport, d.after})
	}
	return days, nil
}

// goals reads a person's goals.
func (f *stats) goals(ctx context.Context, user string) (goals []Goal, err error) {
	_, err = f.workouts.GetSealed(ctx, user, f.workouts.Key(user, "goals", user), &goals)
	return goals, err
}

// answers are goals with their progress in the period that holds today.
func (f *stats) answers(ctx context.Context, user string, goals []Goal, today time.Time) ([]api.Goal, error) {
	out := make([]api.Goal, 0, len(goals))
	first, last := today.Year(), today.Year()
	for _, g := range goals {
		if start, end, ok := g.span(today); ok {
			first, last = min(first, start.Year()), max(last, min(end.Year(), today.Year()+1))
		}
	}
	days, err := f.workouts.days(ctx, user, first, last)
	if err != nil {
		return nil, err
	}
	for _, g := range goals {
		a := api.Goal{
			ID: g.ID, Version: g.Version, CreatedAt: g.CreatedAt, Name: g.Name, Sport: g.Sport, Metric: g.Metric, Target: g.Target,
			Period: g.Period, From: g.From, To: g.To,
		}
		if start, end, ok := g.span(today); ok {
			r, told := g.told(start)
			value := g.progress(days, start, end)
			a.Progress = &api.GoalProgress{
				Start: start.Format(time.DateOnly), End: end.AddDate(0, 0, -1).Format(time.DateOnly), Value: value,
				Reached: value >= g.Target,
			}
			if told {
				a.Progress.ReachedBy = r.WorkoutID
			}
		}
		out = append(out, a)
	}
	return out, nil
}

func (f *stats) listGoals(w http.ResponseWriter, r *http.Request) error {
	user := identity.UserID(r)
	today, err := f.today(r)
	if err != nil {
		return err
	}
	goals, err := f.goals(r.Context(), user)
	if err != nil {
		return err
	}
	items, err := f.answers(r.Context(), user, goals, today)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, api.GoalList{Items: items})
}

func (f *stats) showGoal(w http.ResponseWriter, r *http.Request) error {
	user := identity.UserID(r)
	goals, err := f.goals(r.Context(), user)
	if err != nil {
		return err
	}
	for _, g := range goals {
		if g.ID == r.PathValue("id") {
			return f.answerGoal(w, r, http.StatusOK, g)
		}
	}
	return errGoal()
}

func (f *stats) answerGoal(w http.ResponseWriter, r *http.Request, status int, g Goal) error {
	today, err := f.today(r)
	if err != nil {
		return err
	}
	items, err := f.answers(r.Context(), identity.UserID(r), []Goal{g}, today)
	if err != nil {
		return err
	}
	rest.SetETag(w, g.Version)
	return rest.JSON(w, status, items[0])
}

// editGoals changes a person's goals in one transaction.
func (f *stats) editGoals(ctx context.Context, user string, edit func([]Goal) ([]Goal, error)) error {
	return f.workouts.Update(ctx, user, func(t *store.Tx) error {
		var goals []Goal
		key := t.Key("goals", user)
		if _, err := t.GetSealed(user, key, &goals); err != nil {
			return err
		}
		goals, err := edit(goals)
		if err != nil {
			return err
		}
		return t.SetSealed(user, key, goals, 0)
	})
}

func readGoal(w http.ResponseWriter, r *http.Request) (in api.GoalRequest, err error) {
	if err := rest.Read(w, r, &in); err != nil {
		return in, err
	}
	return in, checkGoal(in)
}

func (f *stats) addGoal(w http.ResponseWriter, r *http.Request) error {
	in, err := readGoal(w, r)
	if err != nil {
		return err
	}
	now := f.workouts.Now()
	g := Goal{ID: function.NewID(now), Version: 1, CreatedAt: now, GoalRequest: in}
	err = f.editGoals(r.Context(), identity.UserID(r), func(goals []Goal) ([]Goal, error) {
		if len(goals) >= maxGoals {
			return nil, fault.Conflict("too_many_goals", "there are so many goals that one has to go first")
		}
		return append(goals, g), nil
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", "/v1/goals/"+g.ID)
	return f.answerGoal(w, r, http.StatusCreated, g)
}

// putGoal says a goal anew. What it was told to have reached is forgotten, since
// it is another goal then.
func (f *stats) putGoal(w http.ResponseWriter, r *http.Request) error {
	in, err := readGoal(w, r)
	if err != nil {
		return err
	}
	var g Goal
	err = f.editGoals(r.Context(), identity.UserID(r), func(goals []Goal) ([]Goal, error) {
		i := slices.IndexFunc(goals, func(g Goal) bool { return g.ID == r.PathValue("id") })
		if i < 0 {
			return nil, errGoal()
		}
		if err := rest.CheckIfMatch(r, goals[i].Version); err != nil {
			return nil, err
		}
		g = Goal{ID: goals[i].ID, Version: goals[i].Version + 1, CreatedAt: goals[i].CreatedAt, GoalRequest: in}
		goals[i] = g
		return goals, nil
	})
	if err != nil {
		return err
	}
	return f.answerGoal(w, r, http.StatusOK, g)
}

func (f *stats) dropGoal(w http.ResponseWriter, r *http.Request) error {
	err := f.editGoals(r.Context(), identity.UserID(r), func(goals []Goal) ([]Goal, error) {
		i := slices.IndexFunc(goals, func(g Goal) bool { return g.ID == r.PathValue("id") })
		if i < 0 {
			return nil, errGoal()
		}
		return slices.Delete(goals, i, i+1), nil
	})
	if err != nil {
		return err
	}
	return rest.NoContent(w)
}
