package accounts

import "context"

// signal tells whoever watches what happened at a sign-in, in the words of
// OWASP's logging vocabulary.
func (f *accounts) signal(ctx context.Context, event, user string) {
	f.log.InfoContext(ctx, "security signal", "event", event, "user", user)
}
