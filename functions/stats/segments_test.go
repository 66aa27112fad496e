package stats_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/function/functiontest"
	"paceline/shared/function/store"
	"paceline/shared/objects"
	"paceline/shared/track"
)

const (
	cid = "01CID"
	dea = "01DEA"
)

// runs is an upload of somebody, as the upload function tells of it.
func (r *rig) runs(who, id string, start time.Time, tr *track.Track, edits ...func(*events.Workout)) events.Workout {
	r.T.Helper()
	w := workout(id, start, events.Everyone)
	w.UserID = who
	for _, edit := range edits {
		edit(&w)
	}
	b, err := track.Encode(tr)
	if err != nil {
		r.T.Fatal(err)
	}
	key := "track/" + who + "/" + id
	r.Know(who)
	if b, err = r.Keys().SealFile(context.Background(), who, key, b); err != nil {
		r.T.Fatal(err)
	}
	if _, err := r.objects.Put(context.Background(), key, bytes.NewReader(b), objects.Options{}); err != nil {
		r.T.Fatal(err)
	}
	r.deliver(events.WorkoutUploaded{Workout: w, UploadID: "01UP" + id, TrackKey: key})
	return w
}

// mill delivers what stats tells itself of segments, each twice, until there is
// nothing more.
type mill struct {
	*rig
	sought, asked, changed int
}

func (m *mill) settle() {
	m.T.Helper()
	twice := func(p events.Payload) {
		m.deliver(p)
		m.deliver(p)
	}
	for {
		sought, asked := functiontest.SentOf[events.StatsSegmentSought](m.Rig), functiontest.SentOf[events.StatsMatchRequested](m.Rig)
		changed := functiontest.SentOf[events.StatsSegmentChanged](m.Rig)
		if len(sought) == m.sought && len(asked) == m.asked && len(changed) == m.changed {
			return
		}
		for _, e := range sought[m.sought:] {
			m.deliver(e)
		}
		for _, e := range asked[m.asked:] {
			twice(e)
		}
		for i := len(changed) - 1; i >= m.changed; i-- { // in the wrong order, too
			twice(changed[i])
		}
		m.sought, m.asked, m.changed = len(sought), len(asked), len(changed)
	}
}

func (m *mill) makes(who, workout string, body map[string]any) api.Segment {
	m.T.Helper()
	in := map[string]any{"workout_id": workout, "name": "Lake shore", "from_m": 500, "to_m": 2000}
	for k, v := range body {
		in[k] = v
	}
	a := m.Call(functiontest.Person{ID: who}, "POST", "/v1/segments", in)
	if a.Status != 201 {
		m.T.Fatalf("a segment: %d %s", a.Status, a.Body)
	}
	var s api.Segment
	a.JSON(m.T, &s)
	m.settle()
	return s
}

// board is a leaderboard as "who seconds", and the reader's own after a bar.
func (m *mill) board(who string, s api.Segment, query string) string {
	m.T.Helper()
	var b api.Leaderboard
	m.get(who, "/v1/segments/"+s.ID+"/leaderboard?"+query, 200).JSON(m.T, &b)
	var rows []string
	for _, row := range b.Items {
		rows = append(rows, fmt.Sprintf("%d %s %.0f", row.Rank, row.UserID[2:], row.ElapsedTimeS))
	}
	text := strings.Join(rows, ", ")
	if b.Own != nil {
		text += fmt.Sprintf(" | %d", b.Own.Rank)
	}
	return text
}

func (m *mill) wants(what, who string, s api.Segment, query, want string) {
	m.T.Helper()
	if got := m.board(who, s, query); got != want {
		m.T.Errorf("%s: the board for %s is %q, want %q", what, who, got, want)
	}
}

// ranks is who was told of a first place since, as "who taken" or "who lost".
func (m *mill) ranks() string {
	var out []string
	for _, e := range functiontest.SentOf[events.SegmentRankChanged](m.Rig) {
		what := "lost"
		if e.Taken {
			what = "taken"
		}
		out = append(out, fmt.Sprintf("%s %s %s %.0f %.0f", e.UserID[2:], what, e.Among, e.ElapsedS, e.PreviousS))
	}
	return strings.Join(out, ", ")
}

