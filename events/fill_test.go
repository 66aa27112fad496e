package events_test

import (
	"hash/crc32"
	"reflect"
	"time"

	"paceline/events"
)

// filled is a payload of the type of empty with a value in every field. A
// value follows from the field's name alone: two fields that swap their names
// are seen, and a new field changes no other.
func filled(empty events.Payload) events.Payload {
	v := reflect.New(reflect.TypeOf(empty).Elem())
	fill(v.Elem(), "")
	return v.Interface().(events.Payload)
}

func fill(v reflect.Value, name string) {
	n := int(crc32.ChecksumIEEE([]byte(name)) % 100_000)
	if t, ok := v.Addr().Interface().(*time.Time); ok {
		*t = time.Date(2026, 5, 1, 7, 0, n, 0, time.UTC)
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("the " + name)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Float64:
		v.SetFloat(float64(n) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, name)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), v.Type().Field(i).Name)
		}
	default:
		panic("fill does not know " + v.Type().String())
	}
}
