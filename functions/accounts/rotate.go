package accounts

import (
	"context"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/api"
	"paceline/shared/function"
	"paceline/shared/function/rest"
	"paceline/shared/function/seal"
	"paceline/shared/function/store"
)

const (
	// settling is how long registrations may be under way that wrapped their keys
	// with the master before it rotated.
	settling = time.Minute
	// rotateStep is how many people one request gives new keys.
	rotateStep = 200
)

// keyRotation is how far a rotation of people's keys has come; there is none
// when there is none. Every run goes on where another ended.
type keyRotation struct {
	Began     time.Time `json:"began"`
	Partition int       `json:"partition"` // the next to look at
	After     string    `json:"after"`     // the last person of it who has new keys
	People    int       `json:"people"`    // who have new keys
}

// wait is how long registrations are still to settle.
func (k keyRotation) wait(now time.Time) time.Duration { return settling - now.Sub(k.Began) }

// rotateKeys makes one step of a rotation: a new master; then new keys for some
// people, wrapped by it; at the end the old master goes.
func (f *accounts) rotateKeys(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var k keyRotation
	under, err := f.people.Get(ctx, f.people.Key(rotationID, rotationID), &k)
	if err != nil {
		return err
	}
	out := api.KeyRotation{}
	switch {
	case !under:
		if err := f.people.Keys().RotateMaster(ctx); err != nil {
			return err
		}
		k.Began = f.now()
		out.WaitS = int(settling.Seconds())
		err = f.people.saveRotation(ctx, &k, func(t *store.Tx) error {
			return f.audit(t, r, function.Deed{Action: "keys.rotate", Outcome: function.Asked})
		})
	case k.wait(f.now()) > 0:
		out.WaitS = int((k.wait(f.now()) + time.Second - 1) / time.Second)
	case k.Partition < store.Partitions:
		if err = f.people.rotateSome(ctx, &k); err == nil {
			err = f.people.saveRotation(ctx, &k, nil)
		}
	default:
		err = f.people.endRotation(ctx, func(t *store.Tx) error {
			return f.audit(t, r, function.Deed{Action: "keys.rotate", Outcome: function.Done})
		})
		out.Done = err == nil
	}
	if err != nil {
		return err
	}
	out.People = k.People
	return rest.JSON(w, http.StatusOK, out)
}

// rotationID names the partition that holds the state of a rotation.
const rotationID = "rotation"

// saveRotation keeps how far a rotation has come; tell may be nil.
func (p people) saveRotation(ctx context.Context, k *keyRotation, tell func(*store.Tx) error) error {
	return p.Update(ctx, rotationID, func(t *store.Tx) error {
		if tell != nil {
			if err := tell(t); err != nil {
				return err
			}
		}
		return t.Set(t.Key(rotationID), k, 0)
	})
}

// rotateSome gives the next people new keys and moves k on.
func (p people) rotateSome(ctx context.Context, k *keyRotation) error {
	for left := rotateStep; k.Partition < store.Partitions && left > 0; {
		some, err := p.some(ctx, k.Partition, k.After, int64(left))
		if err != nil {
			return err
		}
		for _, user := range some {
			if err := p.rotateKey(ctx, user); err != nil {
				return err
			}
			k.After = user
			k.People++
		}
		if len(some) < left {
			k.Partition, k.After = k.Partition+1, ""
		}
		left -= len(some)
	}
	return nil
}

// some is the next people of a partition, by id.
func (p people) some(ctx context.Context, partition int, after string, n int64) ([]string, error) {
	by := &redis.ZRangeBy{Min: "-", Max: "+", Count: n}
	if after != "" {
		by.Min = "(" + after
	}
	users, err := p.Client().ZRangeByLex(ctx, p.KeyIn(partition, "people"), by).Result()
	return users, store.Wrap(err)
}

// rotateKey gives one person new keys; who has none is nobody any more.
func (p people) rotateKey(ctx context.Context, user string) error {
	return p.Update(ctx, user, func(t *store.Tx) error {
		found, err := t.RotateKey(user)
		if err == nil && !found {
			people := t.Key("people")
			t.Write(func(pipe redis.Pipeliner) { pipe.ZRem(ctx, people, user) })
		}
		return err
	})
}

// endRotation forgets the old master. Whoever has keys has them by the new one.
func (p people) endRotation(ctx context.Context, tell func(*store.Tx) error) error {
	if err := p.rotateKey(ctx, seal.Platform); err != nil {
		return err
	}
	if err := p.Keys().TrimMaster(ctx); err != nil {
		return err
	}
	return p.Update(ctx, rotationID, func(t *store.Tx) error {
		t.Del(t.Key(rotationID))
		return tell(t)
	})
}
