// Package inventory is what the platform keeps of people, as data: which
// documents there are, whether they are sealed, where an export has them and how
// an erasure ends them. A test walks the structs that the functions keep and
// that events carry, and fails for one that is not here, or for a field that is
// neither sealed nor known to be harmless.
//
// What is not named as harmless is personal: so a new field is safe until
// somebody says why it need not be.
package inventory

// Document is one struct that a function keeps.
type Document struct {
	Type   string // package.Type
	Key    string // where it lies, in the function's keys or objects
	Sealed bool   // under the person's key; else every field of it is in Harmless
	Export string // the file of an export that has it, or why none does
	Erase  string // how an erasure ends it
}

// How an erasure ends a document. The person's key goes first in any case, and
// with it whatever is sealed, in every copy and backup.
const (
	Deleted = "deleted by its function at account.erased"
	Expires = "expires by itself; what is sealed in it is noise at once"
	Nobody  = "names nobody"
)

// Documents is every document of every function.
var Documents = []Document{
	{"accounts.Account", "account:<user>", true, "account.json", Deleted},
	{"accounts.Settings", "settings:<user>", true, "settings.json", Deleted},
	{"accounts.Session", "session:<user>:<id>", true, "sessions.json", Deleted},
	{"accounts.Devices", "devices:<user>", true, "devices.json", Deleted},
	{"accounts.Factors", "factors:<user>", true, "factors.json", Deleted},
	{"accounts.heldToken", "token:<user>:<purpose>", false, "of minutes, and of no use to anybody", Expires},
	{"accounts.tries", "tries:<lookup>…", false, "how often somebody guessed, and names nobody", Expires},
	{"accounts.RoleRequest", "rolerequest:<user>.<role>", false, "it waits for days only", Expires},
	{"accounts.Grant", "coach:<athlete>:<coach>", false, "coaches.json", Deleted},
	{"accounts.claim", "email:<lookup>", false, "the address is in account.json", Deleted},

	{"accounts.Erasure", "erasure:<user>", false, "of who is erased nothing can be exported", Deleted},
	{"accounts.Export", "export:<user>", true, "it is the export", Deleted},
	{"accounts.Asking", "a part of erasure:<user> and export:<user>", false, "which functions have answered", Deleted},
	{"accounts.keyRotation", "rotation", false, "an operator's, of no person", Nobody},

	{"upload.Record", "workout:<user>:<id>", true, "workouts.json", Deleted},
	{"upload.Upload", "upload:<user>:<id>", true, "uploads.json", Deleted},
	{"upload.Content", "file:<user>:<digest>", true, "it is in uploads.json", Deleted},
	{"upload.Gear", "gear:<user>", true, "gear.json", Deleted},
	{"upload.Day", "day:<user>:<date>", true, "workouts.json says the same", Deleted},
	{"upload.Import", "import:<user>:<id>", true, "imports.json", Deleted},
	{"upload.ImportFile", "importfile:<user>:<id>:<n>", true, "imports.json", Deleted},
	{"archive.Note", "importnotes:<user>:<id>", true, "workouts.json has what it led to", Deleted},
	{"upload.Tombstone", "deleted:<user>:<id>", false, "what it names is gone", Expires},

	{"stats.Record", "workout:<workout>", true, "workouts.json", Deleted},
	{"stats.Grant", "coach:<user>:<coach>", false, "accounts has it in coaches.json", Deleted},
	{"stats.Sums", "days:<user>:<year>", true, "days.json", Deleted},
	{"stats.Settings", "settings:<user>", true, "accounts has them in settings.json", Deleted},
	{"stats.Step", "best:<user>:<sport>:<period>", true, "records.json", Deleted},
	{"stats.SportDays", "calendar:<user>", true, "workouts.json says the same", Deleted},
	{"stats.Goal", "goals:<user>", true, "goals.json", Deleted},
	{"stats.Replay", "replay:<user>:<id>", false, "workouts.json has what it led to", Expires},
	{"stats.Slice", "replay:<user>:<id>:<slice>", true, "workouts.json has what it led to", Expires},
	{"stats.Piece", "gear:<user>", true, "gear.json", Deleted},
	{"stats.Share", "share:<user>:<sport>:<month>", true, "records.json says the same", Deleted},
	{"stats.Entry", "entries:<cohort>", false, "nobody can say whose it is; records.json says the same", Expires},
	{"stats.Hiding", "hiding:<user>", true, "privacy_zones.json", Deleted},
	{"stats.Segment", "segment:<segment>", true, "segments.json", Deleted},
	{"stats.Made", "made:<segment>", false, "segments.json says the same", Deleted},
	{"stats.Pass", "passes:<user>:<segment>:<year>", true, "segment_efforts.json", Deleted},
	{"stats.Standing", "standing:<user>:<segment>", true, "segment_efforts.json says the same", Deleted},
	{"stats.Ranked", "ranked:<segment>", false, "segment_efforts.json says the same", Deleted},
	{"stats.kept", "analysis:<workout>", true, "workouts.json", Deleted},

	{"social.Profile", "profile:<user>", true, "accounts has it in account.json", Deleted},
	{"social.Block", "block:<blocker>:<blocked>", false, "blocks.json", Deleted},
	{"social.Relation", "follow:<follower>:<followee>", false, "follows.json", Deleted},

	{"feed.Item", "item:<workout>", true, "upload has it in workouts.json", Deleted},
	{"feed.name", "name:<user>", true, "accounts has it in account.json", Deleted},

	{"notify.Note", "note:<user>:<id>", true, "notifications.json", Deleted},
	{"notify.Choice", "choice:<user>", false, "notifications.json", Deleted},
	{"notify.person", "person:<user>", true, "accounts has it in account.json", Deleted},
	{"notify.seen", "workout:<workout>", false, "upload has it in workouts.json", Expires},

	{"mail.Person", "person:<user>", true, "mail.json", Deleted},
	{"mail.delivery", "delivery:<digest>", false, "whether a mail went out, under a digest that names nobody", Expires},

	{"watch.Window", "window:<rule>:<what it counts by>", true, "of attacks, not of a person", Expires},
	{"watch.Alert", "alert:<id>", true, "of attacks, not of a person", Expires},
	{"watch.Anchored", "anchored", true, "of the audit log, not of a person", Nobody},

	{"deadletter.Letter", "letter:<id>", true, "an operator's, of no person", Nobody},
}

