package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
)

// Matter is one thing to tell one person.
type Matter struct {
	To        string
	Kind      api.NotificationKind
	About     string // what makes it one matter: a workout, or a follow and its version
	At        time.Time
	Actor     string // who caused it, or ""
	ActorName string
	WorkoutID string
	Values    map[string]string // for the sentence and the mail
	MailKey   string            // what makes it one mail; About when empty
}

// Note is a matter as it is kept.
type Note struct {
	ID        string               `json:"id"`
	Kind      api.NotificationKind `json:"kind"`
	At        time.Time            `json:"at"`
	Actor     string               `json:"actor,omitempty"`
	ActorName string               `json:"actor_name,omitempty"`
	WorkoutID string               `json:"workout_id,omitempty"`
	Values    map[string]string    `json:"values,omitempty"`
	// Left says that it was about a person who is no more; nothing of them is in it.
	Left bool `json:"left,omitempty"`
}

// note keeps the matter under an id that every retry makes again.
func (m Matter) note() Note {
	sum := m.digest()
	id := ulid.ULID{}
	_ = id.SetTime(ulid.Timestamp(m.At)) // any time of this millennium fits
	_ = id.SetEntropy(sum[:10])
	return Note{ID: id.String(), Kind: m.Kind, At: m.At, Actor: m.Actor, ActorName: m.ActorName, WorkoutID: m.WorkoutID, Values: m.lasting()}
}

// lasting are the values that a note keeps. Of another person's workout it keeps
// no figure: what others see of them follows from privacy zones that may be made
// later, and the workout that the note names tells them as they are then.
func (m Matter) lasting() map[string]string {
	if m.Kind != api.NotificationKindFollowedWorkout {
		return m.Values
	}
	return map[string]string{"who": m.Values["who"], "name": m.Values["name"], "sport": m.Values["sport"]}
}

func (m Matter) digest() [sha256.Size]byte {
	return sha256.Sum256([]byte(m.To + "\x00" + string(m.Kind) + "\x00" + m.About))
}

func (m Matter) told() string {
	sum := m.digest()
	return hex.EncodeToString(sum[:12])
}

// mail asks for the matter's mail. It carries values, not sentences: the
// mailing service knows the language.
func (m Matter) mail(locale string) events.MailRequested {
	about := m.About
	if m.MailKey != "" {
		about = m.MailKey
	}
	return events.MailRequested{
		Key: fmt.Sprintf("%s/%s/%s", m.Kind, m.To, about), UserID: m.To, Template: templates[m.Kind], Locale: locale, Data: m.Values,
	}
}

// templates names the mail of each kind.
var templates = map[api.NotificationKind]string{
	api.NotificationKindWorkoutReady:    "workout_processed",
	api.NotificationKindWorkoutFailed:   "workout_failed",
	api.NotificationKindFollowedWorkout: "followed_workout",
	api.NotificationKindFollowRequested: "follow_request",
	api.NotificationKindFollowed:        "new_follower",
	api.NotificationKindFollowApproved:  "follow_accepted",
	api.NotificationKindRecordSet:       "record_set",
	api.NotificationKindGoalReached:     "goal_reached",
	api.NotificationKindGearWorn:        "gear_worn",
	api.NotificationKindSegmentRank:     "segment_rank",
	api.NotificationKindImportFinished:  "import_finished",
}

// defaults is how each kind reaches a person who chose nothing. A workout of
// somebody whom one follows is in the feed already.
var defaults = map[api.NotificationKind]api.NotificationChannels{
	api.NotificationKindWorkoutReady:    {InApp: true, Mail: true},
	api.NotificationKindWorkoutFailed:   {InApp: true, Mail: true},
	api.NotificationKindFollowedWorkout: {InApp: false, Mail: true},
	api.NotificationKindFollowRequested: {InApp: true, Mail: true},
	api.NotificationKindFollowed:        {InApp: true, Mail: true},
	api.NotificationKindFollowApproved:  {InApp: true, Mail: true},
	api.NotificationKindRecordSet:       {InApp: true, Mail: true},
	api.NotificationKindGoalReached:     {InApp: true, Mail: true},
	api.NotificationKindGearWorn:        {InApp: true, Mail: true},
	api.NotificationKindSegmentRank:     {InApp: true, Mail: true},
	api.NotificationKindImportFinished:  {InApp: true, Mail: true},
}

// Choice is a person's channels, where they differ from the defaults.
type Choice struct {
	Version int64                               `json:"version"`
	Kinds   map[string]api.NotificationChannels `json:"kinds"`
}

// Channels is how a kind reaches the person.
func (c Choice) Channels(kind api.NotificationKind) api.NotificationChannels {
	if chosen, ok := c.Kinds[string(kind)]; ok {
		return chosen
	}
	return defaults[kind]
}

// Choose replaces the choice; a kind that does not exist is refused.
func (c *Choice) Choose(kinds map[string]api.NotificationChannels) error {
	for kind := range kinds {
		if _, ok := defaults[api.NotificationKind(kind)]; !ok {
			return fault.Invalid("unknown_kind", "there is no kind of notification called %q", kind)
		}
	}
	c.Version++
	c.Kinds = kinds
	return nil
}

// all is every kind with its channels.
func (c Choice) all() api.NotificationSettings {
	out := api.NotificationSettings{Kinds: map[string]api.NotificationChannels{}}
	for kind := range defaults {
		out.Kinds[string(kind)] = c.Channels(kind)
	}
	return out
}
