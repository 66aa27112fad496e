package upload

import (
	"slices"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/fault"
)

// Bounds of gear.
const (
	maxGear     = 100
	maxDefaults = 20  // sports that one piece is for
	maxWearM    = 1e9 // metres
	maxGearName = 100 // characters
)

// Gear is something that a person trains with and wears out.
type Gear struct {
	ID        string    `json:"id"`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"created_at"`
	api.GearRequest
}

func errGear() error { return fault.NotFound("gear_not_found", "there is no such gear of yours") }

// gearOf checks what a person says of gear; the error names the member.
func gearOf(in api.GearRequest) (api.GearRequest, error) {
	var err error
	if in.Name, err = lineOf("name", in.Name, maxGearName); err != nil {
		return in, err
	}
	switch {
	case in.Name == "":
		return in, invalid("name", "must not be empty")
	case !in.Kind.Valid():
		return in, invalid("kind", "must be shoes, bike or other")
	case len(in.DefaultFor) > maxDefaults:
		return in, invalid("default_for", "must have at most %d sports", maxDefaults)
	}
	for _, s := range in.DefaultFor {
		if _, err := sportOf("default_for", s); err != nil {
			return in, err
		}
	}
	for member, v := range map[string]*float64{"wear_distance_m": in.WearDistanceM, "starting_distance_m": in.StartingDistanceM} {
		if v != nil && !(*v >= 0 && *v <= maxWearM) {
			return in, invalid(member, "must be from 0 to %g", maxWearM)
		}
	}
	return in, nil
}

// changed is the event of a piece as it is now.
func (g Gear) changed(user string) events.GearChanged {
	return events.GearChanged{
		GearID: g.ID, UserID: user, Version: g.Version, CreatedAt: g.CreatedAt, Name: g.Name, Kind: string(g.Kind), DefaultFor: g.DefaultFor,
		WearDistanceM: g.WearDistanceM, StartingDistanceM: g.StartingDistanceM, Retired: g.Retired,
	}
}

// answer is a piece as the API shows it, without what it has done.
func (g Gear) answer() api.Gear {
	return api.Gear{
		ID: g.ID, Version: g.Version, CreatedAt: g.CreatedAt, Name: g.Name, Kind: g.Kind, DefaultFor: g.DefaultFor,
		WearDistanceM: g.WearDistanceM, StartingDistanceM: g.StartingDistanceM, Retired: g.Retired,
	}
}

// rack is all gear of a person, in the order in which it came.
type rack []Gear

func (r rack) find(id string) int {
	return slices.IndexFunc(r, func(g Gear) bool { return g.ID == id })
}

// usual is the piece that a person uses for a sport, the newest that says so; ""
// for none.
func (r rack) usual(sport string) string {
	for _, g := range slices.Backward(r) {
		if !g.Retired && slices.Contains(g.DefaultFor, sport) {
			return g.ID
		}
	}
	return ""
}

// named is the piece with a name, as the account that a workout came from calls
// it; "" for none.
func (r rack) named(name string) string {
	for _, g := range slices.Backward(r) {
		if name != "" && strings.EqualFold(g.Name, name) {
			return g.ID
		}
	}
	return ""
}
