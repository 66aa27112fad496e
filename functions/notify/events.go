package notify

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
)

// maxFollowers is how many followers are told of a workout one by one; beyond
// it the feed has to do.
const maxFollowers = 5000

// news is how long a workout is worth telling followers of: a replay computes
// old ones again.
const news = 72 * time.Hour

// recordNews is how long after its start a workout may be uploaded and still
// tell its owner of a record or a goal.
const recordNews = 14 * 24 * time.Hour

func (f *notify) updated(ctx context.Context, e events.WorkoutUpdated) error {
	_, err := f.notes.see(ctx, e.UserID, e.WorkoutID, seen{Version: e.Version, Visibility: e.Visibility})
	return err
}

func (f *notify) deleted(ctx context.Context, e events.WorkoutDeleted) error {
	_, err := f.notes.see(ctx, e.UserID, e.WorkoutID, seen{Version: e.Version, Deleted: true})
	return err
}

// processed tells the owner once, and each follower who may see the workout. Of
// one that came with an archive it tells nobody.
func (f *notify) processed(ctx context.Context, e events.WorkoutProcessed) error {
	if e.ImportID != "" {
		return nil
	}
	values := figures(e.Workout, e.Stats)
	err := f.notes.tell(ctx, Matter{
		To: e.UserID, Kind: api.NotificationKindWorkoutReady, About: e.WorkoutID, At: e.CreatedAt, WorkoutID: e.WorkoutID, Values: values,
	})
	if err != nil {
		return err
	}
	newest, err := f.notes.see(ctx, e.UserID, e.WorkoutID, seen{Version: e.Version, Visibility: e.Visibility})
	if err != nil || newest.Deleted || newest.Visibility == events.Private || f.base.Now().Sub(e.CreatedAt) > news {
		return err
	}
	followers, err := f.notes.followers(ctx, e.UserID, maxFollowers)
	if err != nil || len(followers) == 0 {
		return err
	}
	actor, err := f.notes.named(ctx, e.UserID)
	if err != nil {
		return err
	}
	values = forOthers(e, actor.Name)
	for _, follower := range followers {
		err := f.notes.tell(ctx, Matter{
			To: follower, Kind: api.NotificationKindFollowedWorkout, About: e.WorkoutID, At: e.CreatedAt, Actor: e.UserID, ActorName: actor.Name,
			WorkoutID: e.WorkoutID, Values: values, MailKey: e.CreatedAt.UTC().Format(time.DateOnly),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *notify) failed(ctx context.Context, e events.WorkoutFailed) error {
	if e.ImportID != "" {
		return nil
	}
	return f.notes.tell(ctx, Matter{
		To: e.UserID, Kind: api.NotificationKindWorkoutFailed, About: e.WorkoutID, At: f.base.Now(), WorkoutID: e.WorkoutID,
		Values: map[string]string{"file_name": e.FileName, "reason": e.Detail},
	})
}

// recordSet tells of what a workout did better than the best before it, once a
// workout. First records are none to tell of, and old workouts are no news.
func (f *notify) recordSet(ctx context.Context, e events.RecordSet) error {
	values := record(e)
	if values == nil || e.ImportID != "" || f.base.Now().Sub(e.StartedAt) > recordNews {
		return nil
	}
	return f.notes.tell(ctx, Matter{
		To: e.UserID, Kind: api.NotificationKindRecordSet, About: e.WorkoutID, At: f.base.Now(), WorkoutID: e.WorkoutID, Values: values,
	})
}

// goalReached tells of a goal once a period; of a period that is long over, as
// old workouts reach it, it does not.
func (f *notify) goalReached(ctx context.Context, e events.GoalReached) error {
	end, err := time.Parse(time.DateOnly, e.End)
	if err != nil {
		return fault.Invalid("invalid_event", "end is no day")
	}
	if e.ImportID != "" || f.base.Now().Sub(end) > recordNews {
		return nil
	}
	return f.notes.tell(ctx, Matter{
		To: e.UserID, Kind: api.NotificationKindGoalReached, About: e.GoalID + "/" + e.Start, At: f.base.Now(), WorkoutID: e.WorkoutID,
		Values: map[string]string{"name": e.Name, "result": quantity(e.Metric, e.Value), "target": quantity(e.Metric, e.Target)},
	})
}

// gearWorn tells of gear that came as far as it should, once a limit.
func (f *notify) gearWorn(ctx context.Context, e events.GearWorn) error {
	limit := quantity("distance_m", e.WearDistanceM)
	return f.notes.tell(ctx, Matter{
		To: e.UserID, Kind: api.NotificationKindGearWorn, About: e.GearID + "/" + limit, At: f.base.Now(), WorkoutID: e.WorkoutID,
		Values: map[string]string{"name": e.Name, "result": quantity("distance_m", e.DistanceM), "target": limit},
	})
}

// rankChanged tells of a first place on a segment that was taken or lost, once an
// effort. Old workouts are no news.
func (f *notify) rankChanged(ctx context.Context, e events.SegmentRankChanged) error {
	if f.base.Now().Sub(e.StartedAt) > recordNews {
		return nil
	}
	result := quantity("moving_time_s", e.ElapsedS)
	return f.notes.tell(ctx, Matter{
		To: e.UserID, Kind: api.NotificationKindSegmentRank, About: e.SegmentID + "/" + strconv.FormatBool(e.Taken) + "/" + strconv.FormatFloat(e.ElapsedS, 'f', 3, 64),
		At: f.base.Now(), WorkoutID: e.WorkoutID,
		Values: map[string]string{"of": rank(e), "name": e.Name, "result": result, "previous": quantity("moving_time_s", e.PreviousS)},
	})
}

// imported tells the owner of all that came with an archive, at once.
func (f *notify) imported(ctx context.Context, e events.ImportFinished) error {
	return f.notes.tell(ctx, Matter{
		To: e.UserID, Kind: api.NotificationKindImportFinished, About: e.ImportID, At: f.base.Now(),
		Values: map[string]string{
			"file_name": e.FileName, "created": strconv.Itoa(e.Created), "duplicates": strconv.Itoa(e.Duplicates), "failed": strconv.Itoa(e.Failed),
		},
	})
}

func (f *notify) requested(ctx context.Context, e events.FollowRequested) error {
	return f.tellOfFollow(ctx, e.Follow, api.NotificationKindFollowRequested)
}

// followed tells whoever did not do it: the followee of a new follower, or the
// follower that the request was approved.
func (f *notify) followed(ctx context.Context, e events.Followed) error {
	if err := f.notes.follow(ctx, e.Follow, true); err != nil {
		return err
	}
	if e.Approved {
		return f.tellOfFollow(ctx, e.Follow, api.NotificationKindFollowApproved)
	}
	return f.tellOfFollow(ctx, e.Follow, api.NotificationKindFollowed)
}

// unfollowed ends what a follow led to. When one of the two is erased, the other's
// notes lose them.
func (f *notify) unfollowed(ctx context.Context, e events.Unfollowed) error {
	for _, side := range [][2]string{{e.FollowerID, e.FolloweeID}, {e.FolloweeID, e.FollowerID}} {
		known, err := f.notes.Known(ctx, side[0])
		if err == nil && !known {
			err = f.notes.forget(ctx, side[1], side[0])
		}
		if err != nil {
			return err
		}
	}
	return f.notes.follow(ctx, e.Follow, false)
}

func (f *notify) tellOfFollow(ctx context.Context, e events.Follow, kind api.NotificationKind) error {
	to, by := e.FolloweeID, e.FollowerID
	if kind == api.NotificationKindFollowApproved {
		to, by = by, to
	}
	if known, err := f.notes.Known(ctx, by); err != nil || !known {
		return err // erased meanwhile: there is nobody to tell of
	}
	actor, err := f.notes.named(ctx, by)
	if err != nil {
		return err
	}
	return f.notes.tell(ctx, Matter{
		To: to, Kind: kind, About: fmt.Sprintf("%s/%d", by, e.Version), At: e.At, Actor: by, ActorName: actor.Name,
		Values: map[string]string{"name": actor.Name},
	})
}
