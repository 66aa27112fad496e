package gateway

import (
	"context"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/store"
)

const (
	// maxTaken is how many requests are counted in one trip to the store, when
	// somebody makes many.
	maxTaken = 8
	// spendFor is how long what was counted ahead may be used. What is left then
	// is lost to who it was for, so nobody gets more than their limit.
	spendFor = time.Second
	// maxPurses bounds what a limiter remembers; it is emptied when full.
	maxPurses = 50_000
)

// take counts requests by GCRA: the key holds the time at which nothing of the
// burst is used any more, in milliseconds. It takes as many as it can of those
// that are wanted, and answers how many, how many more there are, and how long
// it is until all are there again. Whoever is blocked gets nothing: then it is -1,
// and how long the block holds.
var take = redis.NewScript(`
local block = redis.call('PTTL', KEYS[2])
if block > 0 then return {-1, 0, block} end
local now, interval, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local room = math.floor(burst - (full - now) / interval + 0.000001)
local taken = math.max(math.min(room, wanted), 0)
if taken > 0 then
  full = full + taken * interval
  redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
end
return {taken, math.max(room - taken, 0), math.ceil(full - now)}`)

// limiter counts who asks how often, in the store, for all instances together.
type limiter struct {
	s *store.Store

	mu     sync.Mutex
	purses map[string]purse
}

// purse is what was counted ahead for one key.
type purse struct {
	left  int       // that may be used here
	more  int       // that are in the store
	whole time.Time // when all are there again
	until time.Time // when what is left here is lost
	taken int       // by the last trip
}

func newLimiter(s *store.Store) *limiter { return &limiter{s: s, purses: map[string]purse{}} }

// verdict is what somebody may.
type verdict struct {
	ok      bool
	blocked bool
	left    int
	whole   time.Duration // until all are there again
	retry   time.Duration // until the next one, when not ok
}

// allow counts one request of who under l.
func (l *limiter) allow(ctx context.Context, p limit, who string) (verdict, error) {
	key := l.s.Key(who, "limit", p.class, who)
	now := l.s.Now()
	l.mu.Lock()
	have := l.purses[key]
	if have.left > 0 && now.Before(have.until) {
		have.left--
		l.purses[key] = have
		l.mu.Unlock()
		return verdict{ok: true, left: have.left + have.more, whole: have.whole.Sub(now)}, nil
	}
	l.mu.Unlock()
	wanted := 1
	if now.Before(have.until) { // used up within a second: there will be more
		wanted = min(2*have.taken, maxTaken)
	}
	got, err := take.Run(ctx, l.s.Client(), []string{key, l.s.Key(who, blockKey(who)...)}, now.UnixMilli(), float64(p.interval)/float64(time.Millisecond), p.burst, wanted).Int64Slice()
	if err != nil {
		return verdict{}, store.Wrap(err)
	}
	taken, more, whole := int(got[0]), int(got[1]), time.Duration(got[2])*time.Millisecond
	if taken < 0 {
		return verdict{blocked: true, retry: whole}, nil
	}
	if taken == 0 {
		return verdict{whole: whole, retry: max(whole-p.window()+p.interval, 0)}, nil
	}
	l.keep(key, purse{left: taken - 1, more: more, whole: now.Add(whole), until: now.Add(spendFor), taken: taken})
	return verdict{ok: true, left: taken - 1 + more, whole: whole}, nil
}

func (l *limiter) keep(key string, p purse) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.purses) >= maxPurses {
		clear(l.purses)
	}
	p.left += l.purses[key].remainder(p.until.Add(-spendFor))
	l.purses[key] = p
}

// remainder is what another trip at the same time brought.
func (p purse) remainder(now time.Time) int {
	if now.Before(p.until) {
		return p.left
	}
	return 0
}
