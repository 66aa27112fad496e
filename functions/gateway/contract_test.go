package gateway_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"paceline/functions/gateway"
	"paceline/shared/api"
)

// The table and openapi.yaml name the same operations, owners and roles.
func TestTheTableIsTheContract(t *testing.T) {
	t.Parallel()
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	must(t, err)
	wanted := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			roles := []string{}
			if listed, ok := op.Extensions["x-roles"].([]any); ok {
				for _, r := range listed {
					roles = append(roles, fmt.Sprint(r))
				}
			}
			slices.Sort(roles)
			wanted[method+" "+path] = fmt.Sprint(op.Tags, roles)
		}
	}
	for _, r := range gateway.Routes {
		if !regexp.MustCompile(`^/v1/`).MatchString(r.Pattern) {
			continue
		}
		roles := []string{}
		for _, role := range r.Roles {
			roles = append(roles, string(role))
		}
		slices.Sort(roles)
		key := r.Method + " " + r.Pattern
		if got := fmt.Sprint([]string{r.Function}, roles); wanted[key] != got {
			t.Errorf("%s is %s in the table and %q in the contract", key, got, wanted[key])
		}
		delete(wanted, key)
	}
	for key := range wanted {
		t.Errorf("%s is in the contract and not in the table", key)
	}
}
