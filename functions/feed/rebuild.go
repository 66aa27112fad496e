package feed

import (
	"context"
	"net/http"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function"
	"paceline/shared/function/fault"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// stepSize is how many people's feeds one step builds again.
const stepSize = 20

// rebuild builds one person's feed again (204), or asks for everybody's (202).
func (f *feed) rebuild(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if user := r.URL.Query().Get("user_id"); user != "" {
		if err := f.feeds.known(ctx, user); err != nil {
			return err
		}
		if err := f.feeds.Update(ctx, user, func(t *store.Tx) error { return told(t, r, user) }); err != nil {
			return err
		}
		if err := f.feeds.rebuildOne(ctx, user); err != nil {
			return err
		}
		return rest.NoContent(w)
	}
	err := f.feeds.Update(ctx, "rebuild", func(t *store.Tx) error {
		for _, all := range store.Walks() {
			if err := t.Emit(events.FeedRebuildRequested{From: all.From, To: all.To}); err != nil {
				return err
			}
		}
		return told(t, r, "")
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// told tells of a rebuild for one person, or for everybody.
func told(t *store.Tx, r *http.Request, user string) error {
	return function.Audit(t, "feed", r, function.Deed{Action: "feed.rebuild", Target: user, Outcome: function.Done})
}

// known refuses people that the feed has never heard of.
func (f feeds) known(ctx context.Context, user string) error {
	_, err := f.Client().ZScore(ctx, f.Key(user, "people"), user).Result()
	if err == redis.Nil {
		return fault.NotFound("user_not_found", "there is no such person")
	}
	if err != nil {
		return store.Wrap(err)
	}
	return nil
}

// rebuildStep builds the feeds of the next few people again and asks for the
// step after it. It may run again: building a feed twice gives the same.
func (f feeds) rebuildStep(ctx context.Context, e events.FeedRebuildRequested) error {
	left, more, err := f.Step(ctx, "people", store.Walk(e), stepSize, func(reader string) error { return f.rebuildOne(ctx, reader) })
	if err != nil || !more {
		return err
	}
	return f.UpdateOnce(ctx, "rebuild", func(t *store.Tx) error {
		return t.Emit(events.FeedRebuildRequested{From: left.From, To: left.To, After: left.After})
	})
}

// rebuildOne brings a feed to what follows from items and follows: what of the
// reader's own and of the followed is missing comes in, what of others is there
// goes out. It never empties the feed, and what happens meanwhile is not lost.
func (f feeds) rebuildOne(ctx context.Context, reader string) error {
	authors, err := f.Client().SMembers(ctx, f.Key(reader, "following", reader)).Result()
	if err != nil {
		return store.Wrap(err)
	}
	members, err := f.Client().ZRange(ctx, f.feedKey(reader), 0, -1).Result()
	if err != nil {
		return store.Wrap(err)
	}
	seen := map[string]bool{reader: true}
	for _, m := range members {
		author, _ := splitMember(m)
		authors = append(authors, author)
	}
	for _, author := range authors {
		if seen[author] {
			continue
		}
		seen[author] = true
		if err := f.settle(ctx, reader, author, keepItems); err != nil {
			return err
		}
	}
	return f.fill(ctx, reader, f.Key(reader, "own", reader), reader, keepItems)
}
