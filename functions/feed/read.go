package feed

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"paceline/shared/api"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// maxRounds bounds how far a read looks past items that may not be seen.
const maxRounds = 10

// read is one page of a reader's feed and the cursor of the next one.
func (f feeds) read(ctx context.Context, reader string, page rest.Page) ([]api.FeedItem, string, error) {
	popular, err := f.popularFollowed(ctx, reader)
	if err != nil {
		return nil, "", err
	}
	out := make([]api.FeedItem, 0, page.Limit)
	after, last := page.After, []string(nil)
	for range maxRounds {
		entries, more, err := f.candidates(ctx, reader, popular, page.Limit+1, after)
		if err != nil {
			return nil, "", err
		}
		seen, err := f.visible(ctx, reader, entries)
		if err != nil {
			return nil, "", err
		}
		for i, e := range entries {
			if seen[i] == nil {
				continue
			}
			if len(out) == page.Limit {
				return out, rest.Cursor(last), nil
			}
			out = append(out, *seen[i])
			last = e.Position()
		}
		if !more {
			return out, "", nil
		}
		after = entries[len(entries)-1].Position()
	}
	return out, rest.Cursor(after), nil
}

// popularFollowed is which of the popular authors the reader follows.
func (f feeds) popularFollowed(ctx context.Context, reader string) ([]string, error) {
	authors, err := f.Client().SMembers(ctx, f.popularKey()).Result()
	if err != nil || len(authors) == 0 {
		return nil, store.Wrap(err)
	}
	members := make([]any, len(authors))
	for i, a := range authors {
		members[i] = a
	}
	follows, err := f.Client().SMIsMember(ctx, f.Key(reader, "following", reader), members...).Result()
	if err != nil {
		return nil, store.Wrap(err)
	}
	var out []string
	for i, yes := range follows {
		if yes {
			out = append(out, authors[i])
		}
	}
	return out, nil
}

// candidates merges the reader's feed with the posts of popular authors,
// newest first, each item once.
func (f feeds) candidates(ctx context.Context, reader string, popular []string, n int, after []string) (out []store.Entry, more bool, err error) {
	out, err = f.Newest(ctx, f.feedKey(reader), n, after)
	if err != nil {
		return nil, false, err
	}
	more = len(out) == n
	for _, author := range popular {
		posts, err := f.newestPosts(ctx, author, n, after)
		if err != nil {
			return nil, false, err
		}
		more = more || len(posts) == n
		out = append(out, posts...)
	}
	slices.SortFunc(out, func(a, b store.Entry) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID))
	})
	out = slices.Compact(out)
	if len(out) > n {
		out, more = out[:n], true
	}
	return out, more, nil
}

// newestPosts is what of an author's posts comes after a position in a feed.
func (f feeds) newestPosts(ctx context.Context, author string, n int, after []string) ([]store.Entry, error) {
	if len(after) == 2 {
		switch who, workout := splitMember(after[1]); {
		case author == who:
			after = []string{after[0], workout}
		case author > who: // all of this author's at that moment came before
			after = []string{after[0], ""}
		default:
			after = []string{after[0], "\xff"}
		}
	}
	posts, err := f.Newest(ctx, f.Key(author, "posts", author), n, after)
	for i := range posts {
		posts[i].ID = member(author, posts[i].ID)
	}
	return posts, err
}

// visible loads what the reader may see of entries; the rest is nil.
func (f feeds) visible(ctx context.Context, reader string, entries []store.Entry) ([]*api.FeedItem, error) {
	out := make([]*api.FeedItem, len(entries))
	if len(entries) == 0 {
		return out, nil
	}
	items, names := make([]store.Place, len(entries)), make([]store.Place, len(entries))
	authors := make([]any, len(entries))
	for i, e := range entries {
		author, workout := splitMember(e.ID)
		items[i], names[i] = store.Place{Owner: author, Key: f.Key(author, "item", workout)}, store.Place{Owner: author, Key: f.Key(author, "name", author)}
		authors[i] = author
	}
	loaded, err := store.GetManySealed[Item](ctx, f.Store, items)
	if err != nil {
		return nil, err
	}
	named, err := store.GetManySealed[name](ctx, f.Store, names)
	if err != nil {
		return nil, err
	}
	follows, blocked, err := f.standing(ctx, reader, authors)
	if err != nil {
		return nil, err
	}
	for i, item := range loaded {
		if item == nil || !item.VisibleTo(reader, follows[i]) {
			continue
		}
		viewer := item.viewer(reader, follows[i], blocked[i])
		if !viewer.Sees(item.Workout) {
			continue
		}
		called := ""
		if named[i] != nil {
			called = named[i].Name
		}
		answer := item.answer(called, viewer)
		out[i] = &answer
	}
	return out, nil
}

// standing is which of the authors the reader follows, and which of them block
// the reader or are blocked.
func (f feeds) standing(ctx context.Context, reader string, authors []any) (follows, blocked []bool, err error) {
	var following, blocks *redis.BoolSliceCmd
	blockedBy := make([]*redis.BoolCmd, len(authors))
	_, err = f.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		following = p.SMIsMember(ctx, f.Key(reader, "following", reader), authors...)
		blocks = p.SMIsMember(ctx, f.Key(reader, "blocks", reader), authors...)
		for i, a := range authors {
			author := fmt.Sprint(a)
			blockedBy[i] = p.SIsMember(ctx, f.Key(author, "blocks", author), reader)
		}
		return nil
	})
	if err != nil {
		return nil, nil, store.Wrap(err)
	}
	blocked = blocks.Val()
	for i, b := range blockedBy {
		blocked[i] = blocked[i] || b.Val()
	}
	return following.Val(), blocked, nil
}
