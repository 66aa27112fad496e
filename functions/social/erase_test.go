package social_test

import (
	"testing"

	"paceline/events"
	"paceline/functions/social"
	"paceline/shared/function/functiontest"
)

// Wherever social is killed while it takes somebody out of everybody's lists, it
// ends as if it had not been.
func TestAKillHoldsUpNoErasure(t *testing.T) {
	t.Parallel()
	functiontest.KillErasures(t, "social", social.Open, nil, anna, func(r *functiontest.Rig) {
		s := &rig{Rig: r}
		people := []string{anna, ben, "01CLEO", "01DORA", "01EMIL"}
		for _, id := range people {
			s.deliver(events.ProfileUpdated{UserID: id, Version: 1, DisplayName: "Name of " + id, ApproveFollowers: id == anna, UpdatedAt: functiontest.Start})
		}
		for _, id := range people[1:4] {
			s.as(id, "PUT", "/v1/users/"+anna+"/follow", 202)
			s.as(anna, "PUT", "/v1/users/"+id+"/follow", 204)
		}
		s.echo()
		for _, id := range people[1:3] {
			s.as(anna, "PUT", "/v1/me/follow-requests/"+id, 204)
		}
		s.as("01EMIL", "PUT", "/v1/users/"+anna+"/block", 204)
		s.as(anna, "PUT", "/v1/users/01DORA/block", 204)
		s.as(ben, "PUT", "/v1/users/01CLEO/follow", 204) // which stays
		s.echo()
		s.echo()
	})
}
