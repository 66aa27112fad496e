package paceline

import (
	"paceline/functions/accounts"
	"paceline/functions/deadletter"
	"paceline/functions/feed"
	"paceline/functions/gateway"
	"paceline/functions/mail"
	"paceline/functions/notify"
	"paceline/functions/social"
	"paceline/functions/stats"
	"paceline/functions/upload"
	"paceline/functions/watch"
	"paceline/functions/web"
	"paceline/shared/function"
)

// functions is every function by name. knative/functions has a manifest and
// functions/cmd a main for each.
var functions = map[string]function.Opener{
	"accounts":   accounts.Open,
	"deadletter": deadletter.Open,
	"feed":       feed.Open,
	"gateway":    gateway.Open,
	"mail":       mail.Open,
	"notify":     notify.Open,
	"social":     social.Open,
	"stats":      stats.Open,
	"upload":     upload.Open,
	"watch":      watch.Open,
	"web":        web.Open,
}
