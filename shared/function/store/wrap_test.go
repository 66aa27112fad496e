package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/fault"
	"paceline/shared/function/redistest"
	"paceline/shared/function/store"
)

// answer is an error that the server sends.
type answer string

func (a answer) Error() string { return string(a) }
func (answer) RedisError()     {}

func TestWrapSaysWhetherTryingAgainHelps(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err    error
		status int
	}{
		"refused connection":      {&net.OpError{Op: "dial", Err: errors.New("refused")}, 503},
		"connection ends":         {io.EOF, 503},
		"deadline":                {context.DeadlineExceeded, 503},
		"caller gone":             {context.Canceled, 503},
		"no free connection":      {redis.ErrPoolTimeout, 503},
		"client closed":           {redis.ErrClosed, 503},
		"server loads":            {answer("LOADING Redis is loading the dataset in memory"), 503},
		"slots move":              {answer("TRYAGAIN Multiple keys request during rehashing of slot"), 503},
		"slot has moved":          {answer("MOVED 1 127.0.0.1:1"), 503},
		"cluster is down":         {answer("CLUSTERDOWN Hash slot not served"), 503},
		"a replica":               {answer("READONLY You can't write against a read only replica."), 503},
		"memory is full":          {answer("OOM command not allowed when used memory > 'maxmemory'."), 503},
		"disk is full":            {answer("MISCONF Errors writing to the AOF file: No space left on device"), 503},
		"wrong type":              {answer("WRONGTYPE Operation against a key holding the wrong kind of value"), 500},
		"not our key":             {answer("NOPERM No permissions to access a key"), 500},
		"keys of different slots": {answer("CROSSSLOT Keys in request don't hash to the same slot"), 500},
	}
	for name, c := range cases {
		for _, err := range []error{store.Wrap(c.err), store.Wrap(fmt.Errorf("inside: %w", c.err))} {
			if got := fault.Of(err).Status; got != c.status {
				t.Errorf("%s: %d, want %d (%v)", name, got, c.status, err)
			}
			if !errors.Is(err, c.err) {
				t.Errorf("%s: the cause is lost", name)
			}
		}
	}
	if store.Wrap(nil) != nil || store.Wrap(redis.Nil) != redis.Nil {
		t.Error("nil and redis.Nil must stay as they are")
	}
}

func TestAServerThatIsGoneIsUnavailable(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"redis", "redis-cluster"} {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			gone := l.Addr().String()
			_ = l.Close()
			s := open(t, scheme+"://"+gone+"?max_retries=-1", nil)
			ctx := cause(t.Context(), "c")
			nothing := func(*store.Tx) error { return nil }
			write := func(tx *store.Tx) error { return tx.Set(tx.Key("n"), 1, 0) }
			read := func(tx *store.Tx) error { return add(tx, "ann", 1) }
			_, sweep := s.Sweep(ctx)
			_, get := s.Get(ctx, s.Key("ann", "n"), new(int))
			_, many := store.GetMany[int](ctx, s, []string{s.Key("ann", "n")})
			_, newest := s.Newest(ctx, s.Key("ann", "l"), 1, nil)
			_, begin := s.Begin(ctx, "ann", "key", "request")
			for name, err := range map[string]error{
				"ping": s.Ping(ctx), "blind update": s.Update(ctx, "ann", write), "update": s.Update(ctx, "ann", read),
				"once": s.UpdateOnce(ctx, "ann", nothing), "sweep": sweep, "get": get, "get many": many, "newest": newest, "begin": begin,
			} {
				if !unavailable(err) || fault.Of(err).RetryAfter <= 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func TestAServerThatHangsDoesNotOutlastTheCaller(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() }) // accepts in the kernel and never answers
	s := open(t, "redis://"+l.Addr().String(), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := s.Ping(ctx); !unavailable(err) || time.Since(began) > 2*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

func TestWrongTypesAreOurFault(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, f *fixture) {
		if err := f.Client().SAdd(t.Context(), f.Key("ann", "n", "ann"), "x").Err(); err != nil {
			t.Fatal(err)
		}
		_, get := f.Get(t.Context(), f.Key("ann", "n", "ann"), new(int))
		_, many := store.GetMany[int](t.Context(), f.Store, []string{f.Key("ann", "n", "ann")})
		inside := f.Update(t.Context(), "ann", func(tx *store.Tx) error { return add(tx, "ann", 1) })
		raw := f.Update(t.Context(), "ann", func(tx *store.Tx) error {
			r, err := tx.Read(tx.Key("n", "ann"))
			if err != nil {
				return err
			}
			return r.Get(t.Context(), tx.Key("n", "ann")).Err()
		})
		for name, err := range map[string]error{"get": get, "get many": many, "in a change": inside, "raw in a change": raw} {
			if err == nil || fault.Of(err).Status != 500 {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAFullServerIsUnavailable(t *testing.T) {
	t.Parallel()
	s := open(t, redistest.ServerURL(t, "--maxmemory", "1"), nil)
	err := s.Update(t.Context(), "ann", func(tx *store.Tx) error { return tx.Set(tx.Key("n", "ann"), 1, 0) })
	if !unavailable(err) {
		t.Errorf("error %v", err)
	}
}

func TestDialRefusesBadAddresses(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "localhost:6379", "http://localhost", "redis-cluster://", "redis://localhost/x", "postgres-cluster://x:1"} {
		if c, err := store.Dial(url, store.TLS{}); err == nil {
			_ = c.Close()
			t.Errorf("%q gives a client", url)
		}
	}
}
