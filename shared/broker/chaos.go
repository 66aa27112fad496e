package broker

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// job is one of the two deliveries of a message.
type job struct {
	msg    jetstream.Msg
	second bool
	rank   uint64
}

// shuffle orders both deliveries of each message by a hash of the seed and the
// event, whatever order the messages came in.
func shuffle(seed uint64, messages []jetstream.Msg) []job {
	var jobs []job
	for _, m := range messages {
		for _, second := range []bool{false, true} {
			jobs = append(jobs, job{msg: m, second: second, rank: rank(seed, m.Headers().Get(jetstream.MsgIDHeader), second)})
		}
	}
	slices.SortFunc(jobs, func(a, b job) int { return cmp.Compare(a.rank, b.rank) })
	return jobs
}

func rank(seed uint64, id string, second bool) uint64 {
	h := fnv.New64a()
	var b [9]byte
	binary.BigEndian.PutUint64(b[:], seed)
	if second {
		b[8] = 1
	}
	_, _ = h.Write(b[:]) // a hash takes everything
	_, _ = h.Write([]byte(id))
	// The last bytes of an FNV hash differ little; a multiplication spreads them.
	x := h.Sum64()
	x ^= x >> 32
	return x * 0x9e3779b97f4a7c15
}

// chaosPatience is how long a window waits for one more event.
const chaosPatience = 20 * time.Millisecond

// pullWindows takes messages in windows. The slots of a window are free when
// all of it is done.
func (q *queue) pullWindows(messages <-chan jetstream.Msg) (taken int) {
	for {
		first, ok := <-messages
		if !ok {
			return taken
		}
		window := []jetstream.Msg{first}
		for patience := time.After(chaosPatience); len(window) < q.chaos.Window; {
			select {
			case m, ok := <-messages:
				if !ok {
					return taken + q.beginWindow(window)
				}
				window = append(window, m)
				continue
			case <-patience:
			}
			break
		}
		taken += q.beginWindow(window)
	}
}

func (q *queue) beginWindow(window []jetstream.Msg) int {
	q.begin(func() {
		parallel := make(chan struct{}, chaosParallel)
		var wg sync.WaitGroup
		for _, j := range shuffle(q.chaos.Seed, window) {
			parallel <- struct{}{}
			wg.Go(func() {
				defer func() { <-parallel }()
				q.work(j.msg, j.second)
			})
		}
		wg.Wait()
		for range window {
			<-q.slots
		}
	})
	return len(window)
}

// chaosParallel is small, so that the order of a window is mostly kept.
const chaosParallel = 4
