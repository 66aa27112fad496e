package profile

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed makers.tsv
var makers string

//go:embed garmin.tsv
var garmin string

// Numbers of makers in the FIT type manufacturer.
const (
	makerGarmin      = 1
	makerWahoo       = 32
	makerTacx        = 89
	makerSuunto      = 23
	makerHammerhead  = 289
	makerCoros       = 294
	unknownNumber    = 0xFFFF
	barometricMark   = "b"
	elemntNamePrefix = "ELEMNT"
)

// Device names the maker and product of a file. text is the product name that
// the file itself carries, if any; it is preferred to the number. Unknown
// numbers stay visible as "manufacturer 123 product 456"; "" means that the
// file does not say at all.
func Device(maker, product uint16, text string) string {
	if maker == unknownNumber {
		return text
	}
	name := lookup(makers, maker)
	known := name != ""
	if !known {
		name = "manufacturer " + strconv.Itoa(int(maker))
	}
	model := text
	if model == "" && sharesGarminNumbers(maker) {
		if _, model, _ = strings.Cut(lookup(garmin, product), "\t"); model != "" {
			name = "Garmin"
		}
	}
	switch {
	case model != "" && strings.HasPrefix(strings.ToLower(model), strings.ToLower(name)):
		return model
	case model != "" && known:
		return name + " " + model
	case model != "":
		return model
	case product == unknownNumber || product == 0:
		return name
	}
	return fmt.Sprintf("%s product %d", name, product)
}

// Barometric says that this product is known to measure air pressure. False
// means only that it is not known to.
func Barometric(maker, product uint16, text string) bool {
	switch maker {
	case makerHammerhead, makerCoros:
		return true
	case makerWahoo:
		return strings.HasPrefix(text, elemntNamePrefix)
	case makerSuunto:
		return strings.Contains(text, "Baro") || strings.Contains(text, "Race") || strings.Contains(text, "Vertical")
	}
	mark, _, _ := strings.Cut(lookup(garmin, product), "\t")
	return sharesGarminNumbers(maker) && mark == barometricMark
}

// sharesGarminNumbers says that the maker's product numbers are of the FIT
// type garmin_product.
func sharesGarminNumbers(maker uint16) bool {
	return maker == makerGarmin || maker == makerTacx
}

// lookup is what follows the number in the line of table that starts with it.
func lookup(table string, n uint16) string {
	_, rest, found := strings.Cut(table, "\n"+strconv.Itoa(int(n))+"\t")
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(rest, "\n")
	return value
}