// left is where Redis has a segment, but for what is its people's own.
func (m *mill) left(s api.Segment) string {
	m.T.Helper()
	client, err := store.Dial(m.Redis, store.TLS{})
	if err != nil {
		m.T.Fatal(err)
	}
	defer client.Close()
	var found []string
	for _, kind := range []string{"board", "ranked", "made", "segment", "starts", "segments"} {
		keys, err := client.Keys(m.T.Context(), "stats:*:"+kind+":*").Result()
		if err != nil {
			m.T.Fatal(err)
		}
		for _, key := range keys {
			in := key
			switch kind {
			case "starts":
				in = fmt.Sprint(client.HKeys(m.T.Context(), key).Val())
			case "segments":
				in = fmt.Sprint(client.ZRange(m.T.Context(), key, 0, -1).Val())
			}
			if strings.Contains(in, s.ID) {
				found = append(found, key)
			}
		}
	}
	return strings.Join(found, ", ")
}

func openMill(t *testing.T) *mill { return &mill{rig: open(t)} }

var may = time.Date(2026, 5, 1, 7, 0, 0, 0, berlin)

func TestASegmentIsMadeRiddenAndRanked(t *testing.T) {
	t.Parallel()
	m := openMill(t)
	m.runs(anna, "01A", may, at(may, 1000, 3))
	s := m.makes(anna, "01A", nil)
	if math.Abs(s.DistanceM-1500) > 1 || s.Sport != "running" || s.Version != 1 || s.UserID != anna || s.Visibility != "everyone" || s.Polyline == "" {
		t.Errorf("made %+v", s)
	}
	m.wants("the maker alone", anna, s, "", "1 ANNA 500 | 1")
	m.wants("somebody without an effort", ben, s, "", "1 ANNA 500")
	m.runs(ben, "01B", may, at(may, 1000, 4))
	m.settle()
	m.wants("a faster one", anna, s, "", "1 BEN 375, 2 ANNA 500 | 2")
	if got := m.ranks(); got != "BEN taken all 375 500, ANNA lost all 375 500" {
		t.Errorf("told %q", got)
	}
	m.runs(cid, "01C", may, at(may, 1000, 3.5))
	m.runs(anna, "01A2", may.AddDate(0, 0, 1), at(may.AddDate(0, 0, 1), 1000, 2.5))
	m.settle()
	m.wants("slower ones", anna, s, "", "1 BEN 375, 2 CID 429, 3 ANNA 500 | 3")
	m.wants("the first page", anna, s, "limit=1", "1 BEN 375 | 3")
	m.wants("the second page", anna, s, "limit=1&cursor="+next(t, m, s, "limit=1"), "2 CID 429 | 3")
	if got := strings.Count(m.ranks(), ","); got != 1 {
		t.Errorf("told of slower ones: %q", m.ranks())
	}
	m.runs(anna, "01A3", may.AddDate(0, 0, 2), at(may.AddDate(0, 0, 2), 1000, 5))
	m.settle()
	m.wants("the best counts", anna, s, "", "1 ANNA 300, 2 BEN 375, 3 CID 429 | 1")
	if got := m.ranks(); !strings.HasSuffix(got, "ANNA taken all 300 375, BEN lost all 300 375") {
		t.Errorf("told %q", got)
	}
	var own api.SegmentEffortList
	m.get(anna, "/v1/segments/"+s.ID+"/efforts", 200).JSON(t, &own)
	if len(own.Items) != 3 || own.Items[0].WorkoutID != "01A3" || own.Items[2].WorkoutID != "01A" || *own.Items[2].StartS < 160 {
		t.Errorf("own efforts %+v", own.Items)
	}
	var of api.SegmentEffortList
	m.get(anna, "/v1/workouts/01A/segments", 200).JSON(t, &of)
	if len(of.Items) != 1 || of.Items[0].SegmentName != "Lake shore" || math.Abs(of.Items[0].ElapsedTimeS-500) > 1 {
		t.Errorf("of the workout %+v", of.Items)
	}
	var others api.SegmentEffortList
	m.get(ben, "/v1/workouts/01A/segments", 200).JSON(t, &others)
	if len(others.Items) != 1 || others.Items[0].StartS != nil {
		t.Errorf("to others %+v", others.Items)
	}
	m.deliver(events.WorkoutDeleted{WorkoutID: "01A3", UserID: anna, Version: 2})
	m.settle()
	m.wants("what is deleted counts no more", anna, s, "", "1 BEN 375, 2 CID 429, 3 ANNA 500 | 3")
	told := m.ranks()
	if a := m.Call(functiontest.Person{ID: cid}, "POST", "/v1/stats/replays", nil); a.Status != 202 {
		t.Errorf("replay: %d %s", a.Status, a.Body)
	}
	before := len(functiontest.SentOf[events.StatsSegmentChanged](m.Rig))
	m.settle()
	if n := len(functiontest.SentOf[events.StatsSegmentChanged](m.Rig)); n != before+2 { // the mill asks twice
		t.Errorf("a replay told leaderboards %d times", n-before)
	}
	for _, e := range functiontest.SentOf[events.StatsSegmentChanged](m.Rig) {
		m.deliver(e)
	}
	m.wants("what comes late changes nothing", anna, s, "", "1 BEN 375, 2 CID 429, 3 ANNA 500 | 3")
	if got := m.ranks(); got != told {
		t.Errorf("told again: %q", got)
	}
}

