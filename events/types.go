package events

import (
	"fmt"
	"slices"
)

// The event types. knative/ names the same strings in its Triggers, and a
// test holds the two together.
const (
	TypeWorkoutUploaded     = "paceline.workout.uploaded.v1"
	TypeWorkoutUpdated      = "paceline.workout.updated.v1"
	TypeWorkoutDeleted      = "paceline.workout.deleted.v1"
	TypeWorkoutProcessed    = "paceline.workout.processed.v1"
	TypeWorkoutFailed       = "paceline.workout.failed.v1"
	TypeWorkoutHiding       = "paceline.workout.hiding.changed.v1"
	TypeImportRequested     = "paceline.import.requested.v1"
	TypeImportFileFound     = "paceline.import.file.found.v1"
	TypeImportFinished      = "paceline.import.finished.v1"
	TypeImportUndo          = "paceline.import.undo.requested.v1"
	TypeImportUndone        = "paceline.import.undone.v1"
	TypeRecordSet           = "paceline.record.set.v1"
	TypeGoalReached         = "paceline.goal.reached.v1"
	TypeGearChanged         = "paceline.gear.changed.v1"
	TypeGearWorn            = "paceline.gear.worn.v1"
	TypeStatsCohort         = "paceline.stats.cohort.changed.v1"
	TypeStatsSegmentSought  = "paceline.stats.segment.sought.v1"
	TypeStatsMatch          = "paceline.stats.match.requested.v1"
	TypeStatsSegment        = "paceline.stats.segment.changed.v1"
	TypeSegmentRank         = "paceline.segment.rank.changed.v1"
	TypeStatsReplay         = "paceline.stats.replay.requested.v1"
	TypeStatsRebuild        = "paceline.stats.rebuild.requested.v1"
	TypeAccountRegistered   = "paceline.account.registered.v1"
	TypeAccountVerified     = "paceline.account.verified.v1"
	TypeAccountErased       = "paceline.account.erased.v1"
	TypeFeedErased          = "paceline.feed.erased.v1"
	TypeMailErased          = "paceline.mail.erased.v1"
	TypeNotifyErased        = "paceline.notify.erased.v1"
	TypeSocialErased        = "paceline.social.erased.v1"
	TypeStatsErased         = "paceline.stats.erased.v1"
	TypeUploadErased        = "paceline.upload.erased.v1"
	TypeExportRequested     = "paceline.account.export.requested.v1"
	TypeAccountsExported    = "paceline.accounts.exported.v1"
	TypeFeedExported        = "paceline.feed.exported.v1"
	TypeMailExported        = "paceline.mail.exported.v1"
	TypeNotifyExported      = "paceline.notify.exported.v1"
	TypeSocialExported      = "paceline.social.exported.v1"
	TypeStatsExported       = "paceline.stats.exported.v1"
	TypeUploadExported      = "paceline.upload.exported.v1"
	TypeProfileUpdated      = "paceline.profile.updated.v1"
	TypeAthleteSettings     = "paceline.athlete.settings.changed.v1"
	TypeFollowRequested     = "paceline.social.follow.requested.v1"
	TypeFollowed            = "paceline.social.followed.v1"
	TypeUnfollowed          = "paceline.social.unfollowed.v1"
	TypeBlocked             = "paceline.social.blocked.v1"
	TypeUnblocked           = "paceline.social.unblocked.v1"
	TypeCoachGranted        = "paceline.coach.granted.v1"
	TypeCoachRevoked        = "paceline.coach.revoked.v1"
	TypeAuditRecorded       = "paceline.audit.recorded.v1"
	TypeNotificationCreated = "paceline.notification.created.v1"
	TypeMailRequested       = "paceline.mail.requested.v1"
	TypeMailSent            = "paceline.mail.sent.v1"
	TypeMailBounced         = "paceline.mail.bounced.v1"
	TypeFeedRebuild         = "paceline.feed.rebuild.requested.v1"
	TypeSecuritySignal      = "paceline.security.signal.v1"
	TypeSecurityAlert       = "paceline.security.alert.v1"
	TypeSecurityReleased    = "paceline.security.released.v1"
	TypePing                = "dev.knative.sources.ping"
)

