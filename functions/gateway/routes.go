package gateway

import (
	"time"

	"paceline/shared/function/identity"
)

// Route is one row of the table role × route.
type Route struct {
	Method   string
	Pattern  string // as net/http's ServeMux writes it
	Function string // who answers
	Roles    []identity.Role
	MaxBody  int64
	Timeout  time.Duration
}

// Public says that the route answers without a token.
func (r Route) Public() bool { return r.Roles == nil }

const (
	smallBody = 64 << 10
	jsonBody  = 1 << 20
	fileBody  = 33 << 20  // a file of 32 MiB and its form
	largeBody = 513 << 20 // an archive of 512 MiB and its form

	quick  = 15 * time.Second
	longer = 60 * time.Second
)

var (
	public     []identity.Role
	coaches    = []identity.Role{identity.Coach}
	members    = []identity.Role{identity.Member}
	operators  = []identity.Role{identity.Operator, identity.Admin}
	supporters = []identity.Role{identity.Support, identity.Admin}
	admins     = []identity.Role{identity.Admin}
)

// Routes is every route of the platform. What is not here does not exist, and
// a test holds it and openapi.yaml together.
var Routes = []Route{
	{"GET", "/{$}", "web", public, 0, quick},
	{"GET", "/register", "web", public, 0, quick},
	{"GET", "/login", "web", public, 0, quick},
	{"GET", "/verify", "web", public, 0, quick},
	{"GET", "/reset", "web", public, 0, quick},
	{"GET", "/static/{file...}", "web", public, 0, quick},
	{"GET", "/app", "web", members, 0, quick},

	{"GET", "/v1/openapi.yaml", self, members, 0, quick},
	{"GET", "/v1/asyncapi.yaml", self, operators, 0, quick},

	{"POST", "/v1/auth/register", "accounts", public, smallBody, quick},
	{"POST", "/v1/auth/verify", "accounts", public, smallBody, quick},
	{"POST", "/v1/auth/login", "accounts", public, smallBody, quick},
	{"POST", "/v1/auth/refresh", "accounts", public, smallBody, quick},
	{"POST", "/v1/auth/logout", "accounts", members, smallBody, quick},
	{"POST", "/v1/auth/password/forgot", "accounts", public, smallBody, quick},
	{"POST", "/v1/auth/password/reset", "accounts", public, smallBody, quick},
	{"GET", "/v1/me", "accounts", members, 0, quick},
	{"PATCH", "/v1/me", "accounts", members, jsonBody, quick},
	{"DELETE", "/v1/me", "accounts", members, 0, quick},
	{"GET", "/v1/me/export", "accounts", members, 0, quick},
	{"POST", "/v1/me/export", "accounts", members, smallBody, quick},
	{"POST", "/v1/me/export/links", "accounts", members, smallBody, quick},
	{"GET", "/v1/me/export/links/{link}", "accounts", members, 0, longer},
	{"GET", "/v1/me/sessions", "accounts", members, 0, quick},
	{"DELETE", "/v1/me/sessions", "accounts", members, 0, quick},
	{"DELETE", "/v1/me/sessions/{id}", "accounts", members, 0, quick},
	{"PUT", "/v1/me/password", "accounts", members, smallBody, quick},
	{"GET", "/v1/me/factors", "accounts", members, 0, quick},
	{"POST", "/v1/me/factors/totp", "accounts", members, smallBody, quick},
	{"DELETE", "/v1/me/factors/totp", "accounts", members, 0, quick},
	{"POST", "/v1/me/factors/totp/confirm", "accounts", members, smallBody, quick},
	{"POST", "/v1/me/factors/recovery-codes", "accounts", members, smallBody, quick},
	{"POST", "/v1/me/factors/passkeys", "accounts", members, smallBody, quick},
	{"DELETE", "/v1/me/factors/passkeys/{id}", "accounts", members, 0, quick},
	{"POST", "/v1/me/reauthenticate", "accounts", members, smallBody, quick},
	{"GET", "/v1/me/settings", "accounts", members, 0, quick},
	{"PUT", "/v1/me/settings", "accounts", members, jsonBody, quick},

	{"GET", "/v1/me/coaches", "accounts", members, 0, quick},
	{"PUT", "/v1/me/coaches/{id}", "accounts", members, smallBody, quick},
	{"DELETE", "/v1/me/coaches/{id}", "accounts", members, 0, quick},
	{"GET", "/v1/me/athletes", "accounts", coaches, 0, quick},
	{"GET", "/v1/me/athletes/{id}/settings", "accounts", coaches, 0, quick},

	{"POST", "/v1/workouts", "upload", members, fileBody, longer},
	{"PATCH", "/v1/workouts/{id}", "upload", members, jsonBody, quick},
	{"DELETE", "/v1/workouts/{id}", "upload", members, 0, quick},
	{"GET", "/v1/workouts/{id}/file", "upload", members, 0, longer},
	{"POST", "/v1/workouts/{id}/crop", "upload", members, smallBody, longer},
	{"POST", "/v1/workouts/{id}/split", "upload", members, smallBody, longer},
	{"POST", "/v1/workouts/{id}/merge", "upload", members, smallBody, longer},
	{"POST", "/v1/workouts/{id}/undo", "upload", members, smallBody, quick},
	{"GET", "/v1/uploads/{id}", "upload", members, 0, quick},
	{"GET", "/v1/imports", "upload", members, 0, quick},
	{"POST", "/v1/imports", "upload", members, largeBody, longer},
	{"GET", "/v1/imports/{id}", "upload", members, 0, quick},
	{"DELETE", "/v1/imports/{id}", "upload", members, 0, quick},
	{"GET", "/v1/imports/{id}/stream", "upload", members, 0, longer},
	{"POST", "/v1/archive-links", "upload", members, jsonBody, quick},
	{"POST", "/v1/imports/{id}/complete", "upload", members, smallBody, quick},
	{"POST", "/v1/archives", "upload", members, largeBody, longer},
	{"HEAD", "/v1/archives/{id}", "upload", members, 0, quick},
	{"PATCH", "/v1/archives/{id}", "upload", members, largeBody, longer},
	{"DELETE", "/v1/archives/{id}", "upload", members, 0, quick},

	{"GET", "/v1/workouts", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}/streams", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}/laps", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}/splits", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}/efforts", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}/zones", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}/climbs", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}/pauses", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}/lengths", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}/sets", "stats", members, 0, quick},
	{"GET", "/v1/stats/summary", "stats", members, 0, quick},
	{"GET", "/v1/stats/records", "stats", members, 0, quick},
	{"GET", "/v1/stats/load", "stats", members, 0, quick},
	{"GET", "/v1/stats/power-curve", "stats", members, 0, quick},
	{"GET", "/v1/stats/pace-curve", "stats", members, 0, quick},
	{"GET", "/v1/stats/eddington", "stats", members, 0, quick},
	{"GET", "/v1/stats/streaks", "stats", members, 0, quick},
	{"POST", "/v1/stats/replays", "stats", members, smallBody, quick},
	{"GET", "/v1/stats/replays/{id}", "stats", members, 0, quick},
	{"GET", "/v1/goals", "stats", members, 0, quick},
	{"POST", "/v1/goals", "stats", members, jsonBody, quick},
	{"GET", "/v1/goals/{id}", "stats", members, 0, quick},
	{"PUT", "/v1/goals/{id}", "stats", members, jsonBody, quick},
	{"DELETE", "/v1/goals/{id}", "stats", members, 0, quick},

	{"GET", "/v1/stats/heatmap", "stats", members, 0, quick},
	{"GET", "/v1/stats/review", "stats", members, 0, quick},
	{"GET", "/v1/stats/comparison", "stats", members, 0, quick},
	{"PUT", "/v1/stats/comparison", "stats", members, smallBody, quick},
	{"GET", "/v1/workouts/{id}/comparison", "stats", members, 0, quick},
	{"GET", "/v1/privacy-zones", "stats", members, 0, quick},
	{"POST", "/v1/privacy-zones", "stats", members, smallBody, quick},
	{"DELETE", "/v1/privacy-zones/{id}", "stats", members, 0, quick},
	{"GET", "/v1/segments", "stats", members, 0, quick},
	{"POST", "/v1/segments", "stats", members, smallBody, quick},
	{"GET", "/v1/segments/{id}", "stats", members, 0, quick},
	{"PATCH", "/v1/segments/{id}", "stats", members, smallBody, quick},
	{"DELETE", "/v1/segments/{id}", "stats", members, 0, quick},
	{"GET", "/v1/segments/{id}/efforts", "stats", members, 0, quick},
	{"GET", "/v1/segments/{id}/leaderboard", "stats", members, 0, quick},
	{"GET", "/v1/workouts/{id}/segments", "stats", members, 0, quick},
	{"GET", "/v1/gear", "stats", members, 0, quick},
	{"POST", "/v1/gear", "upload", members, jsonBody, quick},
	{"GET", "/v1/gear/{id}", "stats", members, 0, quick},
	{"PUT", "/v1/gear/{id}", "upload", members, jsonBody, quick},
	{"DELETE", "/v1/gear/{id}", "upload", members, 0, quick},

	{"GET", "/v1/feed", "feed", members, 0, quick},

	{"GET", "/v1/users/{id}", "social", members, 0, quick},
	{"PUT", "/v1/users/{id}/follow", "social", members, smallBody, quick},
	{"DELETE", "/v1/users/{id}/follow", "social", members, 0, quick},
	{"GET", "/v1/users/{id}/followers", "social", members, 0, quick},
	{"GET", "/v1/users/{id}/following", "social", members, 0, quick},
	{"PUT", "/v1/users/{id}/block", "social", members, smallBody, quick},
	{"DELETE", "/v1/users/{id}/block", "social", members, 0, quick},
	{"GET", "/v1/me/blocks", "social", members, 0, quick},
	{"GET", "/v1/me/follow-requests", "social", members, 0, quick},
	{"PUT", "/v1/me/follow-requests/{id}", "social", members, smallBody, quick},
	{"DELETE", "/v1/me/follow-requests/{id}", "social", members, 0, quick},

	{"GET", "/v1/notifications", "notify", members, 0, quick},
	{"POST", "/v1/notifications/read", "notify", members, jsonBody, quick},
	{"GET", "/v1/notifications/settings", "notify", members, 0, quick},
	{"PUT", "/v1/notifications/settings", "notify", members, jsonBody, quick},

	{"POST", "/v1/mail/unsubscribe", "mail", public, smallBody, quick},

	{"GET", "/v1/admin/alerts", "watch", operators, 0, quick},
	{"POST", "/v1/admin/alerts/{id}/acknowledge", "watch", operators, smallBody, quick},
	{"POST", "/v1/admin/alerts/{id}/release", "watch", operators, smallBody, quick},

	{"GET", "/v1/admin/deadletters", "deadletter", operators, 0, quick},
	{"GET", "/v1/admin/deadletters/{id}", "deadletter", operators, 0, quick},
	{"POST", "/v1/admin/deadletters/{id}/replay", "deadletter", operators, smallBody, quick},

	{"POST", "/v1/admin/keys/rotate", "accounts", operators, smallBody, quick},
	{"POST", "/v1/admin/feeds/rebuild", "feed", operators, smallBody, quick},
	{"POST", "/v1/admin/stats/rebuild", "stats", operators, smallBody, quick},

	{"GET", "/v1/admin/users", "accounts", supporters, 0, quick},
	{"GET", "/v1/admin/users/{id}", "accounts", supporters, 0, quick},
	{"DELETE", "/v1/admin/users/{id}", "accounts", admins, 0, quick},
	{"POST", "/v1/admin/users/{id}/export", "accounts", supporters, smallBody, quick},
	{"GET", "/v1/admin/users/{id}/sessions", "accounts", supporters, 0, quick},
	{"DELETE", "/v1/admin/users/{id}/sessions", "accounts", supporters, 0, quick},
	{"DELETE", "/v1/admin/users/{id}/factors", "accounts", supporters, 0, quick},
	{"PUT", "/v1/admin/users/{id}/roles/{role}", "accounts", admins, smallBody, quick},
	{"DELETE", "/v1/admin/users/{id}/roles/{role}", "accounts", admins, 0, quick},
	{"GET", "/v1/admin/audit", "watch", admins, 0, quick},
	{"GET", "/v1/admin/audit/anchors", "watch", admins, 0, quick},
	{"GET", "/v1/admin/role-requests", "accounts", admins, 0, quick},
	{"PUT", "/v1/admin/role-requests/{id}", "accounts", admins, smallBody, quick},
	{"DELETE", "/v1/admin/role-requests/{id}", "accounts", admins, 0, quick},
}
