package track

import "math"

// DegreeM is the metres of a degree of latitude.
const DegreeM = 111_195.0

// Apart is the metres between two places that are near to each other.
func Apart(latA, lngA, latB, lngB float64) float64 {
	x := math.Remainder(lngB-lngA, 360) * math.Cos((latA+latB)/2*math.Pi/180)
	return math.Hypot(x, latB-latA) * DegreeM
}