// everybody is every function that keeps a state.
var everybody = []string{"accounts", "deadletter", "feed", "gateway", "mail", "notify", "social", "stats", "upload", "watch"}

// senders is which functions send a type. What is not named comes from outside
// the platform, from a PingSource.
var senders = map[string][]string{
	TypeWorkoutUploaded:     {"upload"},
	TypeWorkoutUpdated:      {"upload"},
	TypeWorkoutDeleted:      {"upload"},
	TypeWorkoutProcessed:    {"stats"},
	TypeWorkoutFailed:       {"stats"},
	TypeWorkoutHiding:       {"stats"},
	TypeImportRequested:     {"upload"},
	TypeImportFileFound:     {"upload"},
	TypeImportFinished:      {"upload"},
	TypeImportUndo:          {"upload"},
	TypeImportUndone:        {"upload"},
	TypeRecordSet:           {"stats"},
	TypeGoalReached:         {"stats"},
	TypeGearChanged:         {"upload"},
	TypeGearWorn:            {"stats"},
	TypeStatsCohort:         {"stats"},
	TypeStatsSegmentSought:  {"stats"},
	TypeStatsMatch:          {"stats"},
	TypeStatsSegment:        {"stats"},
	TypeSegmentRank:         {"stats"},
	TypeStatsReplay:         {"stats"},
	TypeStatsRebuild:        {"stats"},
	TypeAccountRegistered:   {"accounts"},
	TypeAccountVerified:     {"accounts"},
	TypeAccountErased:       {"accounts"},
	TypeFeedErased:          {"feed"},
	TypeMailErased:          {"mail"},
	TypeNotifyErased:        {"notify"},
	TypeSocialErased:        {"social"},
	TypeStatsErased:         {"stats"},
	TypeUploadErased:        {"upload"},
	TypeExportRequested:     {"accounts"},
	TypeAccountsExported:    {"accounts"},
	TypeFeedExported:        {"feed"},
	TypeMailExported:        {"mail"},
	TypeNotifyExported:      {"notify"},
	TypeSocialExported:      {"social"},
	TypeStatsExported:       {"stats"},
	TypeUploadExported:      {"upload"},
	TypeProfileUpdated:      {"accounts"},
	TypeAthleteSettings:     {"accounts"},
	TypeFollowRequested:     {"social"},
	TypeFollowed:            {"social"},
	TypeUnfollowed:          {"social"},
	TypeBlocked:             {"social"},
	TypeUnblocked:           {"social"},
	TypeCoachGranted:        {"accounts"},
	TypeCoachRevoked:        {"accounts"},
	TypeAuditRecorded:       {"accounts", "deadletter", "feed", "stats", "watch"},
	TypeNotificationCreated: {"notify"},
	TypeMailRequested:       {"accounts", "notify", "watch"},
	TypeMailSent:            {"mail"},
	TypeMailBounced:         {"mail"},
	TypeFeedRebuild:         {"feed"},
	TypeSecuritySignal:      everybody,
	TypeSecurityAlert:       {"watch"},
	TypeSecurityReleased:    {"watch"},
}

// Senders is which functions send events of a type; none for a type that comes
// from outside the platform.
func Senders(eventType string) []string { return slices.Clone(senders[eventType]) }

// MaySend says whether a function sends events of a type.
func MaySend(function, eventType string) bool { return slices.Contains(senders[eventType], function) }

