// Package sport turns the words and numbers by which programs call a sport into
// the names of the FIT profile.
package sport

import "strings"

// Name is a sport and its kind, as the FIT profile calls them in snake case.
type Name struct {
	Sport string // "generic" when unknown
	Sub   string // "" when none is said
}

// Parse understands FIT's own names and the usual ones of Garmin, Strava,
// Runtastic, Polar, Komoot and others in any case and with any separators, and
// the numbers that Strava writes into its GPX files.
func Parse(text string) Name {
	key := squash(text)
	if n, ok := spellings[key]; ok {
		return n
	}
	if s, ok := fit[key]; ok {
		return Name{Sport: s}
	}
	if n, ok := strava[key]; ok {
		return n
	}
	return Name{Sport: "generic"}
}

// squash leaves the letters, in lower case, and the digits.
func squash(text string) string {
	if len(text) > 64 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return -1
	}, text)
}

// fit are the profile's sports by their squashed name.
var fit = func() map[string]string {
	m := map[string]string{}
	for _, s := range strings.Fields(`running cycling transition fitness_equipment swimming basketball soccer
		tennis american_football training walking cross_country_skiing alpine_skiing snowboarding rowing
		mountaineering hiking multisport paddling flying e_biking motorcycling boating driving golf
		hang_gliding horseback_riding hunting fishing inline_skating rock_climbing sailing ice_skating
		sky_diving snowshoeing snowmobiling stand_up_paddleboarding surfing wakeboarding water_skiing
		kayaking rafting windsurfing kitesurfing boxing floor_climbing baseball diving hiit racket
		meditation disc_golf cricket rugby hockey lacrosse volleyball mixed_martial_arts snorkeling
		dance jump_rope`) {
		m[squash(s)] = s
	}
	return m
}()

// strava are the numbers of its sports as its own Go client lists them.
var strava = map[string]Name{
	"1": {"cycling", ""}, "2": {"alpine_skiing", ""}, "3": {"alpine_skiing", "backcountry"},
	"4": {"hiking", ""}, "5": {"ice_skating", ""}, "6": {"inline_skating", ""},
	"7": {"cross_country_skiing", ""}, "8": {"inline_skating", ""}, "9": {"running", ""},
	"10": {"walking", ""}, "11": {"training", ""}, "12": {"snowboarding", ""}, "13": {"snowshoeing", ""},
	"14": {"kitesurfing", ""}, "15": {"windsurfing", ""}, "16": {"swimming", ""},
	"17": {"cycling", "virtual_activity"}, "18": {"e_biking", ""}, "21": {"paddling", ""},
	"22": {"kayaking", ""}, "23": {"rowing", ""}, "24": {"stand_up_paddleboarding", ""},
	"25": {"surfing", ""}, "26": {"training", "cardio_training"}, "27": {"fitness_equipment", "elliptical"},
	"28": {"rock_climbing", ""}, "29": {"fitness_equipment", "stair_climbing"},
	"30": {"training", "strength_training"}, "31": {"training", "yoga"},
}

