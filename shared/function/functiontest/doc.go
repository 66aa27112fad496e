// Package functiontest runs one function as the platform would: with keys, a
// Redis database of its own, a broker that records what it is sent, and a
// clock that the test moves. A test calls it as a person through the gateway
// (Call) or delivers events as the broker (Deliver).
package functiontest