// next is the cursor of a leaderboard's next page.
func next(t *testing.T, m *mill, s api.Segment, query string) string {
	t.Helper()
	var b api.Leaderboard
	m.get(anna, "/v1/segments/"+s.ID+"/leaderboard?"+query, 200).JSON(t, &b)
	return url.QueryEscape(b.NextCursor)
}

// What was recorded before a segment was made is matched, of everybody who was
// there, and nobody is told of it.
func TestEarlierWorkoutsAreMatched(t *testing.T) {
	t.Parallel()
	m := openMill(t)
	want := []string{"1 ANNA"}
	for i := range 23 { // more than one step looks for
		who := fmt.Sprintf("01P%02d", i)
		m.runs(who, "01W"+who, may, at(may, 1100, 2.9-float64(i)/100))
		want = append(want, fmt.Sprintf("%d P%02d", i+2, i))
	}
	m.runs(ben, "01FAR", may, moved(at(may, 1000, 3), 0, 0.01))
	m.runs(ben, "01BACK", may.AddDate(0, 0, 1), reversed(at(may.AddDate(0, 0, 1), 1000, 3)))
	m.runs(ben, "01RIDE", may.AddDate(0, 0, 2), at(may.AddDate(0, 0, 2), 1000, 8), func(w *events.Workout) { w.Sport = "cycling" })
	m.runs(anna, "01A", may, at(may, 1000, 3))
	s := m.makes(anna, "01A", nil)
	var got []string
	for row := range strings.SplitSeq(m.board(ben, s, "limit=100"), ", ") {
		got = append(got, row[:strings.LastIndex(row, " ")])
	}
	if !slices.Equal(got, want) {
		t.Errorf("the board of all who were there is %q, want %q", got, want)
	}
	if got := m.ranks(); got != "" {
		t.Errorf("told of old workouts: %q", got)
	}
	if steps := functiontest.SentOf[events.StatsSegmentSought](m.Rig); len(steps) != 2 {
		t.Errorf("%d steps of looking", len(steps))
	}
	m.runs(cid, "01C", may, at(may, 1000, 4), func(w *events.Workout) { w.ImportID = "01IMPORT" })
	m.settle()
	if got := m.ranks(); !strings.HasPrefix(m.board(ben, s, "limit=1"), "1 CID 375") || got != "" {
		t.Errorf("of an import: told %q", got)
	}
}

