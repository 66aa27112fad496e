package function

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// startPatience is how long a new instance may lack what it needs; tests have
// less. One that has had it once goes on without it, and answers 503 meanwhile.
var startPatience = struct{ total, attempt, pause time.Duration }{total: 30 * time.Second, attempt: 2 * time.Second, pause: time.Second}

// watchStart asks for what f needs until all of it was there once. What is
// missing is logged as soon as it is seen, and given to giveUp when it stays
// away: who deploys sees it in the condition of the revision, while an instance
// that only waits would say nothing.
func watchStart(ctx context.Context, f *Function, log *slog.Logger, giveUp context.CancelCauseFunc) {
	end := time.After(startPatience.total)
	for attempt := 1; ; attempt++ {
		err := f.missing(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if attempt == 1 {
			log.ErrorContext(ctx, "not ready", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-end:
			giveUp(fmt.Errorf("not ready for %s: %w", startPatience.total, err))
			return
		case <-time.After(startPatience.pause):
		}
	}
}

// missing is what the function needs and cannot reach now.
func (f *Function) missing(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience.attempt)
	defer cancel()
	for _, check := range []func(context.Context) error{f.Ready, f.Check} {
		if check == nil {
			continue
		}
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}
