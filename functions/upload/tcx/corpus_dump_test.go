package tcx

import ("testing";"os";"path/filepath";"fmt";"encoding/json";"paceline/shared/track")

func TestDump(t *testing.T) {
	m,_ := filepath.Glob("/work/shared/corpus/files/*/*.tcx")
	for _,f := range m { b,_ := os.ReadFile(f)
		ts,err := Decode(b, track.DefaultLimits)
		fmt.Println(filepath.Base(f), len(ts), err)
		for _,x := range ts { s:=&x.Samples; last:=int64(0); if s.Len()>0 {last=s.TimeMS[len(s.TimeMS)-1]}; j,_:=json.Marshal(x.Session); fmt.Println("  ",string(j))
		fmt.Printf("   n=%d %s +%ds sport=%s/%s name=%q dev=%q off=%v ele=%v hr=%v cad=%v pw=%v tmp=%v spd=%v dist=%v pauses=%v laps=%d warn=%v baro=%v\n", s.Len(), x.StartedAt, last/1000, x.Sport,x.SubSport,x.Name,x.Device,x.UTCOffset,s.ElevationM!=nil,s.HeartRateBPM!=nil,s.CadenceRPM!=nil,s.PowerW!=nil,s.TemperatureC!=nil,s.SpeedMPS!=nil,s.DistanceM!=nil,x.Pauses,len(x.Laps),x.Warnings,x.Barometric) }
	}
}
