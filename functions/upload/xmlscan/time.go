package xmlscan

// Zone is what a time says of its zone.
type Zone uint8

// The three ways to write a time. An offset of zero that is spelt +00:00 counts
// as UTC: programs write it that know no local time.
const (
	ZoneMissing Zone = iota // taken as UTC
	ZoneUTC
	ZoneOffset
)

// Time is an instant as a file gives it.
type Time struct {
	UnixMS  int64 // ms after 1970 in UTC; finer digits are cut off
	OffsetS int   // local time minus UTC in seconds, of ZoneOffset
	Zone    Zone
}

// ParseTime reads an RFC 3339 time, with or without fraction and zone, also with
// a space in the place of the T and without the colon in the zone, as programs
// write it.
func ParseTime(b []byte) (t Time, ok bool) {
	if len(b) < 19 || b[4] != '-' || b[7] != '-' || b[10]|0x20 != 't' && b[10] != ' ' || b[13] != ':' || b[16] != ':' {
		return t, false
	}
	year, month, day := num(b[0:4]), num(b[5:7]), num(b[8:10])
	h, m, s := num(b[11:13]), num(b[14:16]), num(b[17:19])
	if year < 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60 { // 60 is a leap second
		return t, false
	}
	t.UnixMS = ((unixDay(year, month, day)*24+int64(h))*60+int64(m))*60 + int64(s)
	t.UnixMS *= 1000
	rest := b[19:]
	if len(rest) > 0 && (rest[0] == '.' || rest[0] == ',') {
		n, scale := 1, int64(100)
		for ; n < len(rest) && '0' <= rest[n] && rest[n] <= '9'; n++ {
			t.UnixMS += int64(rest[n]-'0') * scale
			scale /= 10
		}
		if n == 1 {
			return t, false
		}
		rest = rest[n:]
	}
	return t.zone(rest)
}

// zone reads what stands after the seconds.
func (t Time) zone(b []byte) (Time, bool) {
	switch {
	case len(b) == 0:
		return t, true
	case len(b) == 1:
		t.Zone = ZoneUTC
		return t, b[0]|0x20 == 'z'
	case b[0] != '+' && b[0] != '-':
		return t, false
	}
	h, m := -1, 0
	switch {
	case len(b) == 3:
		h = num(b[1:3])
	case len(b) == 5:
		h, m = num(b[1:3]), num(b[3:5])
	case len(b) == 6 && b[3] == ':':
		h, m = num(b[1:3]), num(b[4:6])
	}
	if h < 0 || h > 18 || m < 0 || m > 59 {
		return t, false
	}
	t.Zone, t.OffsetS = ZoneOffset, h*3600+m*60
	if b[0] == '-' {
		t.OffsetS = -t.OffsetS
	}
	if t.OffsetS == 0 {
		t.Zone = ZoneUTC
	}
	t.UnixMS -= int64(t.OffsetS) * 1000
	return t, true
}

// num reads digits, -1 when there is anything else.
func num(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// unixDay counts the days from 1970-01-01 to a day of the Gregorian calendar,
// with years that begin in March so that the leap day comes last.
func unixDay(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	year += 400 // so that the year before 0 divides like the others
	return int64(365*year+year/4-year/100+year/400+(153*(month-3)+2)/5+day-1) - 719468 - 146097
}
