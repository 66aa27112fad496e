package feed

import (
	"strings"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/privacy"
)

// Item is what the feed knows of one workout.
type Item struct {
	Workout events.Workout `json:"workout"`
	Stats   *events.Stats  `json:"stats,omitempty"` // nil until the figures are there
	// StatsVersion is the version of the workout that they were made for.
	StatsVersion int64 `json:"stats_version,omitempty"`
	// Hiding says whether others see the totals rounded, and HidingFor of which
	// version of the workout that was said.
	Hiding    events.Hiding `json:"hiding"`
	HidingFor int64         `json:"hiding_for,omitempty"`
	Deleted   bool          `json:"deleted,omitempty"`
}

// Describe takes over the newest description of the workout.
func (i *Item) Describe(w events.Workout) {
	if !i.Deleted && w.Version >= i.Workout.Version {
		i.Workout = w
	}
}

// Measure takes over the figures, unless those of a newer version are there.
func (i *Item) Measure(s events.Stats, version int64) {
	if !i.Deleted && version >= i.StatsVersion {
		i.Stats, i.StatsVersion = &s, version
	}
}

// Hide takes over what the author's newest zones make of the workout's newest
// version.
func (i *Item) Hide(h events.Hiding, version int64) {
	if !i.Deleted && h.Version >= i.Hiding.Version && version >= i.HidingFor {
		i.Hiding, i.HidingFor = h, version
	}
}

// Delete ends the item; nothing revives it.
func (i *Item) Delete(e events.WorkoutDeleted) {
	*i = Item{Workout: events.Workout{WorkoutID: e.WorkoutID, UserID: e.UserID, Version: e.Version}, Deleted: true}
}

// Published says that somebody besides the author may see the item.
func (i Item) Published() bool { return i.Shown() && i.Workout.Visibility != events.Private }

// Shown says that the author sees the item.
func (i Item) Shown() bool { return !i.Deleted && i.Stats != nil }

// VisibleTo says whether reader may see the item now, blocks apart.
func (i Item) VisibleTo(reader string, following bool) bool {
	if reader == i.Workout.UserID {
		return i.Shown()
	}
	return following && i.Published()
}

// viewer is how a reader stands to the author of an item in their feed.
func (i Item) viewer(reader string, follows, blocked bool) privacy.Viewer {
	return privacy.Viewer{Owner: reader == i.Workout.UserID, Follows: follows, Blocked: blocked}
}

// member is how a feed names an item: the author leads, since an item lies in
// the author's partition.
func member(author, workout string) string { return author + "/" + workout }

func splitMember(m string) (author, workout string) {
	author, workout, _ = strings.Cut(m, "/")
	return author, workout
}

// answer is the item as the API shows it to a viewer.
func (i Item) answer(name string, v privacy.Viewer) api.FeedItem {
	s := *i.Stats
	if !v.Owner && i.Hiding.Ends {
		s = privacy.Coarse(s)
	}
	out := api.FeedItem{
		ID: i.Workout.WorkoutID, Type: api.FeedItemTypeWorkout, PublishedAt: i.Workout.CreatedAt,
		User: api.UserSummary{UserID: i.Workout.UserID, DisplayName: name},
		Workout: api.FeedWorkout{
			ID: i.Workout.WorkoutID, Name: i.Workout.Name, Sport: i.Workout.Sport, StartedAt: i.Workout.StartedAt,
			Visibility: api.Visibility(i.Workout.Visibility),
			Stats: api.FeedStats{
				DistanceM: s.DistanceM, ElapsedTimeS: s.ElapsedTimeS, MovingTimeS: s.MovingTimeS, ElevationGainM: s.ElevationGainM,
				AvgMovingSpeed: s.AvgMovingSpeed, AvgHeartRateBPM: s.AvgHeartRateBPM, AvgPowerW: s.AvgPowerW,
				CaloriesKcal: s.CaloriesKcal, TrainingLoad: s.TrainingLoad,
			},
		},
	}
	v.Redact(i.Workout, &out.Workout)
	return out
}
