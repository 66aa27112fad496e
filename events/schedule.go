package events

// Ping is what a PingSource sends on a schedule. Knative fixes its type; the
// extension "schedule" names which one it is.
type Ping struct {
	Schedule string `json:"schedule"`
}
