package rest

import (
	"net/http"
	"strconv"
	"strings"

	"paceline/shared/function/fault"
)

// SetETag names the version of what is answered.
func SetETag(w http.ResponseWriter, version int64) {
	w.Header().Set("ETag", `"`+strconv.FormatInt(version, 10)+`"`)
}

// CheckIfMatch compares If-Match with the current version. Without the header,
// or with *, every version is fine.
func CheckIfMatch(r *http.Request, version int64) error {
	want := strings.Join(r.Header.Values("If-Match"), ",")
	if want == "" || want == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(want, ",") {
		if strings.TrimSpace(tag) == `"`+strconv.FormatInt(version, 10)+`"` {
			return nil
		}
	}
	return fault.New(http.StatusPreconditionFailed, "version_changed", "it was changed since you read it; read it again")
}
