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
	"paceline/shared/function/security"
	"paceline/shared/function/store"
)

// ledger is the partition of the audit log, which is one chain.
const ledger = "audit"

// record appends a record to the chain, once. It goes by the head that the watch
// remembers, and tells when the log does not end with it.
func (f *watch) record(ctx context.Context, r events.AuditRecorded) error {
	return f.store.UpdateOnce(ctx, ledger, func(t *store.Tx) error {
		log := f.log()
		read, err := t.Read(log)
		if err != nil {
			return err
		}
		last, err := read.LRange(ctx, log, -1, -1).Result()
		if err != nil {
			return err
		}
		var head audit.Entry
		if _, err := t.Get(t.Key("audithead"), &head); err != nil {
			return err
		}
		if head.Sequence > 0 && (len(last) == 0 || entry(last[0]) != head) {
			if err := f.broken(t, head.Sequence); err != nil {
				return err
			}
		}
		next, err := audit.Next(head, r)
		if err != nil {
			return err
		}
		b, err := json.Marshal(next)
		if err != nil {
			return fmt.Errorf("watch: encode audit entry %d: %w", next.Sequence, err)
		}
		t.Write(func(p redis.Pipeliner) { p.RPush(ctx, log, b) })
		return t.Set(t.Key("audithead"), next, 0)
	})
}

// log is the key of the audit log.
func (f *watch) log() string { return f.store.LedgerKey(ledger, "log") }

// entry reads a line of the log. One that is none is the zero Entry, which
// follows nothing.
func entry(line string) (e audit.Entry) {
	if json.Unmarshal([]byte(line), &e) != nil {
		return audit.Entry{}
	}
	return e
}

// page is up to n entries of the log, from a line on.
func (f *watch) page(ctx context.Context, from, n int64) ([]audit.Entry, error) {
	lines, err := f.store.Client().LRange(ctx, f.log(), from, from+n-1).Result()
	if err != nil {
		return nil, store.Wrap(err)
	}
	all := make([]audit.Entry, len(lines))
	for i, line := range lines {
		all[i] = entry(line)
	}
	return all, nil
}

// broken tells that the log is not what it was, at an entry or before.
func (f *watch) broken(t *store.Tx, sequence int64) error {
	return f.base.Signal(t, security.AuditBroken, events.SecuritySignal{TargetID: strconv.FormatInt(sequence, 10)})
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
	entries, err := f.page(r.Context(), from, int64(page.Limit)+1)
	if err != nil {
		return err
	}
	out := api.AuditLog{Items: []api.AuditEntry{}}
	for i, e := range entries {
		if i == page.Limit {
			out.NextCursor = rest.Cursor([]string{strconv.FormatInt(from+int64(i), 10)})
			break
		}
		out.Items = append(out.Items, api.AuditEntry{Sequence: e.Sequence, Previous: e.Previous, Hash: e.Hash, Record: api.AuditRecord(e.Record)})
	}
	return rest.JSON(w, http.StatusOK, out)
}