func moved(tr *track.Track, lat, lng float64) *track.Track {
	for i := range tr.Samples.Lat {
		tr.Samples.Lat[i] += lat
		tr.Samples.Lng[i] += lng
	}
	return tr
}

func reversed(tr *track.Track) *track.Track {
	for i, j := 0, len(tr.Samples.Lat)-1; i < j; i, j = i+1, j-1 {
		tr.Samples.Lat[i], tr.Samples.Lat[j] = tr.Samples.Lat[j], tr.Samples.Lat[i]
	}
	return tr
}

// Whatever hides an effort takes it off the board, and it comes back.
func TestWhatIsOnABoard(t *testing.T) {
	t.Parallel()
	m := openMill(t)
	m.runs(anna, "01A", may, at(may, 1000, 3))
	s := m.makes(anna, "01A", nil)
	const with, without = "1 ANNA 500, 2 BEN 600", "1 ANNA 500"
	w := m.runs(ben, "01B", may, at(may, 1000, 2.5), func(w *events.Workout) { w.Visibility = events.Private })
	m.settle()
	update := func(edit func(*events.Workout)) {
		w.Version++
		edit(&w)
		m.deliver(events.WorkoutUpdated{Workout: w})
		m.settle()
	}
	m.wants("a private workout", cid, s, "", without)
	m.wants("a private workout, to its owner", ben, s, "", without)
	update(func(w *events.Workout) { w.Visibility = events.Followers })
	m.wants("for followers", cid, s, "", without)
	update(func(w *events.Workout) { w.Visibility = events.Everyone })
	m.wants("for everyone", cid, s, "", with)
	update(func(w *events.Workout) { w.HideMap = true })
	m.wants("with a hidden map", cid, s, "", without)
	update(func(w *events.Workout) { w.HideMap = false })
	m.wants("with its map", cid, s, "", with)
	update(func(w *events.Workout) { w.Sport = "hiking" })
	m.wants("another sport", cid, s, "", without)
	update(func(w *events.Workout) { w.Sport = "running" })
	m.wants("its sport again", cid, s, "", with)

	share := func(yes bool) {
		if a := m.Call(functiontest.Person{ID: ben}, "PUT", "/v1/stats/comparison", api.ComparisonChoice{Share: yes}); a.Status != 204 {
			t.Fatalf("share %v: %d %s", yes, a.Status, a.Body)
		}
		m.settle()
	}
	share(false)
	m.wants("of who shares no times", cid, s, "", without)
	share(true)
	m.wants("of who shares them again", cid, s, "", with)

	zone := func(lat float64) string {
		a := m.Call(functiontest.Person{ID: ben}, "POST", "/v1/privacy-zones", map[string]any{"lat": lat, "lng": 13, "radius_m": 200})
		var z api.PrivacyZone
		a.JSON(t, &z)
		return z.ID
	}
	far := zone(52.1)
	m.settle()
	m.wants("a zone elsewhere", cid, s, "", with)
	id := zone(52 + 1000/111_267.0)
	m.wants("a zone on the segment, at once", cid, s, "", without)
	var of api.SegmentEffortList
	m.get(cid, "/v1/workouts/01B/segments", 200).JSON(t, &of)
	if len(of.Items) != 0 {
		t.Errorf("the workout tells of a segment in a zone: %+v", of.Items)
	}
	m.get(ben, "/v1/workouts/01B/segments", 200).JSON(t, &of)
	if len(of.Items) != 1 {
		t.Errorf("the owner does not see it: %+v", of.Items)
	}
	m.settle()
	m.wants("a zone on the segment", cid, s, "", without)
	var b api.Leaderboard
	m.get(cid, "/v1/segments/"+s.ID+"/leaderboard", 200).JSON(t, &b)
	if b.People != 1 {
		t.Errorf("%d people are counted", b.People)
	}
	for _, z := range []string{id, far} {
		if a := m.Call(functiontest.Person{ID: ben}, "DELETE", "/v1/privacy-zones/"+z, nil); a.Status != 204 {
			t.Fatalf("drop a zone: %d", a.Status)
		}
	}
	m.settle()
	m.wants("without the zone", cid, s, "", with)

	m.deliver(events.Blocked{Block: events.Block{BlockerID: ben, BlockedID: cid, Version: 1}})
	m.wants("to who is blocked", cid, s, "", without)
	m.wants("to others", dea, s, "", with)
	m.deliver(events.Unblocked{Block: events.Block{BlockerID: ben, BlockedID: cid, Version: 2}})
	m.wants("to who is blocked no more", cid, s, "", with)

	m.wants("of whom one follows", cid, s, "following=true", "")
	m.deliver(events.Followed{Follow: events.Follow{FollowerID: cid, FolloweeID: ben, Version: 1}})
	m.wants("of whom one follows", cid, s, "following=true", "1 BEN 600")
	m.wants("of oneself", anna, s, "following=true", "1 ANNA 500 | 1")
	m.deliver(events.Unfollowed{Follow: events.Follow{FollowerID: cid, FolloweeID: ben, Version: 2}})
	m.wants("of whom one followed", cid, s, "following=true", "")

	update(func(w *events.Workout) { // a crop that leaves half of it
		start := may.AddDate(0, 0, 1)
		b, _ := track.Encode(at(start, 300, 2.5))
		key := "track/" + ben + "/01B.2"
		b, _ = m.Keys().SealFile(context.Background(), ben, key, b)
		_, _ = m.objects.Put(context.Background(), key, bytes.NewReader(b), objects.Options{})
		w.Track = key
	})
	m.wants("cropped", cid, s, "", without)
	update(func(w *events.Workout) { w.Track = "" })
	m.wants("not cropped", cid, s, "", with)

	m.Erase(ben)
	m.deliver(events.AccountErased{UserID: ben})
	m.wants("of who was erased", cid, s, "", without)
}

