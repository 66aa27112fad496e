package social

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// Block is one person keeping another off. The zero Block is none.
type Block struct {
	Blocked bool      `json:"blocked"`
	Version int64     `json:"version"`
	At      time.Time `json:"at"`
}

// Become blocks or unblocks, and says whether that changed anything.
func (b *Block) Become(blocked bool, now time.Time) (changed bool) {
	if b.Blocked == blocked {
		return false
	}
	b.Blocked, b.At = blocked, now
	b.Version++
	return true
}

func (b Block) event(blocker, blocked string) events.Payload {
	of := events.Block{BlockerID: blocker, BlockedID: blocked, Version: b.Version, At: b.At}
	if b.Blocked {
		return events.Blocked{Block: of}
	}
	return events.Unblocked{Block: of}
}

func (f *social) block(w http.ResponseWriter, r *http.Request) error {
	ctx, me, id := r.Context(), identity.UserID(r), r.PathValue("id")
	if id == me {
		return fault.Invalid("cannot_block_yourself", "nobody can block themselves")
	}
	if err := f.people.knows(ctx, me, id); err != nil {
		return err
	}
	if err := f.people.setBlock(ctx, me, id, true); err != nil {
		return err
	}
	return rest.NoContent(w)
}

func (f *social) unblock(w http.ResponseWriter, r *http.Request) error {
	ctx, me, id := r.Context(), identity.UserID(r), r.PathValue("id")
	if err := f.people.knows(ctx, me, id); err != nil {
		return err
	}
	if err := f.people.setBlock(ctx, me, id, false); err != nil {
		return err
	}
	return rest.NoContent(w)
}

func (f *social) blocks(w http.ResponseWriter, r *http.Request) error {
	found, next, err := f.page(r, "blocks", identity.UserID(r))
	if err != nil {
		return err
	}
	out := api.UserList{Items: make([]api.UserSummary, 0, len(found)), NextCursor: next}
	for _, p := range found {
		out.Items = append(out.Items, p.user)
	}
	return rest.JSON(w, http.StatusOK, out)
}

// knows is nil when there is such a person and they do not block the reader:
// for what somebody may do about a person whom they block themselves.
func (p people) knows(ctx context.Context, reader, id string) error {
	if _, err := p.profile(ctx, id); err != nil {
		return err
	}
	blocked, err := p.blocks(ctx, id, reader)
	if err == nil && blocked {
		err = errUser()
	}
	return err
}

// visible is the profile of a person for a reader: neither blocks the other.
func (p people) visible(ctx context.Context, reader, id string) (Profile, error) {
	found, err := p.profile(ctx, id)
	if err != nil {
		return found, err
	}
	apart, err := p.apart(ctx, reader, id)
	if err == nil && apart[0] {
		err = errUser()
	}
	return found, err
}

// apart says of each of others whether they or the reader block the other. It
// reads where blocks are written, so that a block holds at once.
func (p people) apart(ctx context.Context, reader string, others ...string) ([]bool, error) {
	out := make([]bool, len(others))
	if len(others) == 0 {
		return out, nil
	}
	var cmds []*redis.FloatCmd
	_, _ = p.Client().Pipelined(ctx, func(pipe redis.Pipeliner) error { // each command keeps its own error
		for _, other := range others {
			cmds = append(cmds, pipe.ZScore(ctx, p.Key(reader, "blocks", reader), other), pipe.ZScore(ctx, p.Key(other, "blocks", other), reader))
		}
		return nil
	})
	for i, cmd := range cmds {
		switch {
		case cmd.Err() == nil:
			out[i/2] = true
		case !errors.Is(cmd.Err(), redis.Nil):
			return nil, store.Wrap(cmd.Err())
		}
	}
	return out, nil
}

func (p people) blocks(ctx context.Context, blocker, other string) (bool, error) {
	err := p.Client().ZScore(ctx, p.Key(blocker, "blocks", blocker), other).Err()
	if errors.Is(err, redis.Nil) {
		return false, nil
	}
	return err == nil, store.Wrap(err)
}

// setBlock blocks or unblocks on the blocker's side, and ends the blocker's own
// follow in the same change; that of the blocked ends by the event.
func (p people) setBlock(ctx context.Context, blocker, blocked string, on bool) error {
	return p.Update(ctx, blocker, func(t *store.Tx) error {
		var b Block
		key := t.Key("block", blocker, blocked)
		if _, err := t.Get(key, &b); err != nil || !b.Become(on, t.Now()) {
			return err
		}
		list := t.Key("blocks", blocker)
		t.Write(func(pipe redis.Pipeliner) {
			if on {
				pipe.ZAdd(ctx, list, redis.Z{Score: store.Score(b.At), Member: blocked})
			} else {
				pipe.ZRem(ctx, list, blocked)
			}
		})
		t.Own(blocker, key, 0)
		if err := t.Set(key, b, 0); err != nil {
			return err
		}
		if on {
			if _, err := changeFollow(ctx, t, blocker, blocked, func(x *Relation) (bool, error) { return x.End(t.Now()), nil }); err != nil {
				return err
			}
		}
		return t.Emit(b.event(blocker, blocked))
	})
}

// part ends the follow that the blocked had of the blocker, and remembers who
// ever blocked them. A follow that is younger than what the event says came after
// the block had ended.
func (p people) part(ctx context.Context, e events.Block) error {
	return p.UpdateOnce(ctx, e.BlockedID, func(t *store.Tx) error {
		fresh, err := t.Newer(e.BlockedID, t.Key("blockversions", e.BlockedID), e.BlockerID, e.Version)
		if err != nil || !fresh {
			return err
		}
		_, err = changeFollow(ctx, t, e.BlockedID, e.BlockerID, func(x *Relation) (bool, error) {
			return x.EndOlder(e.At, t.Now()), nil
		})
		return err
	})
}
