package store_test

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"paceline/shared/function/sealtest"
	"paceline/shared/function/store"
)

// limited is a user who may do everything to keys of the function but delete
// them, at each node.
func limited(t *testing.T, address, function string) string {
	t.Helper()
	client, err := store.Dial(address, store.TLS{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	make := func(ctx context.Context, c *redis.Client) error {
		return c.Do(ctx, "acl", "setuser", function, "on", ">"+function, "~"+function+":*", "+@all", "-del").Err()
	}
	if c, ok := client.(*redis.ClusterClient); ok {
		err = c.ForEachShard(t.Context(), make)
	} else {
		err = make(t.Context(), client.(*redis.Client))
	}
	if err != nil {
		t.Fatal(err)
	}
	scheme, rest, _ := strings.Cut(address, "://")
	return scheme + "://" + url.UserPassword(function, function).String() + "@" + rest
}

// Whatever the server refuses is told, wherever in a change it was, once a trip.
func TestRefusalsAreTold(t *testing.T) {
	t.Parallel()
	for _, server := range servers {
		t.Run(server.name, func(t *testing.T) {
			t.Parallel()
			name := uniqueName(t)
			client, err := store.Dial(limited(t, server.url(t), name), store.TLS{})
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			s := store.New(store.Config{
				Function: name, Client: client, KEK: sealtest.KEK(t), Log: slog.New(slog.DiscardHandler),
				Refused: func(_ context.Context, command string) { told = append(told, command) },
			})
			defer s.Close()
			ctx := cause(t.Context(), "c")
			if err := s.Update(ctx, "ann", func(tx *store.Tx) error { return add(tx, "ann", 1) }); err != nil || len(told) != 0 {
				t.Fatalf("what is allowed: %v, told %v", err, told)
			}
			refused := map[string]func() error{
				"get": func() error { return s.Client().Get(ctx, "other:{0001}:x").Err() },
				"lrange": func() error {
					_, err := s.Client().Pipelined(ctx, func(p redis.Pipeliner) error { p.LRange(ctx, "other:{0001}:x", 0, 1); return nil })
					return err
				},
				"del": func() error {
					return s.Update(ctx, "ann", func(tx *store.Tx) error { tx.Del(tx.Key("n", "ann")); return nil })
				},
			}
			for command, do := range refused {
				told = nil
				if err := do(); err == nil || !slices.Equal(told, []string{command}) {
					t.Errorf("%s: %v, told %v", command, err, told)
				}
			}
		})
	}
}
