package security

import (
	"context"
	"net/http"
	"sync"

	"paceline/events"
)

// maxTarget bounds what a caller may have written of the name of a thing.
const maxTarget = 120

// answer is what a request ended with, as far as it says whether to look.
type answer struct {
	path, route, code string
	reason            string // what the caller is not told
	status            int
}

// Note is what is known of one request. It is safe for concurrent use.
type Note struct {
	mu                         sync.Mutex
	answer                     answer
	actor, target, address, id string
	reported                   []Signal
}

type noteKey struct{}

// Begin returns a context that carries a new note of r, which comes from address.
func Begin(r *http.Request, address string) (context.Context, *Note) {
	n := &Note{address: address, answer: answer{path: r.URL.Path}}
	return context.WithValue(r.Context(), noteKey{}, n), n
}

// change changes the note that ctx carries, when it does.
func change(ctx context.Context, do func(*Note)) {
	if n, ok := ctx.Value(noteKey{}).(*Note); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		do(n)
	}
}

// Known notes who calls, and from where when the caller's word for it is good.
func Known(ctx context.Context, actor, address string) {
	change(ctx, func(n *Note) {
		n.actor = actor
		if address != "" {
			n.address = address
		}
	})
}

// Routed notes which route r took and what it is about by its path; a pattern
// for everything that is left is none.
func Routed(r *http.Request) {
	change(r.Context(), func(n *Note) {
		n.id = r.Header.Get("X-Request-Id") // the gateway's own by now, whatever a client sent
		if r.Pattern != "" && r.Pattern != "/" {
			n.answer.route = r.Method + " " + pathOf(r.Pattern)
		}
		if id := r.PathValue("id"); id != "" && n.target == "" {
			n.target = clip(id)
		}
	})
}

// pathOf is a pattern without its method.
func pathOf(pattern string) string {
	for i := range pattern {
		if pattern[i] == ' ' {
			return pattern[i+1:]
		}
	}
	return pattern
}

// Answered notes the fault that was answered.
func Answered(ctx context.Context, status int, code string) {
	change(ctx, func(n *Note) { n.answer.status, n.answer.code = status, code })
}

// Because notes why an answer is what it is, where its code leaves that open to
// whoever guesses.
func Because(ctx context.Context, reason string) {
	change(ctx, func(n *Note) { n.answer.reason = reason })
}

// About notes whom or what the request is about, where its path does not say:
// an id, or a keyed hash, never what somebody is known by outside.
// The last that is not empty counts.
func About(ctx context.Context, target string) {
	if target != "" {
		change(ctx, func(n *Note) { n.target = clip(target) })
	}
}

// Report notes something of a person that no answer tells. It counts in place
// of what the answer would be.
func Report(ctx context.Context, s Signal, person string) {
	change(ctx, func(n *Note) { n.reported, n.actor, n.target = append(n.reported, s), person, person })
}

// Signals is what the request was worth.
func (n *Note) Signals() []events.SecuritySignal {
	n.mu.Lock()
	defer n.mu.Unlock()
	found := n.reported
	if s, ok := signalOf(n.answer); ok && len(found) == 0 {
		found = []Signal{s}
	}
	var out []events.SecuritySignal
	for _, s := range found {
		target := n.target
		if s.aboutPath() {
			target = clip(n.answer.path)
		}
		out = append(out, events.SecuritySignal{
			Name: s.Name, Level: s.Level, Code: n.answer.code, Reason: n.answer.reason, ActorID: n.actor, TargetID: target, Address: n.address,
			Route: n.answer.route, RequestID: n.id, Count: 1,
		})
	}
	return out
}

func clip(s string) string { return s[:min(len(s), maxTarget)] }
