// Command feed serves the feed function.
package main

import (
	"paceline/functions/feed"
	"paceline/shared/function"
)

func main() { function.Main("feed", feed.Open) }
