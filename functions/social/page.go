package social

import (
	"net/http"
	"time"

	"paceline/shared/api"
	"paceline/shared/function/identity"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// listed is one person in a list, and since when.
type listed struct {
	user  api.UserSummary
	since time.Time
}

// page reads one page of a person's list with the names that belong to it,
// without those whom the reader does not see: their own blocks excepted, which
// is where they see whom they block.
func (f *social) page(r *http.Request, kind, id string) (out []listed, next string, err error) {
	page, err := rest.PageOf(r, 2)
	if err != nil {
		return nil, "", err
	}
	entries, last, err := f.people.Page(r.Context(), f.people.Key(id, kind, id), page.Limit, page.After)
	if err != nil {
		return nil, "", err
	}
	if last != nil {
		next = rest.Cursor(last.Position())
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	apart, err := f.people.apart(r.Context(), identity.UserID(r), ids...)
	if err != nil {
		return nil, "", err
	}
	places := make([]store.Place, len(entries))
	for i, e := range entries {
		places[i] = store.Place{Owner: e.ID, Key: f.people.Key(e.ID, "profile", e.ID)}
	}
	profiles, err := store.GetManySealed[Profile](r.Context(), f.people.Store, places)
	if err != nil {
		return nil, "", err
	}
	for i, p := range profiles {
		if p != nil && (!apart[i] || kind == "blocks") {
			out = append(out, listed{api.UserSummary{UserID: p.UserID, DisplayName: p.DisplayName}, entries[i].At})
		}
	}
	return out, next, nil
}
