package figures

import "math"

// The ellipsoid of WGS 84, and the mean radius for steps too far for a plane.
const (
	equatorM    = 6378137.0
	eccentric2  = 6.69437999014e-3
	meanRadiusM = 6371008.8
)

// ruler measures short steps on the WGS 84 ellipsoid as on a plane at their
// latitude: exact to 1e-5 for steps up to some kilometres, at two trigonometric
// calls for every 200 m instead of five for each step.
type ruler struct {
	at     float64 // latitude that kx and ky hold for
	kx, ky float64 // metres a degree of longitude and of latitude
}

// metres is the distance between two positions in degrees; NaN when one is.
func (r *ruler) metres(lat1, lng1, lat2, lng2 float64) float64 {
	dLat, dLng := lat2-lat1, lng2-lng1
	if dLng > 180 {
		dLng -= 360
	} else if dLng < -180 {
		dLng += 360
	}
	mid := lat1 + dLat/2
	if !(math.Abs(dLat) < 0.3 && math.Abs(dLng) < 0.3 && math.Abs(mid) < 85) {
		return haversine(lat1, lat2, dLat, dLng)
	}
	if r.kx == 0 || math.Abs(mid-r.at) > 0.002 {
		r.move(mid)
	}
	x, y := dLng*r.kx, dLat*r.ky
	return math.Sqrt(x*x + y*y)
}

func (r *ruler) move(lat float64) {
	sin, cos := math.Sincos(lat * math.Pi / 180)
	w2 := 1 - eccentric2*sin*sin
	w := math.Sqrt(w2)
	r.at = lat
	r.kx = math.Pi / 180 * equatorM / w * cos
	r.ky = math.Pi / 180 * equatorM * (1 - eccentric2) / (w2 * w)
}

// haversine is the distance on a sphere, for steps that are far or polar.
func haversine(lat1, lat2, dLat, dLng float64) float64 {
	const rad = math.Pi / 180
	a, b := math.Sin(dLat*rad/2), math.Sin(dLng*rad/2)
	h := a*a + math.Cos(lat1*rad)*math.Cos(lat2*rad)*b*b
	return 2 * meanRadiusM * math.Asin(math.Sqrt(min(1, h)))
}
