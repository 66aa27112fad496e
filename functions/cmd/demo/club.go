package main

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"paceline/functions/upload/fit/fittest"
	"paceline/functions/upload/gpx/gpxtest"
	"paceline/functions/upload/tcx/tcxtest"
)

// password is everybody's in the demo.
const password = "a club of early birds"

var names = []string{"Anna Weber", "Ben Okafor", "Cleo Martin", "Dmitri Sokolov", "Elif Kaya", "Femi Adeyemi"}

// session is one kind of workout in the demo.
type session struct {
	name, sport, visibility string
	minutes                 int
	file                    func(start time.Time, seconds int) []byte
}

var week = []session{
	{"Easy run along the river", "running", "followers", 42, fittest.Run},
	{"Sunday ride", "cycling", "everyone", 95, fittest.Ride},
	{"Lunch walk", "walking", "followers", 25, gpxtest.Run},
	{"Tempo run", "running", "followers", 35, tcxtest.Run},
	{"Strength at home", "training", "private", 30, fittest.Strength},
}

// fill makes the club: everybody follows everybody, each has a week of
// workouts. It returns who has the most to see.
func fill(c *client) (*member, error) {
	run := strings.ToLower(rand.Text()[:6]) // so that a second club has other addresses
	var club []*member
	for _, name := range names {
		first, _, _ := strings.Cut(strings.ToLower(name), " ")
		m, err := c.join(name, fmt.Sprintf("%s.%s@example.com", first, run))
		if err != nil {
			return nil, err
		}
		club = append(club, m)
	}
	if err := befriend(c, club); err != nil {
		return nil, err
	}
	for i, m := range club {
		for j, s := range week {
			start := time.Now().UTC().Truncate(time.Minute).AddDate(0, 0, -(1 + i + 3*j)).Add(time.Duration(-i*17) * time.Minute)
			fields := map[string]string{"name": s.name, "sport": s.sport, "visibility": s.visibility}
			if err := c.upload(m, s.file(start, s.minutes*60+i*131), fields); err != nil {
				return nil, err
			}
		}
	}
	return club[0], nil
}

func befriend(c *client, club []*member) error {
	for _, from := range club {
		for _, to := range club {
			if from == to {
				continue
			}
			if err := eventually(func() error { return c.call(from.token, "PUT", "/v1/users/"+to.id+"/follow", nil, nil) }); err != nil {
				return err
			}
			if err := c.call(to.token, "PUT", "/v1/me/follow-requests/"+from.id, nil, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// eventually tries again while a profile is still on its way to others.
func eventually(try func() error) (err error) {
	for range 50 {
		if err = try(); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}
