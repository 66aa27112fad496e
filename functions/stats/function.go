package stats

import (
	"context"
	"net/http"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/rest"
	"paceline/shared/objects"
	"paceline/shared/objects/all"
)

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
	f := &stats{workouts: workouts{base.Store}, objects: kept}
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
	mux.Handle("GET /v1/stats/summary", rest.Handler(f.summary))
	fn := base.Function(mux,
		eventing.On(f.uploaded),
		eventing.On(f.updated),
		eventing.On(f.deleted),
		eventing.On(f.workouts.saveSettings),
		eventing.On(func(ctx context.Context, e events.Followed) error { return f.workouts.follow(ctx, e.Follow, true) }),
		eventing.On(func(ctx context.Context, e events.Unfollowed) error { return f.workouts.follow(ctx, e.Follow, false) }),
	)
	fn.Check = func(ctx context.Context) error { return objects.Check(ctx, kept) }
	return fn, nil
}

type stats struct {
	workouts workouts
	objects  objects.Store
}
