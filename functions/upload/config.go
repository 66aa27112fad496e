package upload

// Config is what this function reads besides function.Config.
type Config struct {
	// ObjectsURL is where originals and tracks are kept; see objects.Open.
	ObjectsURL string `env:"OBJECTS_URL,notEmpty,required"`
	// Decoders bounds how many files are decoded at once; the largest take
	// 200 MiB each.
	Decoders int `env:"UPLOAD_DECODERS" envDefault:"2"`
}
