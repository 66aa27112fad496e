package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/redis/go-redis/v9"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/audit"
	"paceline/shared/function/rest"
	"paceline/shared/function/store"
)

// ledger is the partition of the audit log, which is one chain.
const ledger = "audit"

// record appends a record to the chain, once. The head is kept beside the list,
// so that an append costs the same however long the log is.
func (f *watch) record(ctx context.Context, r events.AuditRecorded) error {
	return f.store.UpdateOnce(ctx, ledger, func(t *store.Tx) error {
		var head audit.Entry
		key := t.Key("audithead")
		if _, err := t.Get(key, &head); err != nil {
			return err
		}
		next, err := audit.Next(head, r)
		if err != nil {
			return err
		}
		b, err := json.Marshal(next)
		if err != nil {
			return fmt.Errorf("watch: encode audit entry %d: %w", next.Sequence, err)
		}
		list := t.Key("audit")
		t.Write(func(p redis.Pipeliner) { p.RPush(ctx, list, b) })
		return t.Set(key, next, 0)
	})
}

// audit shows the log from its first entry on, as it was written.
func (f *watch) audit(w http.ResponseWriter, r *http.Request) error {
	page, err := rest.PageOf(r, 1)
	if err != nil {
		return err
	}
	from := int64(0)
	if page.After != nil {
		if from, err = strconv.ParseInt(page.After[0], 10, 64); err != nil || from < 0 {
			return rest.Parameter("cursor", "what a page before it answered")
		}
	}
	lines, err := f.store.Client().LRange(r.Context(), f.store.Key(ledger, "audit"), from, from+int64(page.Limit)).Result()
	if err != nil {
		return store.Wrap(err)
	}
	out := api.AuditLog{Items: []api.AuditEntry{}}
	for i, line := range lines {
		if i == page.Limit {
			out.NextCursor = rest.Cursor([]string{strconv.FormatInt(from+int64(i), 10)})
			break
		}
		var e audit.Entry
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return fmt.Errorf("watch: audit entry at %d: %w", from+int64(i), err)
		}
		out.Items = append(out.Items, api.AuditEntry{Sequence: e.Sequence, Previous: e.Previous, Hash: e.Hash, Record: api.AuditRecord(e.Record)})
	}
	return rest.JSON(w, http.StatusOK, out)
}
