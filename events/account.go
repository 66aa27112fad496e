package events

import "time"

// AccountRegistered says that somebody asked for an account. The address is
// not yet proven.
type AccountRegistered struct {
	UserID       string    `json:"user_id"`
	Email        string    `json:"email" sealed:"true"`
	DisplayName  string    `json:"display_name" sealed:"true"`
	Locale       string    `json:"locale"` // "en", "ru"
	RegisteredAt time.Time `json:"registered_at"`
}

// AccountVerified says that the person proved the address.
type AccountVerified struct {
	UserID     string    `json:"user_id"`
	Email      string    `json:"email" sealed:"true"`
	Locale     string    `json:"locale"`
	VerifiedAt time.Time `json:"verified_at"`
}

// ProfileUpdated carries the whole public profile of a person; Version orders
// the changes.
type ProfileUpdated struct {
	UserID           string    `json:"user_id"`
	Version          int64     `json:"version"`
	DisplayName      string    `json:"display_name" sealed:"true"`
	Bio              string    `json:"bio,omitempty" sealed:"true"`
	Locale           string    `json:"locale"`
	ApproveFollowers bool      `json:"approve_followers"` // a follow must be approved
	UpdatedAt        time.Time `json:"updated_at"`
}

// AthleteSettingsChanged carries all training settings of a person; Version
// orders the changes.
type AthleteSettingsChanged struct {
	UserID    string            `json:"user_id"`
	Version   int64             `json:"version"`
	Entries   []AthleteSettings `json:"entries" sealed:"true"` // by date, the earliest first
	ChangedAt time.Time         `json:"changed_at"`
}

// AthleteSettings is what holds from a day on, until a later entry says
// otherwise. Nil means that this entry does not say.
type AthleteSettings struct {
	ValidFrom             string   `json:"valid_from"` // YYYY-MM-DD
	MaxHeartRateBPM       *float64 `json:"max_heart_rate_bpm,omitempty"`
	RestingHeartRateBPM   *float64 `json:"resting_heart_rate_bpm,omitempty"`
	ThresholdHeartRateBPM *float64 `json:"threshold_heart_rate_bpm,omitempty"`
	FTPW                  *float64 `json:"ftp_w,omitempty"`
	WeightKG              *float64 `json:"weight_kg,omitempty"`
	ThresholdSpeedMPS     *float64 `json:"threshold_speed_mps,omitempty"`
	// The lower ends of the second and the later zones, rising.
	HeartRateZonesBPM []float64       `json:"heart_rate_zones_bpm,omitempty"`
	PowerZonesW       []float64       `json:"power_zones_w,omitempty"`
	SpeedZonesMPS     []float64       `json:"speed_zones_mps,omitempty"`
	Sex               string          `json:"sex,omitempty"` // "female" or "male"
	BirthYear         *int            `json:"birth_year,omitempty"`
	Sports            []SportSettings `json:"sports,omitempty"` // what differs in a sport
}

// SportSettings is what holds in one sport instead of the entry's own.
type SportSettings struct {
	Sport                 string    `json:"sport"`
	MaxHeartRateBPM       *float64  `json:"max_heart_rate_bpm,omitempty"`
	ThresholdHeartRateBPM *float64  `json:"threshold_heart_rate_bpm,omitempty"`
	FTPW                  *float64  `json:"ftp_w,omitempty"`
	ThresholdSpeedMPS     *float64  `json:"threshold_speed_mps,omitempty"`
	HeartRateZonesBPM     []float64 `json:"heart_rate_zones_bpm,omitempty"`
	PowerZonesW           []float64 `json:"power_zones_w,omitempty"`
	SpeedZonesMPS         []float64 `json:"speed_zones_mps,omitempty"`
}
