// Package kmltest writes KML files for tests, so that no test needs a file of a
// real person.
package kmltest

import (
	"bytes"
	"fmt"
	"time"
)

// Run is a recording with one point a second: 3 m/s to the north from a lake
// shore, with a heart rate, as OpenTracks writes it.
func Run(start time.Time, seconds int) []byte {
	var when, coord, rate bytes.Buffer
	for i := range seconds {
		fmt.Fprintf(&when, "<when>%s</when>\n", start.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
		fmt.Fprintf(&coord, "<gx:coord>9.25 %.7f 400</gx:coord>\n", 47.5+float64(i)*3/111_195)
		fmt.Fprintf(&rate, "<gx:value>%d</gx:value>\n", 120+i%40)
	}
	return File(`<Placemark><name>A run</name><ExtendedData><Data name="type"><value>running</value></Data></ExtendedData><gx:MultiTrack><gx:Track>
` + when.String() + coord.String() + `<ExtendedData><SchemaData schemaUrl="#schema"><gx:SimpleArrayData name="heart_rate">
` + rate.String() + `</gx:SimpleArrayData></SchemaData></ExtendedData></gx:Track></gx:MultiTrack></Placemark>`)
}

// File is a KML file with the content in its document.
func File(content string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2" xmlns:atom="http://www.w3.org/2005/Atom">
<Document><name>The file</name><atom:generator>OpenTracks</atom:generator>` + content + `</Document></kml>`)
}
