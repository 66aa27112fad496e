// Package store keeps a function's state in Redis: on a single node or on a
// Redis Cluster.
//
//	keys     <function>:{<partition>}:<parts…>; the partition is one of 1,024
//	         by the id of the person (or thing), and is the hash tag, so that
//	         what one Update touches lies in one slot by construction
//	update   optimistic: the change runs against what it read, and all its
//	         writes, its outgoing events and its "done" mark are one MULTI;
//	         it may run again after a lost race, so it must not touch
//	         anything but its transaction; a caller who gave up before the
//	         MULTI is sent changes nothing
//	trips    to the server: one for each Get of a change, one for its MULTI,
//	         one to take its published events out of the outbox, and on a
//	         cluster one to find the node
//	outbox   a stream in the same partition; events are published right after
//	         the commit and what is left is published by Sweep, in order, up
//	         to the first one that the broker refuses
//	sealed   SetSealed and GetSealed keep a value under the key of a person, who
//	         need not be of the same partition; outbox and answers are sealed, too
//	owned    what is sealed, and what Own is told of, is remembered with its
//	         owner until it expires, so that Erase finds it; Newer and Known
//	         keep what comes late from reviving an owner without keys
//	once     UpdateOnce applies the event that caused it once, however often
//	         it is delivered within MarkTTL
//	access   each function is a user of its own, who may do what it declared
//	         (Access) with its own keys, and read what is published; a ledger
//	         (LedgerKey) is beside its keys, and it can add to that and read
//	         it, and neither change nor remove it
//
// Nothing here uses SCAN, KEYS or RANDOMKEY, nor a command newer than Redis
// 7.0. The server is expected to run with appendonly yes, appendfsync always
// and noeviction: a commit that returned nil is then on disk.
package store
