package store

import (
	"context"
	"slices"

	"github.com/redis/go-redis/v9"
)

// refusals tells of each trip on which the server refused the user something.
type refusals struct {
	tell func(ctx context.Context, command string)
}

// hook puts h where every command of the client passes: on a cluster that is
// at its nodes, since a transaction speaks to one.
func hook(client redis.UniversalClient, h redis.Hook) {
	if c, ok := client.(*redis.ClusterClient); ok {
		c.OnNewNode(func(node *redis.Client) { node.AddHook(h) })
		return
	}
	client.AddHook(h)
}

// DialHook changes nothing.
func (r refusals) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook looks at single commands.
func (r refusals) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		if redis.HasErrorPrefix(err, "NOPERM") { // it is not in the command yet
			r.tell(ctx, cmd.FullName())
		}
		return err
	}
}

// ProcessPipelineHook looks at pipelines and transactions.
func (r refusals) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		err := next(ctx, cmds)
		refused := func(c redis.Cmder) bool { return redis.HasErrorPrefix(c.Err(), "NOPERM") }
		if i := slices.IndexFunc(cmds, refused); i >= 0 {
			r.tell(ctx, cmds[i].FullName())
		}
		return err
	}
}
