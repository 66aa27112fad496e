package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/function/fault"
	"paceline/shared/function/seal"
)

// Partitions is how many hash tags the keys of a function spread over.
const Partitions = 1024

// MarkTTL is how long an event is known as done: longer than any retry of a
// broker and than the time in which operators replay dead letters.
const MarkTTL = 14 * 24 * time.Hour

// Publish hands one event to the broker. It is called after the commit.
type Publish func(ctx context.Context, e events.Envelope) error

// Config is what a Store needs. Function and Client are required.
type Config struct {
	Function string // the prefix of all keys
	Client   redis.UniversalClient
	Publish  Publish  // nil leaves events in the outbox
	KEK      seal.KEK // nil where nothing is sealed
	// Refused is told of commands that the server refuses the function's user;
	// nil where nobody is told.
	Refused func(ctx context.Context, command string)
	// Duplicate is told of events that UpdateOnce passes over; nil where nobody
	// is told.
	Duplicate func(ctx context.Context)
	Now       func() time.Time
	Log       *slog.Logger
}

// Store is the state of one function.
type Store struct {
	c     Config
	keys  *seal.Keys
	retry *retry
}

// New makes a Store; it does no I/O.
func New(c Config) *Store {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Refused != nil {
		hook(c.Client, refusals{c.Refused})
	}
	s := &Store{c: c, retry: &retry{ended: make(chan struct{})}}
	s.keys = seal.New(c.KEK, keySource{s}, c.Now)
	return s
}

// clientLog takes the log lines of the Redis client to where ours go, for who
// looks for them: what fails is an error that its caller logs anyway.
type clientLog struct{}

// Printf is how the client logs.
func (clientLog) Printf(ctx context.Context, format string, args ...any) {
	slog.DebugContext(ctx, "redis client", "message", fmt.Sprintf(format, args...))
}

func init() { redis.SetLogger(clientLog{}) }

// Function is whose state it is.
func (s *Store) Function() string { return s.c.Function }

// Client is for reads and for writes that need no transaction. Its keys come
// from Key.
func (s *Store) Client() redis.UniversalClient { return s.c.Client }

// Now is the store's clock.
func (s *Store) Now() time.Time { return s.c.Now() }

// Key is the key of parts in the partition of id.
func (s *Store) Key(id string, parts ...string) string {
	return s.key(partition(id), parts...)
}

// KeyIn is the key of parts in a partition, for work that goes through all of
// them.
func (s *Store) KeyIn(partition int, parts ...string) string { return s.key(partition, parts...) }

// PublishedKey is the key of parts in the partition of id, in the one place
// that every function reads and accounts alone writes: people's data keys, and
// from when on their tokens hold.
func (s *Store) PublishedKey(id string, parts ...string) string {
	return published(partition(id), parts...)
}

func published(p int, parts ...string) string {
	return fmt.Sprintf("%s{%04d}:%s", publishedPrefix, p, strings.Join(parts, ":"))
}

// LedgerKey is the key of parts in the partition of id, in the one place that
// can be added to and read, and never changed: by a function that declares that
// it appends.
func (s *Store) LedgerKey(id string, parts ...string) string {
	return fmt.Sprintf("%s{%04d}:%s", ledgerPrefix, partition(id), strings.Join(parts, ":"))
}

func (s *Store) key(p int, parts ...string) string {
	return fmt.Sprintf("%s:{%04d}:%s", s.c.Function, p, strings.Join(parts, ":"))
}

func partition(id string) int {
	return int(crc32.ChecksumIEEE([]byte(id)) % Partitions)
}

// Get reads the JSON value of a key into v and says whether it was there.
func (s *Store) Get(ctx context.Context, key string, v any) (bool, error) {
	b, err := s.c.Client.Get(ctx, key).Bytes()
	return decode(key, b, v, err)
}

// GetMany reads the JSON values of keys, in any partitions, in one trip; what
// is not there is nil.
func GetMany[T any](ctx context.Context, s *Store, keys []string) ([]*T, error) {
	out := make([]*T, len(keys))
	if len(keys) == 0 {
		return out, nil
	}
	cmds := make([]*redis.StringCmd, len(keys))
	_, err := s.c.Client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, k := range keys {
			cmds[i] = p.Get(ctx, k)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, Wrap(err)
	}
	for i, cmd := range cmds {
		b, err := cmd.Bytes()
		v := new(T)
		found, err := decode(keys[i], b, v, err)
		if err != nil {
			return nil, err
		}
		if found {
			out[i] = v
		}
	}
	return out, nil
}

func decode(key string, b []byte, v any, err error) (bool, error) {
	switch {
	case errors.Is(err, redis.Nil):
		return false, nil
	case err != nil:
		return false, Wrap(err)
	}
	if err := json.Unmarshal(b, v); err != nil {
		return false, fmt.Errorf("store: decode %s: %w", key, err)
	}
	return true, nil
}

// Wrap turns an error of the client into "unavailable" where trying again may
// help, so that an event is delivered again and a person is told when to retry.
// redis.Nil and nil stay as they are.
func Wrap(err error) error {
	if err == nil || errors.Is(err, redis.Nil) {
		return err
	}
	var network net.Error
	var answer redis.Error
	if errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &answer) || busy(answer) {
		return fault.Unavailable("store_unavailable", 2*time.Second, err)
	}
	return fmt.Errorf("store: %w", err)
}

// busy tells the server's answers that pass by themselves.
func busy(err redis.Error) bool {
	for _, prefix := range []string{"LOADING", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "BUSY", "OOM", "MOVED", "ASK", "NOREPLICAS", "MISCONF"} {
		if strings.HasPrefix(err.Error(), prefix) {
			return true
		}
	}
	return false
}

// Ping says whether the server answers.
func (s *Store) Ping(ctx context.Context) error { return Wrap(s.c.Client.Ping(ctx).Err()) }

// Close ends the connections.
func (s *Store) Close() error {
	s.retry.end()
	return s.c.Client.Close()
}
