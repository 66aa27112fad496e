package api_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"paceline/events"
	"paceline/shared/api"
)

// The two convert, or this file does not compile: what stats stores is what it answers.
var (
	_ = api.WorkoutStats(events.Stats{})
	_ = api.WorkoutSource(events.Origin{})
)

func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		t.Fatalf("load openapi.yaml: %v", err)
	}
	return doc
}

// eachOperation runs check as a subtest of every operation, named as a request line.
func eachOperation(t *testing.T, check func(t *testing.T, path string, op *openapi3.Operation)) {
	t.Helper()
	for path, item := range load(t).Paths.Map() {
		for method, op := range item.Operations() {
			t.Run(method+" "+path, func(t *testing.T) { check(t, path, op) })
		}
	}
}

func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	doc := load(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOperationHasAnIDAndAnOwner(t *testing.T) {
	t.Parallel()
	functions := []string{"accounts", "upload", "stats", "feed", "social", "notify", "mail", "deadletter", "watch", "gateway"}
	seen := map[string]bool{}
	eachOperation(t, func(t *testing.T, _ string, op *openapi3.Operation) {
		if op.OperationID == "" || seen[op.OperationID] {
			t.Errorf("operationId %q is empty or taken", op.OperationID)
		}
		seen[op.OperationID] = true
		if len(op.Tags) != 1 || !slices.Contains(functions, op.Tags[0]) {
			t.Errorf("tags = %v, want the one function that serves it", op.Tags)
		}
		if op.Summary == "" {
			t.Error("no summary")
		}
	})
}

// public are the operations that answer without a token. A new one is a
// decision about security, not a detail of the document.
var public = []string{
	"register", "verifyEmail", "login", "refresh", "forgotPassword", "resetPassword", "unsubscribe",
}

func TestOperationSaysWhoMayCallIt(t *testing.T) {
	t.Parallel()
	known := load(t).Components.Schemas["Role"].Value.Enum
	eachOperation(t, func(t *testing.T, path string, op *openapi3.Operation) {
		roles, _ := op.Extensions["x-roles"].([]any)
		if isPublic := op.Security != nil && len(*op.Security) == 0; isPublic {
			if !slices.Contains(public, op.OperationID) || len(roles) > 0 {
				t.Errorf("public, with roles %v; is it meant to be?", roles)
			}
			return
		}
		if op.Security != nil || len(roles) == 0 || slices.Contains(public, op.OperationID) {
			t.Errorf("wants the document's security and x-roles, has roles %v", roles)
		}
		for _, role := range roles {
			if !slices.Contains(known, role) {
				t.Errorf("unknown role %v", role)
			}
			if strings.HasPrefix(path, "/v1/admin/") && role == "member" {
				t.Error("a member may call an admin route")
			}
		}
		if op.Responses.Status(401) == nil || op.Responses.Status(403) == nil {
			t.Error("no 401 or no 403")
		}
	})
}

func TestErrorsAreProblemsWithStableCodes(t *testing.T) {
	t.Parallel()
	quoted := regexp.MustCompile("`[^`]+`")
	snake := regexp.MustCompile("^`[a-z][a-z0-9_]*`$")
	notCodes := []string{"`code`", "`offset`", "`line`", "`errors`"}
	eachOperation(t, func(t *testing.T, _ string, op *openapi3.Operation) {
		if op.Responses.Default() == nil {
			t.Error("no default answer")
		}
		for status, ref := range op.Responses.Map() {
			if status != "default" && status < "400" {
				continue
			}
			media := ref.Value.Content["application/problem+json"]
			if media == nil || media.Schema.Ref != "#/components/schemas/Problem" || len(ref.Value.Content) != 1 {
				t.Errorf("%s is not a problem", status)
			}
			codes := slices.DeleteFunc(quoted.FindAllString(*ref.Value.Description, -1),
				func(s string) bool { return slices.Contains(notCodes, s) })
			if len(codes) == 0 {
				t.Errorf("%s lists no code", status)
			}
			for _, code := range codes {
				if !snake.MatchString(code) {
					t.Errorf("%s: code %s is not snake case", status, code)
				}
			}
			if _, ok := ref.Value.Headers["Retry-After"]; !ok && (status == "429" || status == "503") {
				t.Errorf("%s has no Retry-After", status)
			}
		}
	})
}

func TestRequestAllowsNoUnknownFields(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, _ string, op *openapi3.Operation) {
		if op.RequestBody == nil {
			return
		}
		for kind, media := range op.RequestBody.Value.Content {
			if media.Schema.Value.Format == "binary" {
				continue // bytes have no fields
			}
			if !strings.HasPrefix(media.Schema.Ref, "#/components/schemas/") {
				t.Errorf("%s: the schema has no name", kind)
			}
			closed := media.Schema.Value.AdditionalProperties.Has
			// RFC 8058 lets mail programs send what they like.
			if op.OperationID != "unsubscribe" && (closed == nil || *closed) {
				t.Errorf("%s: additionalProperties is not false", kind)
			}
		}
	})
}

func TestListTakesLimitAndCursor(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, _ string, op *openapi3.Operation) {
		if ok := op.Responses.Status(200); ok == nil || ok.Value.Content["application/json"] == nil ||
			ok.Value.Content["application/json"].Schema.Value.Properties["next_cursor"] == nil {
			return
		}
		for _, name := range []string{"limit", "cursor"} {
			if op.Parameters.GetByInAndName("query", name) == nil {
				t.Errorf("answers next_cursor but takes no %s", name)
			}
		}
	})
}

func TestFieldSaysWhatItMeans(t *testing.T) {
	t.Parallel()
	for name, schema := range load(t).Components.Schemas {
		if schema.Value.Description == "" {
			t.Errorf("%s has no description", name)
		}
		for field, prop := range schema.Value.Properties {
			named := prop.Ref != "" || len(prop.Value.AllOf) > 0 // the named schema says it
			if prop.Value.Description == "" && !named {
				t.Errorf("%s.%s has no description", name, field)
			}
		}
	}
}
