package function

import "time"

// Run is what Main runs.
var Run = run

// Quiet is how long no request may come before a drain ends.
const Quiet = 300 * time.Millisecond

func init() {
	patience.quiet, patience.drain = Quiet, 1500*time.Millisecond
	patience.answers, patience.end = time.Second, time.Second
	startPatience.total, startPatience.pause = 300*time.Millisecond, 20*time.Millisecond
}