// Parts are structs that are kept inside of a sealed document, by that document.
var Parts = map[string]string{
	"accounts.Device":  "accounts.Devices",
	"accounts.Part":    "accounts.Export",
	"accounts.Page":    "accounts.Export",
	"accounts.Link":    "accounts.Export",
	"accounts.TOTP":    "accounts.Factors",
	"accounts.Passkey": "accounts.Factors",
	"upload.Failure":   "upload.Record",
	"upload.Original":  "upload.Upload",
	"upload.Rework":    "upload.Record",
	"upload.Taken":     "upload.Record",
	"upload.Seen":      "upload.Day",
	"upload.Place":     "upload.Day",
	"archive.Entry":    "upload.ImportFile",
	"stats.Counted":    "stats.Record",
	"stats.Used":       "stats.Record",
	"stats.HiddenZone": "stats.Hiding",
	"stats.circle":     "stats.Hiding",
	"stats.Basis":      "stats.kept",
	"stats.Passed":     "stats.Record",
	"stats.Placed":     "stats.Record",
	"stats.Passage":    "stats.Record",
	"stats.Class":      "stats.Record",
	"stats.Mark":       "stats.Standing",
	"stats.ClassMark":  "stats.Standing",
	"stats.Reached":    "stats.Goal",
	"stats.Difference": "stats.Slice",
	"figures.Athlete":  "stats.kept",
	"figures.Peak":     "stats.kept",
	"figures.Zones":    "stats.kept",
	"watch.Said":       "watch.Window",
}

// Open is the events of which nothing is sealed, with the reason.
var Open = map[string]string{
	"SecuritySignal":   attack,
	"SecurityAlert":    attack,
	"SecurityReleased": attack,
}

