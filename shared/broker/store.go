package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Names in the store.
const (
	eventStream = "EVENTS"      // an event stays until each interested route is done with it
	deadStream  = "DEADLETTERS" // a dead letter stays until its sink took it
	deadSubject = "dl"
	deadDurable = "deadletters"
)

// ackWait is how long the store waits for a sign of life of a delivery before
// it hands the event out again. It bounds the delay after a crash.
const ackWait = 5 * time.Second

// store is a JetStream server inside this process, without a port, that syncs
// every write before it acknowledges it.
type store struct {
	lock   *os.File
	server *server.Server
	conn   *nats.Conn
	js     jetstream.JetStream
	events jetstream.Stream
	dead   jetstream.Stream
}

// openStore takes c.Dir and opens what lies there.
func openStore(ctx context.Context, c Config) (_ *store, err error) {
	s := &store{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	if s.lock, err = lockDir(c.Dir); err != nil {
		return nil, err
	}
	if err := s.startServer(c); err != nil {
		return nil, err
	}
	return s, s.openStreams(ctx, c)
}

// lockDir keeps a second process out of dir. The lock ends with the process.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("broker: another process uses %s: %w", dir, err), f.Close())
	}
	return f, nil
}

func (s *store) startServer(c Config) (err error) {
	s.server, err = server.NewServer(&server.Options{
		ServerName: "broker", DontListen: true, NoSigs: true, NoSystemAccount: true,
		JetStream: true, StoreDir: c.Dir, SyncAlways: true,
		JetStreamMaxMemory: 1 << 20, JetStreamMaxStore: 2*c.MaxStore + 1<<20,
		MaxPayload: int32(min(c.MaxEvent+4<<20, math.MaxInt32/2)), MaxPending: 64 << 20,
	})
	if err != nil {
		return fmt.Errorf("broker: store: %w", err)
	}
	s.server.SetLoggerV2(serverLog{c.Log}, false, false, false)
	s.server.Start()
	if !s.server.ReadyForConnections(30 * time.Second) {
		return fmt.Errorf("broker: the store in %s does not start", c.Dir)
	}
	if s.conn, err = nats.Connect("", nats.InProcessServer(s.server), nats.MaxReconnects(-1)); err != nil {
		return fmt.Errorf("broker: store: %w", err)
	}
	if s.js, err = jetstream.New(s.conn); err != nil {
		return fmt.Errorf("broker: store: %w", err)
	}
	return nil
}

func (s *store) openStreams(ctx context.Context, c Config) (err error) {
	s.events, err = s.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: eventStream, Subjects: []string{"ev.>"}, Retention: jetstream.InterestPolicy,
		MaxBytes: c.MaxStore, Discard: jetstream.DiscardNew, Duplicates: c.Dedupe,
	})
	if err != nil {
		return fmt.Errorf("broker: store of events: %w", err)
	}
	s.dead, err = s.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: deadStream, Subjects: []string{deadSubject}, Retention: jetstream.WorkQueuePolicy,
		MaxBytes: c.MaxStore, Discard: jetstream.DiscardNew, Duplicates: c.Dedupe,
	})
	if err != nil {
		return fmt.Errorf("broker: store of dead letters: %w", err)
	}
	return nil
}

// consumer opens the place of a route in the stream. A new one begins with
// what comes from now on, as a new Trigger does; an old one goes on.
func (s *store) consumer(ctx context.Context, stream jetstream.Stream, durable string, subjects []string) (jetstream.Consumer, error) {
	config := jetstream.ConsumerConfig{
		Durable: durable, FilterSubjects: subjects, AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: ackWait, MaxDeliver: -1, MaxAckPending: -1, DeliverPolicy: jetstream.DeliverNewPolicy,
	}
	if stream == s.dead { // a work queue gives everything to its one reader
		config.DeliverPolicy = jetstream.DeliverAllPolicy
	}
	consumer, err := stream.CreateOrUpdateConsumer(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("broker: place of %s in the store: %w", durable, err)
	}
	return consumer, nil
}

// forget removes the places of routes that are no longer declared, with what
// waited for them, as deleting a Trigger does.
func (s *store) forget(ctx context.Context, keep map[string]bool, log *slog.Logger) error {
	list := s.events.ListConsumers(ctx)
	var gone []*jetstream.ConsumerInfo
	for info := range list.Info() {
		if !keep[info.Name] {
			gone = append(gone, info)
		}
	}
	if err := list.Err(); err != nil {
		return fmt.Errorf("broker: places in the store: %w", err)
	}
	for _, info := range gone {
		log.Warn("trigger is no longer declared: what waited for it is dropped", "place", info.Name, "events", info.NumPending+uint64(info.NumAckPending))
		if err := s.events.DeleteConsumer(ctx, info.Name); err != nil {
			return fmt.Errorf("broker: place of %s in the store: %w", info.Name, err)
		}
	}
	return nil
}

// put stores a record; nil means that it is on disk. The same id again, within
// the time that ids are kept, changes nothing.
func (s *store) put(ctx context.Context, msg *nats.Msg, id string) error {
	_, err := s.js.PublishMsg(ctx, msg, jetstream.WithMsgID(id), jetstream.WithRetryAttempts(0))
	if err != nil {
		return fmt.Errorf("broker: store: %w", err)
	}
	return nil
}

// waiting counts what no route, or no sink, has taken yet.
func (s *store) waiting(ctx context.Context) (int, error) {
	n := 0
	for _, stream := range []jetstream.Stream{s.events, s.dead} {
		info, err := stream.Info(ctx)
		if err != nil {
			return 0, fmt.Errorf("broker: store: %w", err)
		}
		n += int(info.State.Msgs)
	}
	return n, nil
}

// close ends the server after its last write. The folder can be opened again.
func (s *store) close() {
	if s.conn != nil {
		_ = s.conn.FlushTimeout(2 * time.Second) // what is not flushed is delivered again
		s.conn.Close()
	}
	if s.server != nil {
		s.server.Shutdown()
		s.server.WaitForShutdown()
	}
	if s.lock != nil {
		_ = s.lock.Close()
	}
}

// serverLog passes on what an operator should know.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(string, ...any)        {}
func (l serverLog) Debugf(string, ...any)         {}
func (l serverLog) Tracef(string, ...any)         {}
func (l serverLog) Warnf(format string, v ...any) { l.log.Warn("store: " + fmt.Sprintf(format, v...)) }
func (l serverLog) Errorf(format string, v ...any) {
	l.log.Error("store: " + fmt.Sprintf(format, v...))
}
func (l serverLog) Fatalf(format string, v ...any) {
	l.log.Error("store: " + fmt.Sprintf(format, v...))
}
