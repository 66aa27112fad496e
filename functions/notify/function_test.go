package notify_test

import (
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/functions/notify"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
)

const (
	anna = "01ANNA"
	ben  = "01BEN"
)

func open(t *testing.T) *functiontest.Rig {
	t.Helper()
	r := functiontest.New(t, "notify", notify.Open, nil)
	deliver(t, r,
		events.ProfileUpdated{UserID: anna, Version: 1, DisplayName: "Anna", Locale: "en"},
		events.ProfileUpdated{UserID: ben, Version: 1, DisplayName: "Бен", Locale: "ru"},
	)
	return r
}

func deliver(t testing.TB, r *functiontest.Rig, all ...events.Payload) {
	t.Helper()
	for _, p := range all {
		if status := r.Deliver(p); status/100 != 2 {
			t.Fatalf("%s: %d", p.EventType(), status)
		}
	}
}

func run(visibility events.Visibility) events.WorkoutProcessed {
	distance, moving := 10_000.0, 3723.4
	return events.WorkoutProcessed{
		Workout: events.Workout{WorkoutID: "01RUN", UserID: anna, Version: 1, Name: "Long run", Sport: "trail_running", Visibility: visibility, CreatedAt: functiontest.Start},
		Stats:   events.Stats{Formula: "2026.1", DistanceM: &distance, MovingTimeS: &moving},
	}
}

func follow(who, whom string, version int64) events.Follow {
	return events.Follow{FollowerID: who, FolloweeID: whom, Version: version, At: functiontest.Start.Add(time.Minute)}
}

func list(t *testing.T, r *functiontest.Rig, who, query string) api.NotificationList {
	t.Helper()
	var out api.NotificationList
	a := r.Call(functiontest.Person{ID: who}, "GET", "/v1/notifications"+query, nil)
	if a.Status != 200 {
		t.Fatalf("list: %d %s", a.Status, a.Body)
	}
	a.JSON(t, &out)
	return out
}

func mails(r *functiontest.Rig, to string) []events.MailRequested {
	var out []events.MailRequested
	for _, m := range functiontest.SentOf[events.MailRequested](r) {
		if m.UserID == to {
			out = append(out, m)
		}
	}
	return out
}

