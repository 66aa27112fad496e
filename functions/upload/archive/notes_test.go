package archive_test

import (
	"reflect"
	"testing"

	"paceline/functions/upload/archive"
)

func TestNotesOfStrava(t *testing.T) {
	t.Parallel()
	want := map[string]archive.Note{
		"activities/1.fit.gz": {Name: "Lunch, run", Description: "with \"Ben\"\nand the dog", Sport: "running", Gear: "Red shoes"},
		"activities/2.gpx":    {Name: "Ausfahrt", Sport: "cycling"},
	}
	for language, header := range map[string]string{
		"English": "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Max Heart Rate,Relative Effort,Commute,Activity Private Note,Activity Gear,Filename,Athlete Weight",
		"German":  "Aktivitäts-ID,Aktivitätsdatum,Name der Aktivität,Aktivitätsart,Aktivitätsbeschreibung,Verstrichene Zeit,Distanz,Max. Herzfrequenz,Relative Leistung,Fahrt zur Arbeit,Private Notiz,Ausrüstung,Dateiname,Gewicht",
	} {
		var n archive.Notes
		n.Add("export/activities.csv", []byte("\uFEFF"+header+"\n"+
			`1,"Jun 1, 2020","Lunch, run",Run,"with ""Ben""`+"\n"+`and the dog",600,1.5,,,false,,Red shoes,activities/1.fit.gz,70`+"\n"+
			"2,x,Ausfahrt,Ride,,600,1.5,,,false,,,activities/2.gpx,\n"+
			"3,x,entered by hand,Yoga,,600\n"+
			"\"broken\n"))
		n.Finish()
		if !reflect.DeepEqual(n.ByFile, want) {
			t.Errorf("%s: %+v", language, n.ByFile)
		}
	}
}

func TestNotesOfGarmin(t *testing.T) {
	t.Parallel()
	var n archive.Notes
	n.Add("DI_CONNECT/DI-Connect-Fitness/anna_0_summarizedActivities.json", []byte(`[{"summarizedActivitiesExport":[
		{"activityId":11,"name":"Berlin Running","activityType":"trail_running","beginTimestamp":1590000000000,"startTimeGmt":1.59E12,"distance":1.0},
		{"activityId":12.0,"name":"Bike","description":"rain","activityType":"cycling","startTimeGmt":1.600000000E12},
		{"activityId":13,"name":"without a time"}]}]`))
	n.Add("DI_CONNECT/DI-Connect-Fitness/anna_gear.json", []byte(`[{"gearDTOS":[{"gearPk":7,"displayName":"","customMakeModel":"Red shoes"}],
		"gearActivityDTOs":{"7":[{"gearPk":7,"activityId":11}]}}]`))
	n.Add("x_summarizedActivities.json", []byte(`{"something":"else"`))
	n.Finish()
	want := map[int64]archive.Note{
		1590000000: {Name: "Berlin Running", Sport: "running", Gear: "Red shoes"},
		1600000000: {Name: "Bike", Description: "rain", Sport: "cycling"},
	}
	if !reflect.DeepEqual(n.ByStart, want) {
		t.Errorf("%+v", n.ByStart)
	}
}

// FuzzNotes: whatever an account's lists hold, never a panic.
func FuzzNotes(f *testing.F) {
	f.Add([]byte("Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,a,b,c,d,e,f,Activity Gear,Filename\n1,x,\"a \"\"b\"\"\nc\",Run,,,,,,,,Shoes,activities/1.gpx\n"))
	f.Add([]byte(`[{"summarizedActivitiesExport":[{"activityId":1.5,"name":"a","activityType":"cycling","beginTimestamp":1e12},{"startTimeGmt":-1e300},{"startTimeGmt":1e300}]}]`))
	f.Add([]byte(`[{"gearDTOS":[{"gearPk":7,"displayName":""}],"gearActivityDTOs":{"7":[{"gearPk":7,"activityId":1.5}]}}]`))
	f.Fuzz(func(t *testing.T, content []byte) {
		var n archive.Notes
		for _, name := range []string{"activities.csv", "x_summarizedActivities.json", "x_gear.json"} {
			n.Add(name, content)
		}
		n.Finish()
		for at := range n.ByStart {
			if at <= 0 || at > 1e12 {
				t.Errorf("a workout at %d", at)
			}
		}
	})
}