// All returns a new empty payload of every type, in the order above.
func All() []Payload {
	return []Payload{
		&WorkoutUploaded{}, &WorkoutUpdated{}, &WorkoutDeleted{}, &WorkoutProcessed{}, &WorkoutFailed{}, &WorkoutHidingChanged{},
		&ImportRequested{}, &ImportFileFound{}, &ImportFinished{}, &ImportUndoRequested{}, &ImportUndone{},
		&RecordSet{}, &GoalReached{}, &GearChanged{}, &GearWorn{}, &StatsCohortChanged{},
		&StatsSegmentSought{}, &StatsMatchRequested{}, &StatsSegmentChanged{}, &SegmentRankChanged{}, &StatsReplayRequested{}, &StatsRebuildRequested{},
		&AccountRegistered{}, &AccountVerified{}, &AccountErased{},
		&FeedErased{}, &MailErased{}, &NotifyErased{}, &SocialErased{}, &StatsErased{}, &UploadErased{},
		&AccountExportRequested{},
		&AccountsExported{}, &FeedExported{}, &MailExported{}, &NotifyExported{}, &SocialExported{}, &StatsExported{}, &UploadExported{},
		&ProfileUpdated{}, &AthleteSettingsChanged{},
		&FollowRequested{}, &Followed{}, &Unfollowed{}, &Blocked{}, &Unblocked{}, &CoachGranted{}, &CoachRevoked{},
		&AuditRecorded{},
		&NotificationCreated{}, &MailRequested{}, &MailSent{}, &MailBounced{},
		&FeedRebuildRequested{}, &SecuritySignal{}, &SecurityAlert{}, &SecurityReleased{}, &Ping{},
	}
}

func newPayload(eventType string) (Payload, bool) {
	for _, p := range All() {
		if p.EventType() == eventType {
			return p, true
		}
	}
	return nil, false
}

// EventType and its two sisters make a struct a Payload.

func (WorkoutUploaded) EventType() string  { return TypeWorkoutUploaded }
func (WorkoutUpdated) EventType() string   { return TypeWorkoutUpdated }
func (WorkoutProcessed) EventType() string { return TypeWorkoutProcessed }
func (WorkoutDeleted) EventType() string   { return TypeWorkoutDeleted }
func (WorkoutFailed) EventType() string    { return TypeWorkoutFailed }

func (WorkoutHidingChanged) EventType() string { return TypeWorkoutHiding }

// Subject is the workout's id.
func (w Workout) Subject() string { return w.WorkoutID }

// EventVersion tells apart the events of one cause that carry different
// versions of a thing; it is a part of the event's id.
func (w Workout) EventVersion() int64                { return w.Version }
func (w WorkoutDeleted) EventVersion() int64         { return w.Version }
func (w WorkoutHidingChanged) EventVersion() int64   { return w.Hiding.Version }
func (p ProfileUpdated) EventVersion() int64         { return p.Version }
func (a AthleteSettingsChanged) EventVersion() int64 { return a.Version }
func (f Follow) EventVersion() int64                 { return f.Version }
func (b Block) EventVersion() int64                  { return b.Version }
func (c Coaching) EventVersion() int64               { return c.Version }

// PartitionKey is the owner's id.
func (w Workout) PartitionKey() string { return w.UserID }

func (w WorkoutDeleted) Subject() string      { return w.WorkoutID }
func (w WorkoutDeleted) PartitionKey() string { return w.UserID }
func (w WorkoutFailed) Subject() string       { return w.WorkoutID }
func (w WorkoutFailed) PartitionKey() string  { return w.UserID }

func (w WorkoutHidingChanged) Subject() string      { return w.WorkoutID }
func (w WorkoutHidingChanged) PartitionKey() string { return w.UserID }

func (AccountRegistered) EventType() string      { return TypeAccountRegistered }
func (a AccountRegistered) Subject() string      { return a.UserID }
func (a AccountRegistered) PartitionKey() string { return a.UserID }
func (AccountVerified) EventType() string        { return TypeAccountVerified }
func (a AccountVerified) Subject() string        { return a.UserID }
func (a AccountVerified) PartitionKey() string   { return a.UserID }
func (ProfileUpdated) EventType() string         { return TypeProfileUpdated }
func (p ProfileUpdated) Subject() string         { return p.UserID }
func (p ProfileUpdated) PartitionKey() string    { return p.UserID }

