package stats

import (
	"context"
	"net/http"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/export"
	"paceline/shared/function/rest"
	"paceline/shared/objects"
	"paceline/shared/objects/all"
)

// Objects is what of the bucket this function touches.
var Objects = objects.Access{Function: "stats", Reads: []string{"track/"}}

// Config is what this function reads besides function.Config.
type Config struct {
	// ObjectsURL is where the normalised tracks lie.
	ObjectsURL string `env:"OBJECTS_URL,notEmpty,required"`
}

// Open opens the stats function.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	c, err := function.Parse[Config](e)
	if err != nil {
		return nil, err
	}
	base, err := function.OpenBase(e, "stats")
	if err != nil {
		return nil, err
	}
	kept, err := all.Open(c.ObjectsURL)
	if err != nil {
		return nil, err
	}
	f := &stats{workouts: workouts{base.Store}, objects: objects.Confine(kept, Objects), gate: newGate()}
	mux := http.NewServeMux()
	mux.Handle("GET /v1/workouts", rest.Handler(f.list))
	mux.Handle("GET /v1/workouts/{id}", rest.Handler(f.show))
	mux.Handle("GET /v1/workouts/{id}/streams", rest.Handler(f.streams))
	mux.Handle("GET /v1/workouts/{id}/laps", rest.Handler(f.laps))
	mux.Handle("GET /v1/workouts/{id}/splits", rest.Handler(f.splits))
	mux.Handle("GET /v1/workouts/{id}/efforts", rest.Handler(f.efforts))
	mux.Handle("GET /v1/workouts/{id}/zones", rest.Handler(f.zones))
	mux.Handle("GET /v1/workouts/{id}/climbs", rest.Handler(f.climbs))
	mux.Handle("GET /v1/workouts/{id}/pauses", rest.Handler(f.pauses))
	mux.Handle("GET /v1/workouts/{id}/lengths", rest.Handler(f.lengths))
	mux.Handle("GET /v1/workouts/{id}/sets", rest.Handler(f.sets))
	mux.Handle("GET /v1/stats/summary", rest.Handler(f.summary))
	mux.Handle("GET /v1/stats/records", rest.Handler(f.bestRecords))
	mux.Handle("GET /v1/stats/load", rest.Handler(f.load))
	mux.Handle("GET /v1/stats/power-curve", rest.Handler(f.powerCurve))
	mux.Handle("GET /v1/stats/pace-curve", rest.Handler(f.paceCurve))
	mux.Handle("GET /v1/stats/eddington", rest.Handler(f.eddington))
	mux.Handle("GET /v1/stats/streaks", rest.Handler(f.streaks))
	mux.Handle("POST /v1/stats/replays", rest.Command(base.Store, f.replayAll))
	mux.Handle("GET /v1/stats/replays/{id}", rest.Handler(f.showReplay))
	mux.Handle("GET /v1/stats/heatmap", rest.Handler(f.heatmap))
	mux.Handle("GET /v1/stats/review", rest.Handler(f.review))
	mux.Handle("GET /v1/stats/comparison", rest.Handler(f.comparison))
	mux.Handle("PUT /v1/stats/comparison", rest.Command(base.Store, f.chooseSharing))
	mux.Handle("GET /v1/workouts/{id}/comparison", rest.Handler(f.workoutComparison))
	mux.Handle("GET /v1/segments", rest.Handler(f.listSegments))
	mux.Handle("POST /v1/segments", rest.Command(base.Store, f.addSegment))
	mux.Handle("GET /v1/segments/{id}", rest.Handler(f.showSegment))
	mux.Handle("PATCH /v1/segments/{id}", rest.Command(base.Store, f.editSegment))
	mux.Handle("DELETE /v1/segments/{id}", rest.Command(base.Store, f.dropSegment))
	mux.Handle("GET /v1/segments/{id}/efforts", rest.Handler(f.segmentEfforts))
	mux.Handle("GET /v1/segments/{id}/leaderboard", rest.Handler(f.leaderboard))
	mux.Handle("GET /v1/workouts/{id}/segments", rest.Handler(f.workoutSegments))
	mux.Handle("GET /v1/privacy-zones", rest.Handler(f.listPrivacyZones))
	mux.Handle("POST /v1/privacy-zones", rest.Command(base.Store, f.addPrivacyZone))
	mux.Handle("DELETE /v1/privacy-zones/{id}", rest.Command(base.Store, f.dropPrivacyZone))
	mux.Handle("GET /v1/gear", rest.Handler(f.listGear))
	mux.Handle("GET /v1/gear/{id}", rest.Handler(f.showGear))
	mux.Handle("POST /v1/admin/stats/rebuild", rest.Command(base.Store, f.rebuild))
	mux.Handle("GET /v1/goals", rest.Handler(f.listGoals))
	mux.Handle("POST /v1/goals", rest.Command(base.Store, f.addGoal))
	mux.Handle("GET /v1/goals/{id}", rest.Handler(f.showGoal))
	mux.Handle("PUT /v1/goals/{id}", rest.Command(base.Store, f.putGoal))
	mux.Handle("DELETE /v1/goals/{id}", rest.Command(base.Store, f.dropGoal))
	fn := base.Function(mux,
		eventing.On(f.uploaded),
		eventing.On(f.updated),
		eventing.On(f.deleted),
		eventing.On(f.workouts.saveSettings),
		eventing.On(f.workouts.saveGear),
		eventing.On(f.workouts.erase),
		export.From(base.Store, func(e events.Exported) events.Payload { return events.StatsExported{Exported: e} }, nil),
		eventing.On(f.replayed),
		eventing.On(f.rebuildStep),
		eventing.On(f.cohortChanged),
		eventing.On(f.sought),
		eventing.On(f.matchAsked),
		eventing.On(f.segmentChanged),
		eventing.On(func(ctx context.Context, e events.Followed) error { return f.workouts.follow(ctx, e.Follow, true) }),
		eventing.On(func(ctx context.Context, e events.Unfollowed) error { return f.workouts.follow(ctx, e.Follow, false) }),
		eventing.On(func(ctx context.Context, e events.Blocked) error { return f.workouts.block(ctx, e.Block, true) }),
		eventing.On(func(ctx context.Context, e events.Unblocked) error { return f.workouts.block(ctx, e.Block, false) }),
		eventing.On(func(ctx context.Context, e events.CoachGranted) error {
			return f.workouts.coach(ctx, e.Coaching, Grant{e.Version, true, e.Scopes})
		}),
		eventing.On(func(ctx context.Context, e events.CoachRevoked) error {
			return f.workouts.coach(ctx, e.Coaching, Grant{Version: e.Version})
		}),
	)
	fn.Check = func(ctx context.Context) error { return objects.Check(ctx, kept) }
	fn.Closes(kept)
	return fn, nil
}

type stats struct {
	workouts workouts
	objects  objects.Store
	gate     gate
}