func TestWhoIsToldWhat(t *testing.T) {
	t.Parallel()
	followed := events.Followed{Follow: follow(ben, anna, 2)}
	before, watts := 1300.0, 240.0
	faster := events.Record{Kind: "distance", Over: 5000, Value: 1265, Previous: &before}
	stronger := events.Record{Kind: "power", Over: 1200, Value: 251, Previous: &watts}
	first := events.Record{Kind: "distance", Over: 10_000, Value: 2700}
	record := func(who string, ago int, all ...events.Record) events.RecordSet {
		return events.RecordSet{WorkoutID: "01RUN", UserID: who, Sport: "running", StartedAt: functiontest.Start.AddDate(0, 0, -ago), Records: all}
	}
	goal := events.GoalReached{GoalID: "01GOAL", UserID: anna, WorkoutID: "01RUN", Metric: "distance_m", Period: "week", Start: "2026-04-27", End: functiontest.Start.Format(time.DateOnly), Target: 50_000, Value: 51_230}
	worn := events.GearWorn{GearID: "01GEAR", UserID: ben, WorkoutID: "01RUN", Name: "Кеды", DistanceM: 801_200, WearDistanceM: 800_000}
	taken := events.SegmentRankChanged{SegmentID: "01SEGMENT", UserID: anna, Taken: true, WorkoutID: "01RUN", StartedAt: functiontest.Start, Name: "Lake", Among: "all", ElapsedS: 375, PreviousS: 500}
	lost, long := taken, taken
	lost.UserID, lost.Taken, lost.Among, long.StartedAt = ben, false, "male", functiontest.Start.AddDate(0, 0, -15)
	past := goal
	past.End = functiontest.Start.AddDate(0, -1, 0).Format(time.DateOnly)
	hidden, old := run(events.Private).Workout, run(events.Followers)
	hidden.Version = 2
	old.CreatedAt = old.CreatedAt.AddDate(0, 0, -4)
	tests := []struct {
		name   string
		events []events.Payload
		to     string
		texts  []string
		mails  []string
	}{
		{"the owner of a computed workout", []events.Payload{run(events.Private)}, anna, []string{"“Long run” is ready: 10.00 km, 1:02:03."}, []string{"workout_processed"}},
		{"once, though a replay computes it again", []events.Payload{run(events.Private), run(events.Private)}, anna, []string{"“Long run” is ready: 10.00 km, 1:02:03."}, []string{"workout_processed"}},
		{"a follower by mail, since the feed shows it", []events.Payload{followed, run(events.Followers)}, ben, nil, []string{"followed_workout"}},
		{"no follower of a private workout", []events.Payload{followed, run(events.Private)}, ben, nil, nil},
		{"no follower once it is private", []events.Payload{followed, events.WorkoutUpdated{Workout: hidden}, run(events.Followers)}, ben, nil, nil},
		{"no follower once it is deleted", []events.Payload{followed, events.WorkoutDeleted{WorkoutID: "01RUN", UserID: anna, Version: 2}, run(events.Followers)}, ben, nil, nil},
		{"no follower of what is no news", []events.Payload{followed, old}, ben, nil, nil},
		{"nobody who stopped following", []events.Payload{events.Unfollowed{Follow: follow(ben, anna, 3)}, followed, run(events.Followers)}, ben, nil, nil},
		{"who is followed", []events.Payload{followed}, anna, []string{"Бен follows you now."}, []string{"new_follower"}},
		{"who is asked", []events.Payload{events.FollowRequested{Follow: follow(ben, anna, 1)}}, anna, []string{"Бен asks to follow you."}, []string{"follow_request"}},
		{"who was let in, in their language", []events.Payload{events.Followed{Follow: follow(ben, anna, 2), Approved: true}}, ben, []string{"Anna принимает вашу подписку."}, []string{"follow_accepted"}},
		{"who beat a record, of the most telling one", []events.Payload{record(anna, 1, stronger, faster, first)}, anna, []string{"A new record: 5.00 km in 0:21:05, before 0:21:40."}, []string{"record_set"}},
		{"of a record in their language", []events.Payload{record(ben, 1, stronger)}, ben, []string{"Новый рекорд: 251 W за 0:20:00, прежний 240 W."}, []string{"record_set"}},
		{"nobody of a first record", []events.Payload{record(anna, 1, first)}, anna, nil, nil},
		{"nobody of a record long ago", []events.Payload{record(anna, 15, faster)}, anna, nil, nil},
		{"who reached a goal, once a period", []events.Payload{goal, goal}, anna, []string{"Goal reached: 51.23 km of 50.00 km."}, []string{"goal_reached"}},
		{"nobody of a goal whose time is long over", []events.Payload{past}, anna, nil, nil},
		{"whose gear is worn, once a limit", []events.Payload{worn, worn}, ben, []string{"Пора заменить «Кеды»: 801.20 km из 800.00 km."}, []string{"gear_worn"}},
		{"who is the fastest on a segment now, once", []events.Payload{taken, taken}, anna, []string{"You are the fastest on “Lake” now: 0:06:15, before 0:08:20."}, []string{"segment_rank"}},
		{"who is not any more, in their language", []events.Payload{lost}, ben, []string{"На сегменте «Lake» среди мужчин показано время лучше вашего: 0:06:15, у вас 0:08:20."}, []string{"segment_rank"}},
		{"nobody of a first place by an old workout", []events.Payload{long}, anna, nil, nil},
		{"the owner of a file that failed", []events.Payload{events.WorkoutFailed{WorkoutID: "01X", UserID: anna, FileName: "a.fit", Code: "track_unreadable", Detail: "it cannot be read"}}, anna, []string{"“a.fit” could not be turned into a workout: it cannot be read"}, []string{"workout_failed"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := open(t)
			deliver(t, r, tt.events...)
			var texts, templates []string
			for _, n := range list(t, r, tt.to, "").Items {
				texts = append(texts, n.Text)
			}
			for _, m := range mails(r, tt.to) {
				templates = append(templates, m.Template)
			}
			if strings.Join(texts, "|") != strings.Join(tt.texts, "|") || strings.Join(templates, "|") != strings.Join(tt.mails, "|") {
				t.Errorf("told %q by mail %q", texts, templates)
			}
		})
	}
}

func TestOneMailADayAboutOthersWorkouts(t *testing.T) {
	t.Parallel()
	r := open(t)
	first, second, tomorrow := run(events.Everyone), run(events.Everyone), run(events.Everyone)
	second.WorkoutID, tomorrow.WorkoutID = "01RUN2", "01RUN3"
	tomorrow.CreatedAt = tomorrow.CreatedAt.AddDate(0, 0, 1)
	deliver(t, r, events.Followed{Follow: follow(ben, anna, 1)}, first, second, tomorrow)
	keys := map[string]bool{}
	for _, m := range mails(r, ben) {
		keys[m.Key] = true
	}
	if len(keys) != 2 {
		t.Errorf("keys %v, want one a day", keys)
	}
}

