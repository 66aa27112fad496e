package events

// FeedRebuildRequested asks for the feeds of the people in the partitions from
// From up to but without To to be built again, without those of the first
// partition whose ids are not after After. It is sent by feed to itself: each
// step does a few and asks for the rest.
type FeedRebuildRequested struct {
	From  int    `json:"from"`
	To    int    `json:"to"`
	After string `json:"after,omitempty"`
}