func TestLeaderboardsOfPeopleAlike(t *testing.T) {
	t.Parallel()
	m := openMill(t)
	who := func(id, sex string, born int, kg float64) {
		m.deliver(events.AthleteSettingsChanged{UserID: id, Version: 1, Entries: []events.AthleteSettings{{ValidFrom: "2000-01-01", BirthYear: &born, Sex: sex, WeightKG: &kg}}})
	}
	who(anna, "female", 1990, 58)
	who(ben, "male", 1980, 81)
	who(cid, "female", 1962, 62)
	m.runs(anna, "01A", may, at(may, 1000, 3))
	s := m.makes(anna, "01A", nil)
	last := may.AddDate(-1, 0, 0)
	m.runs(ben, "01B", may, at(may, 1000, 2.5))
	m.runs(ben, "01B0", last, at(last, 1000, 4))
	m.runs(cid, "01C", may.AddDate(0, -1, 0), at(may.AddDate(0, -1, 0), 1000, 3.5))
	m.runs(dea, "01D", may, at(may, 1000, 2.6))
	m.settle()
	for query, want := range map[string]string{
		"":                          "1 BEN 375, 2 CID 429, 3 ANNA 500, 4 DEA 577 | 3",
		"sex=female":                "1 CID 429, 2 ANNA 500 | 2",
		"sex=male":                  "1 BEN 375",
		"age=30-39":                 "1 ANNA 500 | 1",
		"age=40-49":                 "1 BEN 375",
		"weight=60-69":              "1 CID 429",
		"sex=male&weight=60-69":     "",
		"sex=female&age=60-69":      "1 CID 429",
		"period=2026":               "1 CID 429, 2 ANNA 500, 3 DEA 577, 4 BEN 600 | 2",
		"period=2025":               "1 BEN 375",
		"period=2026-05":            "1 ANNA 500, 2 DEA 577, 3 BEN 600 | 1",
		"period=2026-04&sex=female": "1 CID 429",
		"period=2019":               "",
	} {
		m.wants(query, anna, s, query, want)
	}
	for _, bad := range []string{"sex=x", "age=30-40", "age=3", "weight=70", "period=May", "following=perhaps", "limit=0", "cursor=x"} {
		m.get(anna, "/v1/segments/"+s.ID+"/leaderboard?"+bad, 422)
	}
	// A faster woman, who is not the fastest of all, takes the first place of women.
	now := may.AddDate(0, 0, 3)
	m.runs(anna, "01A2", now, at(now, 1000, 3.75))
	m.settle()
	if got := m.ranks(); !strings.HasSuffix(got, "ANNA taken female 400 429, CID lost female 400 429") {
		t.Errorf("told %q", got)
	}
	// Another weight in the settings is another board.
	born, kg := 1990, 61.0
	m.deliver(events.AthleteSettingsChanged{UserID: anna, Version: 2, Entries: []events.AthleteSettings{{ValidFrom: "2000-01-01", BirthYear: &born, Sex: "female", WeightKG: &kg}}})
	for _, e := range functiontest.SentOf[events.StatsReplayRequested](m.Rig) {
		m.deliver(e)
	}
	m.settle()
	m.wants("after another weight", anna, s, "weight=60-69", "1 ANNA 400, 2 CID 429 | 1")
	m.wants("after another weight", anna, s, "weight=50-59", "")
}

