package mail

import (
	"fmt"
	"net/http"
	"testing"

	"paceline/events"
	"paceline/shared/function/functiontest"
)

// Wherever mail is killed while it forgets somebody, it ends as if it had not
// been.
func TestAKillHoldsUpNoErasure(t *testing.T) {
	t.Parallel()
	vars := map[string]string{"PUBLIC_URL": publicBase, "MAIL_DIR": t.TempDir()}
	functiontest.KillErasures(t, "mail", Open, vars, "anna", func(r *functiontest.Rig) {
		for i, p := range []events.Payload{
			events.AccountVerified{UserID: "anna", Email: "anna@example.org", Locale: "en", VerifiedAt: r.Now()},
			follower("key"),
			events.ProfileUpdated{UserID: "anna", Version: 2, Locale: "ru", UpdatedAt: r.Now()},
			events.AccountVerified{UserID: "boris", Email: "boris@example.org", Locale: "ru", VerifiedAt: r.Now()}, // who stays
		} {
			if status := r.Redeliver(fmt.Sprint("event-", i), p); status != http.StatusAccepted {
				r.T.Fatalf("%s: %d", p.EventType(), status)
			}
		}
	})
}
