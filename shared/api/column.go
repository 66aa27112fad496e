package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Column is one stream of a workout: a value for each sample. NaN and the
// infinities are written as null, and null is read as NaN; a nil Column is
// written as null and left out where it is optional.
type Column []float64

// MarshalJSON writes the shortest digits that read back as the same number,
// never with an exponent. It is our own because an hour of samples at one a
// second has 36,000 of them, and a pointer for each is what null costs otherwise.
func (c Column) MarshalJSON() ([]byte, error) {
	if c == nil {
		return []byte("null"), nil
	}
	out := make([]byte, 0, 2+10*len(c))
	out = append(out, '[')
	for i, v := range c {
		if i > 0 {
			out = append(out, ',')
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			out = append(out, "null"...)
			continue
		}
		out = strconv.AppendFloat(out, v, 'f', -1, 64)
	}
	return append(out, ']'), nil
}

// UnmarshalJSON reads an array of numbers and nulls.
func (c *Column) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		*c = nil
		return nil
	}
	var values []*float64
	if err := json.Unmarshal(data, &values); err != nil {
		return fmt.Errorf("api: column: %w", err)
	}
	*c = make(Column, len(values))
	for i, v := range values {
		(*c)[i] = math.NaN()
		if v != nil {
			(*c)[i] = *v
		}
	}
	return nil
}