func TestSegmentsAreFoundEditedAndDeleted(t *testing.T) {
	t.Parallel()
	m := openMill(t)
	m.runs(anna, "01A", may, at(may, 1000, 3))
	s := m.makes(anna, "01A", nil)
	m.Advance(time.Second)
	other := m.makes(anna, "01A", map[string]any{"from_m": nil, "to_m": nil, "from_s": 0, "to_s": 1000, "name": "All of it"})
	names := func(who, query string) string {
		var list api.SegmentList
		m.get(who, "/v1/segments?"+query, 200).JSON(t, &list)
		var out []string
		for _, s := range list.Items {
			out = append(out, s.Name)
		}
		return strings.Join(out, ", ")
	}
	for query, want := range map[string]string{
		"": "", "lat=52.0045&lng=13": "Lake shore, All of it", "lat=52.0045&lng=13&radius_m=100": "Lake shore", "lat=52&lng=13&radius_m=20": "All of it",
		"lat=52.0045&lng=13&sport=cycling": "", "lat=52.0045&lng=13.2": "", "lat=52.0045&lng=13&limit=1": "Lake shore",
	} {
		if got := names(ben, query); got != want {
			t.Errorf("%q: %q, want %q", query, got, want)
		}
	}
	if got := names(anna, ""); got != "All of it, Lake shore" {
		t.Errorf("own: %q", got)
	}
	var page api.SegmentList
	m.get(ben, "/v1/segments?lat=52.0045&lng=13&limit=1", 200).JSON(t, &page)
	if got := names(ben, "lat=52.0045&lng=13&limit=1&cursor="+page.NextCursor); got != "All of it" {
		t.Errorf("the second page: %q", got)
	}
	for _, bad := range []string{"lat=52", "lat=x&lng=13", "lat=99&lng=13", "lat=52&lng=13&radius_m=9000", "lat=52&lng=13&limit=0"} {
		m.get(ben, "/v1/segments?"+bad, 422)
	}
	edit := func(who string, body any, match string, status int) {
		t.Helper()
		if a := m.Call(functiontest.Person{ID: who}, "PATCH", "/v1/segments/"+s.ID, body, "If-Match", match); a.Status != status {
			t.Errorf("edit %v by %s: %d %s, want %d", body, who, a.Status, a.Body, status)
		}
		m.settle()
	}
	edit(ben, map[string]any{"name": "Mine"}, `"1"`, 404)
	edit(anna, map[string]any{"name": "Mine"}, `"7"`, 412)
	edit(anna, map[string]any{"name": " "}, `"1"`, 422)
	edit(anna, map[string]any{"visibility": "followers"}, `"1"`, 422)
	m.runs(ben, "01B", may, at(may, 1000, 4))
	m.settle()
	edit(anna, map[string]any{"name": "My shore", "visibility": "private"}, `"1"`, 200)
	m.get(ben, "/v1/segments/"+s.ID, 404)
	m.get(ben, "/v1/segments/"+s.ID+"/leaderboard", 404)
	m.get(ben, "/v1/segments/"+s.ID+"/efforts", 404)
	var of api.SegmentEffortList
	m.get(ben, "/v1/workouts/01B/segments", 200).JSON(t, &of)
	if len(of.Items) != 1 || of.Items[0].SegmentID != other.ID {
		t.Errorf("of a segment that became private: %+v", of.Items)
	}
	m.wants("a private one", anna, s, "", "1 ANNA 500 | 1")
	m.runs(cid, "01C", may, at(may, 1000, 3.5))
	m.settle()
	edit(anna, map[string]any{"visibility": "everyone"}, `"2"`, 200)
	m.wants("for everyone again, with who came meanwhile", anna, s, "", "1 BEN 375, 2 CID 429, 3 ANNA 500 | 3")

	// A zone of its maker's hides the segment from others.
	a := m.Call(functiontest.Person{ID: anna}, "POST", "/v1/privacy-zones", map[string]any{"lat": 52 + 500/111_267.0, "lng": 13, "radius_m": 100})
	var z api.PrivacyZone
	a.JSON(t, &z)
	m.get(ben, "/v1/segments/"+s.ID, 404)
	if got := names(ben, "lat=52.0045&lng=13"); got != "" {
		t.Errorf("near a zone of the maker's: %q", got)
	}
	m.get(anna, "/v1/segments/"+s.ID, 200)
	if a := m.Call(functiontest.Person{ID: anna}, "POST", "/v1/segments", map[string]any{"workout_id": "01A", "name": "Home", "from_m": 400, "to_m": 900}); a.Status != 422 || a.Code() != "segment_in_privacy_zone" {
		t.Errorf("a segment from a zone: %d %s", a.Status, a.Body)
	}
	m.Call(functiontest.Person{ID: anna}, "DELETE", "/v1/privacy-zones/"+z.ID, nil)
	m.settle()

	if a := m.Call(functiontest.Person{ID: ben}, "DELETE", "/v1/segments/"+s.ID, nil); a.Status != 404 {
		t.Errorf("deleted by another: %d", a.Status)
	}
	sought := functiontest.SentOf[events.StatsSegmentSought](m.Rig)
	changed := functiontest.SentOf[events.StatsSegmentChanged](m.Rig)
	if a := m.Call(functiontest.Person{ID: anna}, "DELETE", "/v1/segments/"+s.ID, nil); a.Status != 204 {
		t.Fatalf("delete: %d %s", a.Status, a.Body)
	}
	m.settle()
	for i := range sought { // late
		m.deliver(sought[i])
	}
	for i := range changed {
		m.deliver(changed[i])
	}
	m.get(anna, "/v1/segments/"+s.ID, 404)
	if left := m.left(s); left != "" {
		t.Errorf("a deleted segment leaves %s", left)
	}
	if m.left(other) == "" {
		t.Error("the search for what is left finds nothing of a segment that is there")
	}
	if got := names(anna, "lat=52.0045&lng=13"); got != "All of it" {
		t.Errorf("after a deletion: %q", got)
	}
	m.get(ben, "/v1/workouts/01B/segments", 200).JSON(t, &of)
	if len(of.Items) != 1 {
		t.Errorf("of a deleted segment: %+v", of.Items)
	}
	m.Erase(anna)
	m.deliver(events.AccountErased{UserID: anna})
	m.get(ben, "/v1/segments/"+other.ID, 404)
	if got := names(ben, "lat=52.0045&lng=13"); got != "" {
		t.Errorf("after an erasure: %q", got)
	}
}

