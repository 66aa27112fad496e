// Command upload serves the upload function.
package main

import (
	"paceline/functions/upload"
	"paceline/shared/function"
)

func main() { function.Main("upload", upload.Open) }
