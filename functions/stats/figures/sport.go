package figures

// sport is what is assumed of a sport.
type sport struct {
	movingMPS float64 // slower than this is standing
	limitMPS  float64 // faster than this is an error of the recording
}

// Thresholds of moving. Strava's 30 min/mile holds for running; 2 km/h is
// slower than anybody balances a bicycle; 1 km/h is the common rule of the
// open libraries and fits walking pace uphill.
const (
	runningMPS = 0.894
	rollingMPS = 0.556
	walkingMPS = 0.278
	swimmerMPS = 0.2
)

// sports by FIT sport name. The limits lie a little above the fastest humans
// (the 100 m world record peaks at 12.4 m/s, 50 m freestyle at 2.4 m/s), so
// that they cut errors and never a performance.
var sports = map[string]sport{
	"running":                 {runningMPS, 12.5},
	"walking":                 {walkingMPS, 10},
	"hiking":                  {walkingMPS, 10},
	"mountaineering":          {walkingMPS, 10},
	"snowshoeing":             {walkingMPS, 10},
	"transition":              {walkingMPS, 12.5},
	"cycling":                 {rollingMPS, 40},
	"e_biking":                {rollingMPS, 40},
	"swimming":                {swimmerMPS, 3.5},
	"rowing":                  {walkingMPS, 10},
	"kayaking":                {walkingMPS, 15},
	"paddling":                {walkingMPS, 15},
	"stand_up_paddleboarding": {walkingMPS, 10},
	"cross_country_skiing":    {walkingMPS, 30},
	"alpine_skiing":           {rollingMPS, 70},
	"snowboarding":            {rollingMPS, 60},
	"inline_skating":          {rollingMPS, 30},
	"ice_skating":             {rollingMPS, 25},
	"wheelchair_push_walk":    {walkingMPS, 25},
	"wheelchair_push_run":     {walkingMPS, 25},
	"horseback_riding":        {walkingMPS, 25},
	"sailing":                 {walkingMPS, 40},
	"windsurfing":             {walkingMPS, 40},
	"kitesurfing":             {walkingMPS, 40},
	"flying":                  {rollingMPS, 400},
	"hang_gliding":            {rollingMPS, 100},
	"sky_diving":              {rollingMPS, 150},
	"golf":                    {walkingMPS, 12.5},
	"tennis":                  {walkingMPS, 12.5},
	"soccer":                  {walkingMPS, 12.5},
	"basketball":              {walkingMPS, 12.5},
	"american_football":       {walkingMPS, 12.5},
	"training":                {walkingMPS, 40},
	"fitness_equipment":       {walkingMPS, 40},
}

// anySport is for a sport that is unknown: it may be a train.
var anySport = sport{walkingMPS, 100}

// sportOf finds what holds for a sport. On a trail even runners climb slower
// than 30 min/mile, so a trail run is measured as a walk.
func sportOf(name, sub string) sport {
	s, ok := sports[name]
	if !ok {
		return anySport
	}
	if name == "running" && (sub == "trail" || sub == "ultra") {
		s.movingMPS = walkingMPS
	}
	return s
}

// indoor says that positions, if any, are not the way that was travelled.
func indoor(sub string) bool {
	switch sub {
	case "treadmill", "indoor_cycling", "spin", "indoor_rowing", "indoor_running", "indoor_walking",
		"indoor_skiing", "virtual_activity", "lap_swimming", "elliptical", "stair_climbing":
		return true
	}
	return false
}