// spellings are the other words, by their squashed form.
var spellings = map[string]Name{
	"run": {"running", ""}, "jog": {"running", ""}, "jogging": {"running", ""}, "laufen": {"running", ""},
	"skitouring": {"alpine_skiing", "backcountry"}, "trailrun": {"running", "trail"}, "trailrunning": {"running", "trail"},
	"treadmill": {"running", "treadmill"}, "treadmillrun": {"running", "treadmill"},
	"treadmillrunning": {"running", "treadmill"}, "indoorrunning": {"running", "indoor_running"},
	"trackrunning": {"running", "track"}, "streetrunning": {"running", "street"},
	"virtualrun": {"running", "virtual_activity"}, "virtualrunning": {"running", "virtual_activity"},

	"bike": {"cycling", ""}, "biking": {"cycling", ""}, "ride": {"cycling", ""}, "bicycle": {"cycling", ""},
	"radfahren": {"cycling", ""}, "roadbiking": {"cycling", "road"}, "roadcycling": {"cycling", "road"},
	"roadride": {"cycling", "road"}, "racebike": {"cycling", "road"}, "racecycling": {"cycling", "road"},
	"mtb": {"cycling", "mountain"}, "mountainbike": {"cycling", "mountain"},
	"mountainbiking": {"cycling", "mountain"}, "mountainbikeride": {"cycling", "mountain"},
	"gravel": {"cycling", "gravel_cycling"}, "gravelride": {"cycling", "gravel_cycling"},
	"gravelcycling": {"cycling", "gravel_cycling"}, "cyclocross": {"cycling", "cyclocross"},
	"indoorcycling": {"cycling", "indoor_cycling"}, "spinning": {"cycling", "spin"},
	"trackcycling": {"cycling", "track_cycling"}, "recumbentcycling": {"cycling", "recumbent"},
	"handcycle": {"cycling", "hand_cycling"}, "handcycling": {"cycling", "hand_cycling"},
	"virtualride": {"cycling", "virtual_activity"}, "virtualcycling": {"cycling", "virtual_activity"},
	"velomobile": {"cycling", "recumbent"}, "bmx": {"cycling", "bmx"},
	"ebike": {"e_biking", ""}, "ebikeride": {"e_biking", ""}, "ebikefitness": {"e_biking", "e_bike_fitness"},
	"ebikemountain": {"e_biking", "e_bike_mountain"}, "emountainbikeride": {"e_biking", "e_bike_mountain"},

	"walk": {"walking", ""}, "wandern": {"hiking", ""}, "hike": {"hiking", ""}, "nordicwalking": {"walking", "speed_walking"},
	"casualwalking": {"walking", "casual_walking"}, "speedwalking": {"walking", "speed_walking"},
	"trekking": {"hiking", ""}, "mountainhiking": {"hiking", ""},

	"swim": {"swimming", ""}, "schwimmen": {"swimming", ""}, "poolswim": {"swimming", "lap_swimming"},
	"lapswimming": {"swimming", "lap_swimming"}, "poolswimming": {"swimming", "lap_swimming"},
	"openwater": {"swimming", "open_water"}, "openwaterswim": {"swimming", "open_water"},
	"openwaterswimming": {"swimming", "open_water"},

	"alpineski": {"alpine_skiing", ""}, "skiing": {"alpine_skiing", ""}, "downhillskiing": {"alpine_skiing", ""},
	"resortskiing": {"alpine_skiing", "resort"}, "resortskiingsnowboarding": {"alpine_skiing", "resort"},
	"backcountryski": {"alpine_skiing", "backcountry"}, "backcountryskiing": {"alpine_skiing", "backcountry"},
	"nordicski": {"cross_country_skiing", ""}, "xcskiing": {"cross_country_skiing", ""},
	"skateskiing": {"cross_country_skiing", "skate_skiing"},
	"snowboard":   {"snowboarding", ""}, "snowshoe": {"snowshoeing", ""}, "iceskate": {"ice_skating", ""},
	"inlineskate": {"inline_skating", ""}, "skating": {"inline_skating", ""}, "rollerski": {"inline_skating", ""},

	"canoeing": {"paddling", ""}, "canoe": {"paddling", ""}, "kayak": {"kayaking", ""}, "row": {"rowing", ""},
	"indoorrowing": {"rowing", "indoor_rowing"}, "sup": {"stand_up_paddleboarding", ""},
	"standuppaddling": {"stand_up_paddleboarding", ""}, "surf": {"surfing", ""}, "sail": {"sailing", ""},
	"kitesurf": {"kitesurfing", ""}, "windsurf": {"windsurfing", ""}, "climbing": {"rock_climbing", ""},
	"rockclimb": {"rock_climbing", ""}, "mountaineer": {"mountaineering", ""}, "horseriding": {"horseback_riding", ""},
	"football": {"soccer", ""}, "golfing": {"golf", ""},

	"workout": {"training", ""}, "crossfit": {"training", "cardio_training"}, "cardio": {"training", "cardio_training"},
	"strength": {"training", "strength_training"}, "strengthtraining": {"training", "strength_training"},
	"weighttraining": {"training", "strength_training"}, "yoga": {"training", "yoga"}, "pilates": {"training", "pilates"},
	"elliptical": {"fitness_equipment", "elliptical"}, "stairstepper": {"fitness_equipment", "stair_climbing"},
	"stairclimbing": {"fitness_equipment", "stair_climbing"}, "multisport": {"multisport", ""},
}
