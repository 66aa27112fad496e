package mail

import "time"

// lease is how long a claim means that somebody is sending: longer than a
// dialogue with a mail server may take.
const lease = 2 * time.Minute

// state is how far the mail of a key is.
type state string

// The states of a delivery. "" is open to be claimed; all but it and sending
// are final.
const (
	sending state = "sending"
	sent    state = "sent"
	bounced state = "bounced"
	unknown state = "unknown" // nobody can say whether it was sent
)

// delivery is what became of a key. The zero delivery is a new one.
type delivery struct {
	State   state     `json:"state"`
	FirstAt time.Time `json:"first_at,omitzero"` // of the first claim
	Claim   string    `json:"claim,omitempty"`
	ClaimAt time.Time `json:"claim_at,omitzero"`
	EndAt   time.Time `json:"end_at,omitzero"`
	Reason  string    `json:"reason,omitempty"`
}

// final says whether nothing more will happen.
func (d *delivery) final() bool { return d.State != "" && d.State != sending }

// busy says whether somebody is sending now.
func (d *delivery) busy(now time.Time) bool {
	return d.State == sending && now.Before(d.ClaimAt.Add(lease))
}

// take tries to claim the key under the name of claim. A claim whose lease is
// over was left by a crash: where sending again is harmless it is taken over,
// else the outcome is unknown for good.
func (d *delivery) take(claim string, now time.Time, repeatable bool) (mine bool) {
	switch {
	case d.State == "":
		if d.FirstAt.IsZero() {
			d.FirstAt = now
		}
	case d.final(), d.busy(now):
		return false
	case !repeatable:
		d.end(unknown, "the sender stopped while it held the claim", now)
		return false
	}
	d.State, d.Claim, d.ClaimAt = sending, claim, now
	return true
}

// release opens the key again for whoever comes next, if claim still holds it.
func (d *delivery) release(claim string) {
	if d.State == sending && d.Claim == claim {
		d.State, d.Claim = "", ""
	}
}

// end closes the key and says whether it was open.
func (d *delivery) end(s state, reason string, now time.Time) bool {
	if d.final() {
		return false
	}
	d.State, d.Reason, d.EndAt, d.Claim = s, reason, now, ""
	return true
}