func TestWhatIsNoSegment(t *testing.T) {
	t.Parallel()
	m := openMill(t)
	m.runs(anna, "01A", may, at(may, 1000, 3))
	gap := at(may, 1000, 3)
	gap.Samples.Lat[400], gap.Samples.Lng[400] = math.NaN(), math.NaN()
	for i := 400; i < len(gap.Samples.Lat); i++ { // 300 m in a minute, unseen
		gap.Samples.Lat[i] += 300 / 111_267.0
		gap.Samples.TimeMS[i] += 60_000
	}
	m.runs(anna, "01GAP", may.AddDate(0, 0, 1), gap)
	indoors := at(may.AddDate(0, 0, 2), 1000, 3)
	m.runs(anna, "01ROOM", may.AddDate(0, 0, 2), indoors, func(w *events.Workout) { w.SubSport = "treadmill" })
	m.runs(ben, "01B", may, at(may, 1000, 3))
	m.deliver(events.WorkoutUpdated{Workout: workout("01SOON", may, events.Private)})
	for _, c := range []struct {
		name string
		body map[string]any
		code string
	}{
		{"somebody else's workout", map[string]any{"workout_id": "01B"}, "404 workout_not_found"},
		{"no workout", map[string]any{"workout_id": "01NONE"}, "404 workout_not_found"},
		{"one that is not ready", map[string]any{"workout_id": "01SOON"}, "409 workout_not_ready"},
		{"a short stretch", map[string]any{"to_m": 700}, "422 segment_length"},
		{"backwards", map[string]any{"from_m": 2000, "to_m": 500}, "422 invalid_segment"},
		{"farther than it went", map[string]any{"to_m": 9000}, "422 invalid_segment"},
		{"longer than it took", map[string]any{"from_m": nil, "to_m": nil, "from_s": 10, "to_s": 2000}, "422 segment_without_way"},
		{"seconds and metres", map[string]any{"from_s": 10}, "422 invalid_segment"},
		{"neither", map[string]any{"from_m": nil, "to_m": nil}, "422 invalid_segment"},
		{"no name", map[string]any{"name": "  "}, "422 invalid_segment"},
		{"a long name", map[string]any{"name": strings.Repeat("x", 201)}, "422 invalid_segment"},
		{"for nobody known", map[string]any{"visibility": "club"}, "422 invalid_segment"},
		{"a gap", map[string]any{"workout_id": "01GAP", "from_m": 1000, "to_m": 1600}, "422 segment_has_gap"},
		{"a treadmill", map[string]any{"workout_id": "01ROOM"}, "422 segment_without_way"},
		{"another member", map[string]any{"sport": "cycling"}, "422 invalid_member"},
	} {
		in := map[string]any{"workout_id": "01A", "name": "Shore", "from_m": 500, "to_m": 2000}
		for k, v := range c.body {
			in[k] = v
		}
		a := m.Call(functiontest.Person{ID: anna}, "POST", "/v1/segments", in)
		if got := fmt.Sprint(a.Status, " ", a.Code()); got != c.code {
			t.Errorf("%s: %s %s, want %s", c.name, got, a.Body, c.code)
		}
	}
}

// A bicycle ridden as a run, a motor, and a virtual ride make no effort.
func TestWhatIsNoEffort(t *testing.T) {
	t.Parallel()
	m := openMill(t)
	m.runs(anna, "01A", may, at(may, 1000, 3))
	s := m.makes(anna, "01A", nil)
	m.runs(ben, "01BIKE", may, at(may, 1000, 9))
	m.runs(ben, "01ROOM", may.AddDate(0, 0, 1), at(may.AddDate(0, 0, 1), 1000, 4), func(w *events.Workout) { w.SubSport = "virtual_activity" })
	spike := at(may.AddDate(0, 0, 2), 1000, 4)
	spike.Samples.Lat[300] += 0.02
	m.runs(cid, "01SPIKE", may.AddDate(0, 0, 2), spike)
	m.settle()
	m.wants("a bicycle as a run, a virtual one, and a spike that is passed over", anna, s, "", "1 CID 375, 2 ANNA 500 | 2")
}
