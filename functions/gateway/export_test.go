package gateway

import (
	"context"
	"net/http"

	"paceline/shared/function"
)

// OpenRoutes opens a gateway that has these routes and no others.
func OpenRoutes(routes ...Route) function.Opener {
	return func(_ context.Context, e function.Env) (*function.Function, error) {
		g, base, err := open(e)
		if err != nil {
			return nil, err
		}
		mux := http.NewServeMux()
		for _, r := range routes {
			mux.Handle(r.Method+" "+r.Pattern, g.route(r))
		}
		return base.Public(g.address, g.edge(mux)), nil
	}
}
