// Command deadletter serves the deadletter function.
package main

import (
	"paceline/functions/deadletter"
	"paceline/shared/function"
)

func main() { function.Main("deadletter", deadletter.Open) }
