// Command notify serves the notify function.
package main

import (
	"paceline/functions/notify"
	"paceline/shared/function"
)

func main() { function.Main("notify", notify.Open) }
