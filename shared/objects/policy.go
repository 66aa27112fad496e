package objects

import (
	"fmt"
	"slices"
	"strings"
)

// Policy is a bucket policy of S3: each function may touch its own prefixes,
// and nobody anything without TLS. Where something is only to be created nobody
// removes it, but S3 has no action that puts and does not replace: a bucket with
// versions keeps what was there. Principals are named by who, which is given
// a function's name.
type Policy struct {
	Version   string
	Statement []Statement
}

// Statement is one rule of a Policy.
type Statement struct {
	Sid, Effect string
	Principal   any
	Action      []string
	Resource    []string
	Condition   map[string]map[string]any `json:",omitempty"`
}

// PolicyOf makes the policy of a bucket whose keys begin with prefix ("" or one
// without a slash at its end).
func PolicyOf(bucket, prefix string, all []Access, who func(function string) string) Policy {
	if prefix != "" {
		prefix += "/"
	}
	arn := "arn:aws:s3:::" + bucket
	p := Policy{Version: "2012-10-17", Statement: []Statement{{
		Sid: "NothingInClear", Effect: "Deny", Principal: "*", Action: []string{"s3:*"}, Resource: []string{arn, arn + "/*"},
		Condition: map[string]map[string]any{"Bool": {"aws:SecureTransport": "false"}},
	}}}
	for _, a := range all {
		allow := func(what string, actions, resources []string, condition map[string]map[string]any) {
			if len(resources) > 0 {
				p.Statement = append(p.Statement, Statement{
					a.Function + what, "Allow", map[string][]string{"AWS": {who(a.Function)}}, actions, resources, condition,
				})
			}
		}
		each := func(before string, prefixes ...string) (out []string) {
			for _, x := range prefixes {
				out = append(out, before+prefix+x+"*")
			}
			return out
		}
		allow("Reads", []string{"s3:GetObject"}, each(arn+"/", a.Reads...), nil)
		allow("Writes", []string{"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}, each(arn+"/", a.Writes...), nil)
		allow("Creates", []string{"s3:GetObject", "s3:PutObject"}, each(arn+"/", a.Creates...), nil)
		allow("Lists", []string{"s3:ListBucket"}, []string{arn}, map[string]map[string]any{
			"StringLike": {"s3:prefix": each("", append(a.reads(), checked)...)},
		})
	}
	return p
}

// Binding gives a role of Google Cloud under a condition.
type Binding struct {
	Role      string    `json:"role"`
	Members   []string  `json:"members"`
	Condition Condition `json:"condition"`
}

// Condition of a Binding, in CEL.
type Condition struct {
	Title      string `json:"title"`
	Expression string `json:"expression"`
}

// BindingsOf makes the same for a bucket of Google Cloud Storage, where nothing
// goes without TLS anyway.
func BindingsOf(bucket, prefix string, all []Access, who func(function string) string) []Binding {
	if prefix != "" {
		prefix += "/"
	}
	var out []Binding
	for _, a := range all {
		bind := func(what, role string, prefixes, lists []string) {
			var or []string
			for _, x := range prefixes {
				or = append(or, fmt.Sprintf("resource.name.startsWith('projects/_/buckets/%s/objects/%s%s')", bucket, prefix, x))
			}
			for _, x := range lists {
				or = append(or, fmt.Sprintf("resource.type == 'storage.googleapis.com/Bucket' && api.getAttribute('storage.googleapis.com/objectListPrefix', '').startsWith('%s%s')", prefix, x))
			}
			if len(or) > 0 {
				out = append(out, Binding{role, []string{who(a.Function)}, Condition{a.Function + " " + what, strings.Join(or, " || ")}})
			}
		}
		bind("reads", "roles/storage.objectViewer", slices.Concat(a.Reads, a.Creates), append(a.reads(), checked))
		bind("writes", "roles/storage.objectUser", a.Writes, nil)
		bind("creates", "roles/storage.objectCreator", a.Creates, nil)
	}
	return out
}
