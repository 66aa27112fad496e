package paceline_test
import ("testing";"fmt";"path/filepath";"sort")
func TestScratch(t *testing.T){
 dir:=corpusDir(t)
 type r struct{key string; line string; ratio float64}
 var out []r
 for _,row:=range readTSV(t, filepath.Join(dir,"manifest.tsv")) {
  f:=openCorpusFile(t, filepath.Join(dir,row["path"]))
  for i:=range f.workouts { w:=&f.workouts[i]
   d:=w.track.Session; s:=w.samples
   add:=func(key string, dev, got *float64, m string){ if dev==nil||*dev==0 {return}; g:="nil"; q:=-1.0; if got!=nil {g=fmt.Sprintf("%.2f",*got); q=*got / *dev}; out=append(out,r{key,fmt.Sprintf("%-14s %-60s[%d] %-10s dev %10.2f got %10s  %.4f %s slot?",key,filepath.Base(row["path"]),i,w.track.Sport+"/"+w.track.SubSport,*dev,g,q,s.Methods[m]),q}) }
   add("dist",d.DistanceM,s.DistanceM,"distance_m")
   add("elapsed",d.ElapsedS,s.ElapsedTimeS,"")
   add("timer",d.TimerS,s.TimerTimeS,"")
   add("moving",d.MovingS,s.MovingTimeS,"moving_time_s")
   add("asc",d.AscentM,s.ElevationGainM,"elevation_gain_m")
   add("desc",d.DescentM,s.ElevationLossM,"elevation_gain_m")
   add("hr",d.AvgHeartRateBPM,s.AvgHeartRateBPM,"")
   add("hrmax",d.MaxHeartRateBPM,s.MaxHeartRateBPM,"")
   add("cad",d.AvgCadenceRPM,s.AvgCadenceRPM,"")
   add("cadmax",d.MaxCadenceRPM,s.MaxCadenceRPM,"")
   add("pow",d.AvgPowerW,s.AvgPowerW,"")
   add("powmax",d.MaxPowerW,s.MaxPowerW,"")
   add("np",d.NormalizedPowerW,s.NormalizedPowerW,"")
   add("temp",d.AvgTemperatureC,s.AvgTemperatureC,"")
   add("speed",d.AvgSpeedMPS,s.AvgSpeedMPS,"")
   add("speedmax",d.MaxSpeedMPS,s.MaxSpeedMPS,"max_speed_mps")
   if w.stats.Methods["distance_m"]!="device" && d.DistanceM!=nil {fmt.Println("REJECTED dist",row["path"],i,*d.DistanceM, w.stats.DistanceM)}
   for k,v:=range map[string]*float64{"elapsed_time_s":d.ElapsedS,"timer_time_s":d.TimerS,"moving_time_s":d.MovingS,"elevation_gain_m":d.AscentM,"elevation_loss_m":d.DescentM,"avg_heart_rate_bpm":d.AvgHeartRateBPM,"max_heart_rate_bpm":d.MaxHeartRateBPM,"avg_cadence_rpm":d.AvgCadenceRPM,"max_cadence_rpm":d.MaxCadenceRPM,"avg_power_w":d.AvgPowerW,"max_power_w":d.MaxPowerW,"normalized_power_w":d.NormalizedPowerW,"avg_temperature_c":d.AvgTemperatureC,"avg_speed_mps":d.AvgSpeedMPS,"max_speed_mps":d.MaxSpeedMPS}{ if v!=nil&&*v!=0&&w.stats.Methods[k]!="device"{fmt.Println("REJECTED",k,filepath.Base(row["path"]),i,w.track.Sport,*v,w.stats.Methods[k])}}
  }
 }
 sort.Slice(out,func(i,j int)bool{ if out[i].key!=out[j].key{return out[i].key<out[j].key}; return out[i].ratio<out[j].ratio})
 for _,x:=range out {fmt.Println(x.line)}
}