func (AthleteSettingsChanged) EventType() string      { return TypeAthleteSettings }
func (a AthleteSettingsChanged) Subject() string      { return a.UserID }
func (a AthleteSettingsChanged) PartitionKey() string { return a.UserID }

func (FollowRequested) EventType() string { return TypeFollowRequested }
func (Followed) EventType() string        { return TypeFollowed }
func (Unfollowed) EventType() string      { return TypeUnfollowed }

// Subject is the person who is followed.
func (f Follow) Subject() string { return f.FolloweeID }

// PartitionKey is the follower, on whose side a follow is written.
func (f Follow) PartitionKey() string { return f.FollowerID }

func (Blocked) EventType() string   { return TypeBlocked }
func (Unblocked) EventType() string { return TypeUnblocked }

// Subject is the person who is blocked.
func (b Block) Subject() string { return b.BlockedID }

// PartitionKey is the person who blocks, on whose side a block is written.
func (b Block) PartitionKey() string { return b.BlockerID }

func (CoachGranted) EventType() string { return TypeCoachGranted }
func (CoachRevoked) EventType() string { return TypeCoachRevoked }

// Subject is the coach.
func (c Coaching) Subject() string { return c.CoachID }

// PartitionKey is the athlete, on whose side the grant is written.
func (c Coaching) PartitionKey() string { return c.AthleteID }

func (AuditRecorded) EventType() string { return TypeAuditRecorded }

// Subject is the record.
func (a AuditRecorded) Subject() string { return a.RecordID }

// PartitionKey is nobody's: the log outlives whoever is in it.
func (AuditRecorded) PartitionKey() string { return "" }

func (NotificationCreated) EventType() string      { return TypeNotificationCreated }
func (n NotificationCreated) Subject() string      { return n.NotificationID }
func (n NotificationCreated) PartitionKey() string { return n.UserID }
func (MailRequested) EventType() string            { return TypeMailRequested }
func (m MailRequested) Subject() string            { return m.Key }
func (m MailRequested) PartitionKey() string       { return m.UserID }
func (MailSent) EventType() string                 { return TypeMailSent }
func (m MailSent) Subject() string                 { return m.Key }
func (m MailSent) PartitionKey() string            { return m.UserID }
func (MailBounced) EventType() string              { return TypeMailBounced }
func (m MailBounced) Subject() string              { return m.Key }
func (m MailBounced) PartitionKey() string         { return m.UserID }

func (FeedRebuildRequested) EventType() string { return TypeFeedRebuild }

// Subject tells the steps of one rebuild apart.
func (f FeedRebuildRequested) Subject() string { return fmt.Sprintf("%d-%d/%s", f.From, f.To, f.After) }

// PartitionKey lets each range go on by itself.
func (f FeedRebuildRequested) PartitionKey() string { return fmt.Sprint(f.To) }

func (SecuritySignal) EventType() string   { return TypeSecuritySignal }
func (s SecuritySignal) Subject() string   { return s.SignalID }
func (SecurityAlert) EventType() string    { return TypeSecurityAlert }
func (a SecurityAlert) Subject() string    { return a.AlertID }
func (SecurityReleased) EventType() string { return TypeSecurityReleased }
func (r SecurityReleased) Subject() string { return r.AlertID }

// PartitionKey is nobody's: what watches over people must not depend on the
// keys of those whom it watches.
func (SecuritySignal) PartitionKey() string   { return "" }
func (SecurityAlert) PartitionKey() string    { return "" }
func (SecurityReleased) PartitionKey() string { return "" }

func (Ping) EventType() string    { return TypePing }
func (p Ping) Subject() string    { return p.Schedule }
func (Ping) PartitionKey() string { return "" }
