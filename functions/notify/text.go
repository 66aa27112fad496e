package notify

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"paceline/events"
	"paceline/shared/api"
)

// sentences is one sentence a kind and language; {name} stands for a value.
var sentences = map[string]map[api.NotificationKind]string{
	"en": {
		api.NotificationKindWorkoutReady:    "“{name}” is ready: {summary}.",
		api.NotificationKindWorkoutFailed:   "“{file_name}” could not be turned into a workout: {reason}",
		api.NotificationKindFollowedWorkout: "{who} added “{name}”: {summary}.",
		api.NotificationKindFollowRequested: "{name} asks to follow you.",
		api.NotificationKindFollowed:        "{name} follows you now.",
		api.NotificationKindFollowApproved:  "{name} lets you follow.",
	},
	"ru": {
		api.NotificationKindWorkoutReady:    "«{name}» готова: {summary}.",
		api.NotificationKindWorkoutFailed:   "Не удалось обработать «{file_name}»: {reason}",
		api.NotificationKindFollowedWorkout: "{who}: новая тренировка «{name}», {summary}.",
		api.NotificationKindFollowRequested: "{name} хочет подписаться на вас.",
		api.NotificationKindFollowed:        "{name} теперь подписан(а) на вас.",
		api.NotificationKindFollowApproved:  "{name} принимает вашу подписку.",
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
	s := sentences["en"][n.Kind]
	if own, ok := sentences[locale]; ok {
		s = own[n.Kind]
	}
	pairs := make([]string, 0, 2*len(n.Values))
	for k, v := range n.Values {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

// figures are the values of a workout that sentences and mails show.
func figures(w events.Workout, s events.Stats) map[string]string {
	out := map[string]string{"name": w.Name, "sport": strings.ReplaceAll(w.Sport, "_", " ")}
	var parts []string
	if s.DistanceM != nil {
		out["distance"] = strconv.FormatFloat(*s.DistanceM/1000, 'f', 2, 64) + " km"
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

// clock writes a duration as h:mm:ss.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}
