package upload

// Config is what this function reads besides function.Config.
type Config struct {
	// ObjectsURL is where originals and tracks are kept; see objects.Open.
	ObjectsURL string `env:"OBJECTS_URL,notEmpty,required"`
	// Decoders bounds how many files are decoded at once; the largest take
	// 200 MiB each.
	Decoders int `env:"UPLOAD_DECODERS" envDefault:"2"`
	// Quota is how many bytes of originals a person may have; concurrent
	// uploads may pass it by what they hold.
	Quota int64 `env:"UPLOAD_QUOTA_BYTES" envDefault:"21474836480"`
}
