package feed

import (
	"context"
	"net/http"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/eventing"
	"paceline/shared/function/export"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
)

// Config is what this function reads besides function.Config.
type Config struct {
	// Popular is how many followers an author may have until feeds are merged
	// at the read and not written one by one.
	Popular int64 `env:"FEED_POPULAR" envDefault:"10000"`
}

// Open opens the feed function.
func Open(_ context.Context, e function.Env) (*function.Function, error) {
	c, err := function.Parse[Config](e)
	if err != nil {
		return nil, err
	}
	base, err := function.OpenBase(e, "feed")
	if err != nil {
		return nil, err
	}
	f := &feed{feeds{base.Store, c.Popular}}
	mux := http.NewServeMux()
	mux.Handle("POST /v1/admin/feeds/rebuild", rest.Command(base.Store, f.rebuild))
	mux.Handle("GET /v1/feed", rest.Handler(f.read))
	return base.Function(mux,
		eventing.On(f.processed),
		eventing.On(f.updated),
		eventing.On(f.hidden),
		eventing.On(f.deleted),
		eventing.On(func(ctx context.Context, p events.Followed) error { return f.feeds.relate(ctx, p.Follow, true) }),
		eventing.On(func(ctx context.Context, p events.Unfollowed) error { return f.feeds.relate(ctx, p.Follow, false) }),
		eventing.On(func(ctx context.Context, p events.Blocked) error { return f.feeds.block(ctx, p.Block, true) }),
		eventing.On(func(ctx context.Context, p events.Unblocked) error { return f.feeds.block(ctx, p.Block, false) }),
		eventing.On(f.feeds.saveName),
		eventing.On(f.feeds.erase),
		export.From(base.Store, func(e events.Exported) events.Payload { return events.FeedExported{Exported: e} }, nil),
		eventing.On(f.feeds.rebuildStep),
	), nil
}

type feed struct{ feeds feeds }

// processed publishes a workout, unless it came with an archive: those would push
// everything else out of the feeds.
func (f *feed) processed(ctx context.Context, e events.WorkoutProcessed) error {
	if e.ImportID != "" {
		return nil
	}
	return f.change(ctx, e.UserID, e.WorkoutID, func(i *Item) {
		i.Describe(e.Workout)
		i.Measure(e.Stats, e.Version)
		i.Hide(e.Hiding, e.Version)
	})
}

// hidden takes over what others see of the totals since the author's privacy
// zones were changed. It may come before the figures, which may be of older zones.
func (f *feed) hidden(ctx context.Context, e events.WorkoutHidingChanged) error {
	if e.ImportID != "" {
		return nil
	}
	return f.change(ctx, e.UserID, e.WorkoutID, func(i *Item) {
		i.Workout.WorkoutID, i.Workout.UserID = e.WorkoutID, e.UserID
		i.Hide(e.Hiding, e.Version)
	})
}

func (f *feed) updated(ctx context.Context, e events.WorkoutUpdated) error {
	if e.ImportID != "" {
		return nil
	}
	return f.change(ctx, e.UserID, e.WorkoutID, func(i *Item) { i.Describe(e.Workout) })
}

func (f *feed) deleted(ctx context.Context, e events.WorkoutDeleted) error {
	return f.change(ctx, e.UserID, e.WorkoutID, func(i *Item) { i.Delete(e) })
}

// change applies rule to an item and brings the feeds in line. It may run
// again at any point: both halves follow from the item alone. When another
// change came in between, the feeds are brought in line with that one, since
// its own writes may have come before ours.
func (f *feed) change(ctx context.Context, author, workout string, rule func(*Item)) error {
	item, err := f.feeds.changeItem(ctx, author, workout, rule)
	if err != nil {
		return err
	}
	for {
		if err := f.feeds.spread(ctx, item); err != nil {
			return err
		}
		var now Item
		if _, err := f.feeds.GetSealed(ctx, author, f.feeds.Key(author, "item", workout), &now); err != nil {
			return err
		}
		if now.Published() == item.Published() && now.Shown() == item.Shown() {
			return nil
		}
		item = now
	}
}

func (f *feed) read(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return err
	}
	items, next, err := f.feeds.read(r.Context(), identity.UserID(r), page)
	if err != nil {
		return err
	}
	return rest.JSON(w, http.StatusOK, api.Feed{Items: items, NextCursor: next})
}
