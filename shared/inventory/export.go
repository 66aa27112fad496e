package inventory

import "strings"

// Hashes is the documents that are fields of a hash, each field sealed.
var Hashes = map[string]bool{"stats.Sums": true}

// List is a sorted set of ids that a function keeps of a person and that is in
// none of the person's documents.
type List struct {
	Function, Key string
	Export        string
}

// Lists is what of others' deeds is about a person, as ids.
var Lists = []List{
	{"accounts", "athletes:<user>", "athletes.json"},
	{"social", "followers:<user>", "followers.json"},
	{"social", "requests:<user>", "requests.json"},
}

// Withheld is the members that an export leaves out, by Type.member, with the
// reason. All else of a document that is exported is in the export.
var Withheld = map[string]string{
	"accounts.Account.password":   secret,
	"accounts.Session.salt":       secret,
	"accounts.TOTP.secret":        secret,
	"accounts.Factors.recovery":   secret,
	"accounts.Passkey.credential": secret,
	"mail.Person.secret":          secret,
	"stats.Hiding.seed":           secret,
	"stats.Segment.seed":          secret,
	"notify.Note.actor_name":      others,
	"notify.Note.values":          others,
}

const (
	secret = "it proves who somebody is, and is of no use to its owner"
	others = "it has another person's name; whose deed it was is there as an id"
)

// Function is whose document it is.
func (d Document) Function() string { return before(d.Type, ".") }

// Kind is what its keys begin with.
func (d Document) Kind() string { return before(d.Key, ":") }

// File is the file of an export that has it, or "" when none does.
func (d Document) File() string {
	if strings.HasSuffix(d.Export, ".json") && !strings.Contains(d.Export, " ") {
		return d.Export
	}
	return ""
}

// Withheld is the members of it, and of its parts, that an export leaves out.
func (d Document) Withheld() map[string]bool {
	out := map[string]bool{}
	for name := range Withheld {
		i := strings.LastIndex(name, ".")
		if of := name[:i]; of == d.Type || Parts[of] == d.Type {
			out[name[i+1:]] = true
		}
	}
	return out
}

// Exported is the documents of a function that an export has, by Kind.
func Exported(function string) map[string]Document {
	out := map[string]Document{}
	for _, d := range Documents {
		if d.Function() == function && d.File() != "" {
			out[d.Kind()] = d
		}
	}
	return out
}

func before(s, sep string) string {
	s, _, _ = strings.Cut(s, sep)
	return s
}
