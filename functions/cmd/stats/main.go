// Command stats serves the stats function.
package main

import (
	"paceline/functions/stats"
	"paceline/shared/function"
)

func main() { function.Main("stats", stats.Open) }
