package notify

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
)

// Access is what this function may do in Redis.
var Access = store.Declare(store.Access{
	Function: "notify",
	Commands: []string{
		"expire", "sadd", "scard", "smembers", "srem",
		"zcard", "zmscore", "zremrangebyrank",
	},
})

const (
	keepNotes = 500
	noteTTL   = 180 * 24 * time.Hour
)

// notes is the state of this function.
type notes struct{ *store.Store }

// person is what others' notifications say of somebody.
type person struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Locale  string `json:"locale"`
}

func (n notes) person(ctx context.Context, id string) (person, error) {
	p := person{Locale: "en"}
	_, err := n.GetSealed(ctx, id, n.Key(id, "person", id), &p)
	return p, err
}

// named is person, for a sentence that needs the name: until the profile comes,
// the event has to come again.
func (n notes) named(ctx context.Context, id string) (person, error) {
	p, err := n.person(ctx, id)
	if err == nil && p.Name == "" {
		err = fault.Conflict("person_unknown", "the profile of the person has not come yet")
	}
	return p, err
}

func (n notes) savePerson(ctx context.Context, e events.ProfileUpdated) error {
	return n.UpdateOnce(ctx, e.UserID, func(t *store.Tx) error {
		var p person
		key := t.Key("person", e.UserID)
		if _, err := t.GetSealed(e.UserID, key, &p); err != nil || p.Version >= e.Version {
			return err
		}
		return t.SetSealed(e.UserID, key, person{e.Version, e.DisplayName, e.Locale}, 0)
	})
}

// tell keeps a matter and asks for its mail, once, by the person's choice.
func (n notes) tell(ctx context.Context, m Matter) error {
	err := n.UpdateOnce(ctx, m.To, func(t *store.Tx) error {
		var told bool
		key := t.Key("told", m.To, m.told())
		if _, err := t.Get(key, &told); err != nil || told {
			return err
		}
		var choice Choice
		if _, err := t.Get(t.Key("choice", m.To), &choice); err != nil {
			return err
		}
		var to person
		if _, err := t.GetSealed(m.To, t.Key("person", m.To), &to); err != nil {
			return err
		}
		channels := choice.Channels(m.Kind)
		if channels.InApp {
			if err := n.keep(ctx, t, m); err != nil {
				return err
			}
		}
		if channels.Mail {
			if err := t.Emit(m.mail(to.Locale)); err != nil {
				return err
			}
		}
		t.Own(m.To, key, noteTTL)
		return t.Set(key, true, noteTTL)
	})
	if errors.Is(err, seal.ErrNoKey) { // the person was erased; others are still to be told
		return nil
	}
	return err
}

func (n notes) keep(ctx context.Context, t *store.Tx, m Matter) error {
	note := m.note()
	z := redis.Z{Score: store.Score(m.At), Member: note.ID}
	t.Write(func(p redis.Pipeliner) {
		for _, list := range []string{t.Key("notes", m.To), t.Key("unread", m.To)} {
			p.ZAdd(ctx, list, z)
			p.ZRemRangeByRank(ctx, list, 0, -keepNotes-1)
			p.Expire(ctx, list, noteTTL)
		}
	})
	if err := t.SetSealed(m.To, t.Key("note", m.To, note.ID), note, noteTTL); err != nil {
		return err
	}
	return t.Emit(events.NotificationCreated{NotificationID: note.ID, UserID: m.To, Kind: string(m.Kind), At: m.At})
}

// read marks notes as read: all that there are when ids is empty.
func (n notes) read(ctx context.Context, user string, ids []string) error {
	return n.Update(ctx, user, func(t *store.Tx) error {
		unread := t.Key("unread", user)
		if len(ids) == 0 {
			t.Del(unread)
			return nil
		}
		members := make([]any, len(ids))
		for i, id := range ids {
			members[i] = id
		}
		t.Write(func(p redis.Pipeliner) { p.ZRem(ctx, unread, members...) })
		return nil
	})
}

// seen is the newest that is known of a workout: whether followers may be told.
type seen struct {
	Version    int64             `json:"version"`
	Visibility events.Visibility `json:"visibility"`
	Deleted    bool              `json:"deleted,omitempty"`
}

// see keeps what is newest of a workout, and returns it.
func (n notes) see(ctx context.Context, owner, workout string, now seen) (newest seen, err error) {
	err = n.Update(ctx, owner, func(t *store.Tx) error {
		key := t.Key("workout", workout)
		newest = seen{}
		if _, err := t.Get(key, &newest); err != nil || newest.Deleted || newest.Version > now.Version {
			return err
		}
		newest = now
		return t.Set(key, now, noteTTL)
	})
	return newest, err
}

// follow keeps the followers of a person, whom new workouts are told to.
func (n notes) follow(ctx context.Context, e events.Follow, follows bool) error {
	return n.Update(ctx, e.FolloweeID, func(t *store.Tx) error {
		fresh, err := t.Newer(e.FolloweeID, t.Key("versions", e.FolloweeID), e.FollowerID, e.Version)
		if err != nil || !fresh {
			return err
		}
		followers := t.Key("followers", e.FolloweeID)
		t.Write(func(p redis.Pipeliner) {
			if follows {
				p.SAdd(ctx, followers, e.FollowerID)
			} else {
				p.SRem(ctx, followers, e.FollowerID)
			}
		})
		return nil
	})
}

// followers is whom new workouts are told to; nobody when there are too many
// to tell one by one.
func (n notes) followers(ctx context.Context, user string, most int64) ([]string, error) {
	key := n.Key(user, "followers", user)
	count, err := n.Client().SCard(ctx, key).Result()
	if err != nil || count > most {
		return nil, store.Wrap(err)
	}
	ids, err := n.Client().SMembers(ctx, key).Result()
	return ids, store.Wrap(err)
}
