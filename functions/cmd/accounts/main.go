// Command accounts serves the accounts function.
package main

import (
	"paceline/functions/accounts"
	"paceline/shared/function"
)

func main() { function.Main("accounts", accounts.Open) }
