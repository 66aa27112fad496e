package tcx
import ("testing";"os";"paceline/shared/track")
func BenchmarkX(b *testing.B){ d,_:=os.ReadFile("/work/shared/corpus/files/sports-alliance__sports-lib/6791039036.tcx"); b.SetBytes(int64(len(d))); b.ReportAllocs(); for b.Loop(){ Decode(d,track.DefaultLimits)}}
