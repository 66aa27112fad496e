package paceline_test
import ("testing";"fmt";"path/filepath";"paceline/functions/stats/figures")
func TestScratch2(t *testing.T){
 dir:=corpusDir(t)
 f:=openCorpusFile(t, filepath.Join(dir,"files/sports-alliance__sports-lib/4623204522.fit"))
 w:=f.workouts[0]; s:=figures.Streams(w.track)
 in:=w.track.Samples
 n:=0
 for i:=range in.TimeMS { if i>0 && ((in.SpeedMPS!=nil && in.SpeedMPS[i]<0.25) || in.TimeMS[i]-in.TimeMS[i-1]>3000) { n++; if n<60 {fmt.Println(i,in.TimeMS[i],in.SpeedMPS[i],s.DistanceM[i],in.CadenceRPM[i])}} }
 fmt.Println(n,len(in.TimeMS),w.track.Pauses, w.stats.Methods)
}
