package function

import "time"

// Run is what Main runs.
var Run = run

// Quiet is how long no request may come before a drain ends.
const Quiet = 300 * time.Millisecond

// Patient is how long a client may take for a request.
const Patient = 2 * time.Second

func init() {
	patience.quiet, patience.drain = Quiet, 1500*time.Millisecond
	patience.answers, patience.end = time.Second, time.Second
	patient.header, patient.whole = Patient, Patient
	startPatience.total, startPatience.pause = 300*time.Millisecond, 20*time.Millisecond
}
