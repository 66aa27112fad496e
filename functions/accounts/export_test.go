package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function"
)

// OpenCounted opens the function with hashes that cost nothing, and counts them.
func OpenCounted(hashes *atomic.Int64) function.Opener { return OpenTraced(hashes, new(Trips)) }

// Trips are the trips to the store that requests take, by what each is for: to
// read, or to write.
type Trips struct {
	mu  sync.Mutex
	all []string
}

// Taken is what was taken since the last call.
func (t *Trips) Taken() (taken []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken, t.all = t.all, nil
	return taken
}

// add notes a trip, but for those of signals, which are made besides, and of
// new connections.
func (t *Trips) add(ctx context.Context, name string) {
	if strings.HasPrefix(events.CauseFrom(ctx).ID, "signal ") || slices.Contains([]string{"hello", "select", "client"}, name) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	what := "write"
	if name == "get" || name == "watch" {
		what = "read"
	}
	t.all = append(t.all, what)
}

// DialHook is of no interest.
func (t *Trips) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook notes one command.
func (t *Trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		t.add(ctx, cmd.Name())
		return next(ctx, cmd)
	}
}

// ProcessPipelineHook notes commands that go together.
func (t *Trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		t.add(ctx, cmds[0].Name())
		return next(ctx, cmds)
	}
}

// OpenTraced is OpenCounted, and notes the trips to the store.
func OpenTraced(hashes *atomic.Int64, trips *Trips) function.Opener {
	return func(_ context.Context, e function.Env) (*function.Function, error) {
		f, base, err := open(e)
		if err != nil {
			return nil, err
		}
		base.Store.Client().AddHook(trips)
		f.hasher.derive = func(password, salt []byte, _, _ uint32, _ uint8, _ uint32) []byte {
			hashes.Add(1)
			h := hmac.New(sha256.New, salt)
			h.Write(password)
			return h.Sum(nil)
		}
		return base.Function(f.routes(base)), nil
	}
}
