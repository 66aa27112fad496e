package notify

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/api"
	"paceline/shared/privacy"
)

// sentences is one sentence a kind and language; {name} stands for a value. A
// kind that is about several things has one for each, by the value "of".
var sentences = map[string]map[api.NotificationKind]string{
	"en": {
		api.NotificationKindWorkoutReady:    "“{name}” is ready: {summary}.",
		api.NotificationKindWorkoutFailed:   "“{file_name}” could not be turned into a workout: {reason}",
		api.NotificationKindFollowedWorkout: "{who} added “{name}”.",
		api.NotificationKindFollowRequested: "{name} asks to follow you.",
		api.NotificationKindFollowed:        "{name} follows you now.",
		api.NotificationKindFollowApproved:  "{name} lets you follow.",
		api.NotificationKindGoalReached:     "Goal reached: {result} of {target}.",
		api.NotificationKindGearWorn:        "“{name}” is worn: {result} of {target}.",
		"record_set/distance":               "A new record: {over} in {result}, before {previous}.",
		"record_set/time":                   "A new record: {result} in {over}, before {previous}.",
		"record_set/power":                  "A new record: {result} over {over}, before {previous}.",
		"record_set/distance_m":             "A new record: your longest way, {result}, before {previous}.",
		"record_set/moving_time_s":          "A new record: your longest time, {result}, before {previous}.",
		"record_set/elevation_gain_m":       "A new record: your most metres up, {result}, before {previous}.",
		"record_set/training_load":          "A new record: your highest load, {result}, before {previous}.",
		"segment_rank/taken_all":            "You are the fastest on “{name}” now: {result}, before {previous}.",
		"segment_rank/taken_female":         "You are the fastest woman on “{name}” now: {result}, before {previous}.",
		"segment_rank/taken_male":           "You are the fastest man on “{name}” now: {result}, before {previous}.",
		"segment_rank/lost_all":             "Somebody is faster on “{name}” now: {result}, you have {previous}.",
		"segment_rank/lost_female":          "Another woman is faster on “{name}” now: {result}, you have {previous}.",
		"segment_rank/lost_male":            "Another man is faster on “{name}” now: {result}, you have {previous}.",
		api.NotificationKindImportFinished:  "Your import is done: {created} files became workouts, {duplicates} you had, {failed} could not be read.",
	},
	"ru": {
		api.NotificationKindWorkoutReady:    "«{name}» готова: {summary}.",
		api.NotificationKindWorkoutFailed:   "Не удалось обработать «{file_name}»: {reason}",
		api.NotificationKindFollowedWorkout: "{who}: новая тренировка «{name}».",
		api.NotificationKindFollowRequested: "{name} хочет подписаться на вас.",
		api.NotificationKindFollowed:        "{name} теперь подписан(а) на вас.",
		api.NotificationKindFollowApproved:  "{name} принимает вашу подписку.",
		api.NotificationKindGoalReached:     "Цель достигнута: {result} из {target}.",
		api.NotificationKindGearWorn:        "Пора заменить «{name}»: {result} из {target}.",
		"record_set/distance":               "Новый рекорд: {over} за {result}, прежний {previous}.",
		"record_set/time":                   "Новый рекорд: {result} за {over}, прежний {previous}.",
		"record_set/power":                  "Новый рекорд: {result} за {over}, прежний {previous}.",
		"record_set/distance_m":             "Новый рекорд: самый длинный путь, {result}, прежний {previous}.",
		"record_set/moving_time_s":          "Новый рекорд: самое долгое время, {result}, прежний {previous}.",
		"record_set/elevation_gain_m":       "Новый рекорд: самый большой набор высоты, {result}, прежний {previous}.",
		"record_set/training_load":          "Новый рекорд: самая высокая нагрузка, {result}, прежний {previous}.",
		"segment_rank/taken_all":            "Теперь у вас лучшее время на сегменте «{name}»: {result}, прежнее {previous}.",
		"segment_rank/taken_female":         "Теперь у вас лучшее время среди женщин на сегменте «{name}»: {result}, прежнее {previous}.",
		"segment_rank/taken_male":           "Теперь у вас лучшее время среди мужчин на сегменте «{name}»: {result}, прежнее {previous}.",
		"segment_rank/lost_all":             "На сегменте «{name}» показано время лучше вашего: {result}, у вас {previous}.",
		"segment_rank/lost_female":          "На сегменте «{name}» среди женщин показано время лучше вашего: {result}, у вас {previous}.",
		"segment_rank/lost_male":            "На сегменте «{name}» среди мужчин показано время лучше вашего: {result}, у вас {previous}.",
		api.NotificationKindImportFinished:  "Импорт завершён. Новых файлов: {created}, уже были: {duplicates}, не удалось прочитать: {failed}.",
	},
}

// left is the sentence of every kind about a person who is no more.
var left = map[string]string{
	"en": "This was about a person who has left.",
	"ru": "Это уведомление о человеке, который удалил аккаунт.",
}

// forget is the note without the person that it is about.
func (n Note) forget() Note { return Note{ID: n.ID, Kind: n.Kind, At: n.At, Left: true} }

// sentence is the note in a language, English when we have no other.
func (n Note) sentence(locale string) string {
	if n.Left {
		return cmp.Or(left[locale], left["en"])
	}
	kind := n.Kind
	if of := n.Values["of"]; of != "" {
		kind += api.NotificationKind("/" + of)
	}
	s := sentences["en"][kind]
	if own, ok := sentences[locale]; ok {
		s = own[kind]
	}
	pairs := make([]string, 0, 2*len(n.Values))
	for k, v := range n.Values {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// forOthers are the values of a workout that its followers are told: its totals
// as they see them.
func forOthers(e events.WorkoutProcessed, who string) map[string]string {
	shown := e.Stats
	if e.Hiding.Ends {
		shown = privacy.Coarse(shown)
	}
	values := figures(e.Workout, shown)
	values["who"] = who
	return values
}

// figures are the values of a workout that sentences and mails show.
func figures(w events.Workout, s events.Stats) map[string]string {
	out := map[string]string{"name": w.Name, "sport": words(w.Sport)}
	var parts []string
	if s.DistanceM != nil {
		out["distance"] = kilometres(*s.DistanceM)
		parts = append(parts, out["distance"])
	}
	seconds := s.MovingTimeS
	if seconds == nil {
		seconds = s.ElapsedTimeS
	}
	if seconds != nil {
		out["duration"] = clock(time.Duration(*seconds * float64(time.Second)))
		parts = append(parts, out["duration"])
	}
	if len(parts) == 0 {
		parts = append(parts, out["sport"])
	}
	out["summary"] = strings.Join(parts, ", ")
	return out
}

// words writes the name of a sport.
func words(sport string) string { return strings.ReplaceAll(sport, "_", " ") }

// kilometres writes a distance, to ten metres.
func kilometres(metres float64) string { return strconv.FormatFloat(metres/1000, 'f', 2, 64) + " km" }

// clock writes a duration as h:mm:ss.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