const attack = "about who attacks: addresses, ids and codes, never what is known of a person; the gateway sends it and has no keys, and it must be readable when a person's key is gone"

// Harmless is the members, by name, that may lie and travel as they are, with
// the reason. A member of that name that says more of a person needs another
// name; Type.member is the member of one type alone.
var Harmless = map[string]string{
	"Asking.asked_at":          when,
	"Asking.waiting":           state,
	"AuditRecorded.detail":     choice,
	"FeedRebuildRequested.to":  order,
	"StatsRebuildRequested.to": order,
	"action":                   state,
	"actor_id":                 id,
	"after":                    order,
	"approve_followers":        choice,
	"approved":                 state,
	"at":                       when,
	"athlete_id":               id,
	"began":                    when,
	"blocked":                  state,
	"blocked_id":               id,
	"blocker_id":               id,
	"by":                       id,
	"changed_at":               when,
	"Made.start":               "the name of a tile, under a key that is not there",
	"Ranked.marks":             "times that a leaderboard shows, under names of boards that only the segment's document tells",
	"SegmentRankChanged.taken": state,
	"segment_id":               id,
	"segment_ids":              id,
	"Entry.bucket":             "how fast somebody was, whom only a sealed document can name",
	"claim":                    id,
	"claim_at":                 when,
	"coach_id":                 id,
	"code":                     state,
	"confirmed":                id,
	"count":                    order,
	"created":                  order,
	"created_at":               when,
	"default_for":              choice,
	"deleted":                  state,
	"deleted_at":               when,
	"duplicates":               order,
	"end":                      when,
	"end_at":                   when,
	"export_id":                id,
	"failed":                   order,
	"file":                     order,
	"files":                    order,
	"first_at":                 when,
	"followee_id":              id,
	"follower_id":              id,
	"formula":                  choice,
	"from":                     order,
	"function":                 state,
	"gear_id":                  id,
	"goal_id":                  id,
	"granted":                  state,
	"Erasure.asking":           state,
	"Erasure.round":            order,
	"Erasure.lookups":          id,
	"Erasure.athletes":         id,
	"heldToken.digest":         state,
	"heldToken.until":          when,
	"hide_heart_rate":          choice,
	"hide_map":                 choice,
	"hide_power":               choice,
	"id":                       id,
	"ignored":                  order,
	"import_id":                id,
	"key":                      id,
	"keys":                     id,
	"kind":                     state,
	"kinds":                    choice,
	"last":                     state,
	"locale":                   choice,
	"metric":                   choice,
	"month":                    when,
	"notification_id":          id,
	"outcome":                  state,
	"page":                     order,
	"partition":                order,
	"people":                   order,
	"period":                   choice,
	"previous_visibility":      choice,
	"reason":                   state,
	"record_id":                id,
	"registered_at":            when,
	"replay_id":                id,
	"request_id":               id,
	"retired":                  state,
	"role":                     choice,
	"schedule":                 order,
	"scopes":                   choice,
	"sent_at":                  when,
	"slice":                    order,
	"slices":                   order,
	"sport":                    choice,
	"start":                    when,
	"started_at":               when,
	"state":                    state,
	"sub_sport":                choice,
	"target_id":                id,
	"template":                 state,
	"time_zone":                choice,
	"track":                    id,
	"track_key":                id,
	"tries.failed":             state,
	"tries.until":              when,
	"updated_at":               when,
	"upload_id":                id,
	"user":                     id,
	"user_id":                  id,
	"verified_at":              when,
	"version":                  order,
	"visibility":               choice,
	"volume":                   order,
	"warnings":                 state,
	"workout_id":               id,
	"workout_ids":              id,
	"workouts":                 order,
}

const (
	id     = "an id, or a name made of ids"
	order  = "orders or bounds what is known by ids"
	when   = "a moment of the platform's, or of an index"
	state  = "one of a few words of the platform's own"
	choice = "one of a few values that many people share"
)
