package mail

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// fallback is the language of who has another one.
const fallback = "en"

// locales are the languages that there are templates in.
var locales = []string{fallback, "ru"}

// localeOf is the first of wanted that is set, as one of locales: "ru-RU" is
// Russian, and a language that there is none of is English.
func localeOf(wanted ...string) string {
	primary, _, _ := strings.Cut(strings.ReplaceAll(cmp.Or(wanted...), "_", "-"), "-")
	for _, l := range locales {
		if strings.EqualFold(l, primary) {
			return l
		}
	}
	return fallback
}

// validFor writes a duration such as 24h0m0s in words, for "works for …". Any
// other text stays as it is.
func validFor(value, locale string) string {
	d, err := time.ParseDuration(value)
	if err != nil || d < time.Minute {
		return value
	}
	n, unit := int(d.Minutes()), "minute"
	if d%time.Hour == 0 {
		n, unit = int(d.Hours()), "hour"
	}
	return fmt.Sprintf("%d %s", n, counted(n, unit, locale))
}

// russian has the forms for 1, 2 and 5, in the accusative.
var russian = map[string][3]string{
	"hour":   {"час", "часа", "часов"},
	"minute": {"минуту", "минуты", "минут"},
}

// counted is the form of unit that goes with n (CLDR plural rules).
func counted(n int, unit, locale string) string {
	if locale != "ru" {
		if n == 1 {
			return unit
		}
		return unit + "s"
	}
	forms := russian[unit]
	switch {
	case n%10 == 1 && n%100 != 11:
		return forms[0]
	case n%10 >= 2 && n%10 <= 4 && (n%100 < 12 || n%100 > 14):
		return forms[1]
	}
	return forms[2]
}