// What is told of a workout is told as others see it.
func TestFollowersAreToldWhatTheySee(t *testing.T) {
	t.Parallel()
	for ends, distance := range map[bool]string{false: "10.23 km", true: "10.00 km"} {
		r := open(t)
		e := run(events.Followers)
		metres := 10_234.0
		e.Stats.DistanceM, e.Hiding = &metres, events.Hiding{Version: 1, Ends: ends}
		settings := api.NotificationSettings{Kinds: map[string]api.NotificationChannels{string(api.NotificationKindFollowedWorkout): {InApp: true, Mail: true}}}
		if a := r.Call(functiontest.Person{ID: ben}, "PUT", "/v1/notifications/settings", settings); a.Status != 200 {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		deliver(t, r, events.Followed{Follow: follow(ben, anna, 2)}, e)
		if m := mails(r, ben); len(m) != 1 || m[0].Data["distance"] != distance {
			t.Errorf("mails %+v, want %s", m, distance)
		}
		if told := list(t, r, ben, "").Items; len(told) != 1 || told[0].Text != "Anna: новая тренировка «Long run»." {
			t.Errorf("told %+v", told)
		}
		if m := mails(r, anna); m[len(m)-1].Data["distance"] != "10.23 km" {
			t.Errorf("the owner's mail %+v", m)
		}
	}
}

func TestReadAndUnread(t *testing.T) {
	t.Parallel()
	r := open(t)
	deliver(t, r, run(events.Private), events.FollowRequested{Follow: follow(ben, anna, 1)})
	all := list(t, r, anna, "")
	if all.UnreadCount != 2 || len(all.Items) != 2 || all.Items[0].Read || all.Items[0].User.DisplayName != "Бен" {
		t.Fatalf("before: %+v", all)
	}
	one := api.ReadNotificationsRequest{Ids: []string{all.Items[0].ID, "unknown"}}
	if a := r.Call(functiontest.Person{ID: anna}, "POST", "/v1/notifications/read", one); a.Status != 204 {
		t.Fatalf("read one: %d %s", a.Status, a.Body)
	}
	unread := list(t, r, anna, "?unread=true")
	if unread.UnreadCount != 1 || len(unread.Items) != 1 || unread.Items[0].ID != all.Items[1].ID {
		t.Errorf("after one: %+v", unread)
	}
	if a := r.Call(functiontest.Person{ID: anna}, "POST", "/v1/notifications/read", api.ReadNotificationsRequest{All: true}); a.Status != 204 {
		t.Fatalf("read all: %d %s", a.Status, a.Body)
	}
	if after := list(t, r, anna, ""); after.UnreadCount != 0 || !after.Items[0].Read || !after.Items[1].Read {
		t.Errorf("after all: %+v", after)
	}
}

func TestChoiceOfChannels(t *testing.T) {
	t.Parallel()
	r := open(t)
	me := functiontest.Person{ID: anna}
	quiet := api.NotificationSettings{Kinds: map[string]api.NotificationChannels{"workout_ready": {InApp: false, Mail: false}}}
	a := r.Call(me, "PUT", "/v1/notifications/settings", quiet, "If-Match", `"0"`)
	if a.Status != 200 || a.Header.Get("ETag") != `"1"` {
		t.Fatalf("choose: %d %s %s", a.Status, a.Header.Get("ETag"), a.Body)
	}
	if a := r.Call(me, "PUT", "/v1/notifications/settings", quiet, "If-Match", `"0"`); a.Status != 412 {
		t.Errorf("an old version: %d", a.Status)
	}
	deliver(t, r, run(events.Private))
	if n := len(list(t, r, anna, "").Items) + len(mails(r, anna)); n != 0 {
		t.Errorf("told %d times against the choice", n)
	}
	bad := api.NotificationSettings{Kinds: map[string]api.NotificationChannels{"moon_phase": {}}}
	if a := r.Call(me, "PUT", "/v1/notifications/settings", bad); a.Status != 422 || a.Code() != "unknown_kind" {
		t.Errorf("unknown kind: %d %s", a.Status, a.Body)
	}
	if a := r.Call(me, "POST", "/v1/notifications/read", map[string]any{}); a.Status != 422 {
		t.Errorf("neither ids nor all: %d", a.Status)
	}
}

func TestANameThatHasNotComeYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := functiontest.New(t, "notify", notify.Open, nil)
	asked := events.FollowRequested{Follow: follow(ben, anna, 1)}
	if status := r.Redeliver("one", asked); status != 409 {
		t.Errorf("before the profile: %d, want 409 so that it is delivered again", status)
	}
	deliver(t, r, events.ProfileUpdated{UserID: ben, Version: 1, DisplayName: "Ben", Locale: "en"})
	if status := r.Redeliver("one", asked); status/100 != 2 {
		t.Errorf("after the profile: %d", status)
	}
	if all := list(t, r, anna, ""); len(all.Items) != 1 || all.Items[0].Text != "Ben asks to follow you." {
		t.Errorf("got %+v", all)
	}
}
