package function

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"paceline/events"
	"paceline/shared/function/identity"
	"paceline/shared/function/security"
	"paceline/shared/function/store"
)

const (
	// signalWindow is in which like signals are sent as one.
	signalWindow = time.Second
	// maxSignals bounds how many kinds of signals wait at once: what comes then is
	// logged and no more, since whoever floods with a new kind each time is known
	// by the first thousand.
	maxSignals = 1024
	// signalPatience is how long the last signals may take when a process ends.
	signalPatience = 3 * time.Second
)

// ClientAddress is the header in which the gateway says where a call came from.
const ClientAddress = "X-Client-Address"

// signalling sends what is worth a look to the watch, besides the requests that it
// is about: like ones of a second together, the first at once.
//
// A signal is in the outbox a moment after the answer. What had not got there
// when the process is killed is lost; what is there is sent as every event is.
type signalling struct {
	b *Base

	mu      sync.Mutex
	waiting map[events.SecuritySignal]*tally // by what is alike in them
	closed  bool
	sending sync.WaitGroup
}

// tally is how many like signals came since the last that was sent.
type tally struct {
	last  events.SecuritySignal
	count int
}

// add takes a signal; it neither fails nor waits.
func (s *signalling) add(sig events.SecuritySignal) {
	sig.Function, sig.At = s.b.Name, s.b.Now().UTC()
	s.log(sig)
	if s.b.Store == nil {
		return
	}
	like := sig
	like.SignalID, like.RequestID, like.Count, like.At = "", "", 0, time.Time{}
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.waiting[like]; t != nil {
		t.last, t.count = sig, t.count+1
		return
	}
	if s.closed || len(s.waiting) >= maxSignals {
		return
	}
	if s.waiting == nil {
		s.waiting = map[events.SecuritySignal]*tally{}
	}
	s.waiting[like] = &tally{}
	s.sending.Add(1)
	go s.send(like, sig)
}

func (s *signalling) log(sig events.SecuritySignal) {
	s.b.Log.Warn("security", "signal", sig.Name, "level", sig.Level, "code", sig.Code, "route", sig.Route, "request_id", sig.RequestID)
}

// Signal tells the watch of what no request is about, in the transaction of who
// found it. sig has what is known of it.
func (b *Base) Signal(t *store.Tx, is security.Signal, sig events.SecuritySignal) error {
	sig.SignalID, sig.Name, sig.Level, sig.Function, sig.Count, sig.At = rand.Text(), is.Name, is.Level, b.Name, 1, b.Now().UTC()
	b.signals.log(sig)
	return t.Emit(sig)
}

// send sends the first of like signals, and then, second by second, how many
// came meanwhile, until none does.
func (s *signalling) send(like, first events.SecuritySignal) {
	defer s.sending.Done()
	s.emit(first)
	for {
		end := s.pause()
		s.mu.Lock()
		t := s.waiting[like]
		if t.count == 0 {
			delete(s.waiting, like)
			s.mu.Unlock()
			return
		}
		next := t.last
		next.Count, t.count = t.count, 0
		s.mu.Unlock()
		s.emit(next)
		if end {
			return
		}
	}
}

// pause waits for a window, or until the process ends, and says which.
func (s *signalling) pause() (end bool) {
	for waited := time.Duration(0); waited < signalWindow; waited += signalWindow / 20 {
		s.mu.Lock()
		end = s.closed
		s.mu.Unlock()
		if end {
			return true
		}
		time.Sleep(signalWindow / 20)
	}
	return false
}

// emitting marks the context in which a signal is emitted: what is refused there
// is no signal of its own, or there would be no end.
type emitting struct{}

// emit puts a signal into the outbox of who it is about, or sends it without one
// when the store does not take it.
func (s *signalling) emit(sig events.SecuritySignal) {
	sig.SignalID = rand.Text()
	ctx := context.WithValue(events.WithCause(context.Background(), events.Cause{ID: "signal " + sig.SignalID}), emitting{}, true)
	kept, cancel := context.WithTimeout(ctx, signalPatience)
	defer cancel()
	err := s.b.Store.Update(kept, sig.Address, func(t *store.Tx) error { return t.Emit(sig) })
	if err == nil {
		return
	}
	sent, cancel := context.WithTimeout(ctx, signalPatience)
	defer cancel()
	if err2 := s.b.Store.Send(sent, sig); err2 != nil {
		s.b.Log.Error("security signal lost", "signal", sig.Name, "error", errors.Join(err, err2))
	}
}

// refused takes what Redis refuses this function. The code asks for what it
// declared, which a test holds it to: so somebody else has its credentials, or it
// has those of another.
func (s *signalling) refused(ctx context.Context, command string) {
	if ctx.Value(emitting{}) != nil {
		return
	}
	is := security.StoreRefused
	s.add(events.SecuritySignal{Name: is.Name, Level: is.Level, TargetID: command, Count: 1})
}

// close sends what waits, and takes no more.
func (s *signalling) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.sending.Wait()
}

// Watched tells the watch of what is worth a look in what next answers. address
// says where a request comes from.
func (b *Base) Watched(address func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, note := security.Begin(r, address(r))
		r = r.WithContext(ctx)
		next.ServeHTTP(w, r)
		security.Routed(r)
		for _, s := range note.Signals() {
			b.signals.add(s)
		}
	})
}

// Tell tells the watch of r in the transaction of what r does: of what no answer
// says, and where telling of it besides would take another time than not to.
func Tell(t *store.Tx, function string, r *http.Request, s security.Signal, target string) error {
	id := r.Header.Get("X-Request-Id")
	return t.Emit(events.SecuritySignal{
		SignalID: id + "." + s.Name, Name: s.Name, Level: s.Level, Function: function, TargetID: target,
		Address: r.Header.Get(ClientAddress), RequestID: id, Count: 1, At: t.Now().UTC(),
	})
}

// peer is where a connection comes from.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// noted tells the note of a request who calls, by a caller whose word is good.
func noted(r *http.Request, caller identity.Caller) {
	security.Known(r.Context(), caller.UserID, r.Header.Get(ClientAddress))
}
