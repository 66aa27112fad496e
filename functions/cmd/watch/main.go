// Command watch serves the watch function.
package main

import (
	"paceline/functions/watch"
	"paceline/shared/function"
)

func main() { function.Main("watch", watch.Open) }
