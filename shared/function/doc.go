// Package function is what every function of the platform stands on: its
// configuration from the environment, its state, its events, the check of who
// calls, and serving with health, drain, logs and traces.
//
// A function is a library package with an Opener; its main is
//
//	func main() { function.Main("stats", stats.Open) }
//
// An Opener does no I/O that it can put off: a function must answer its first
// request soon after its process starts. The HTTP surface is the same for all:
//
//	POST /events              CloudEvents from the broker, with its workload token
//	GET  /health/liveness     200 while the process runs
//	GET  /health/readiness    200 when the function can do its work, else 503 and why
//	…                         the function's own routes, with a call token from the gateway
package function
