// Command social serves the social function.
package main

import (
	"paceline/functions/social"
	"paceline/shared/function"
)

func main() { function.Main("social", social.Open) }
