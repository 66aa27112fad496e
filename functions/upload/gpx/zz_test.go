package gpx
import ("testing";"os";"paceline/shared/track")
func BenchmarkX(b *testing.B){ d,_:=os.ReadFile("/work/shared/corpus/files/sports-alliance__sports-lib/7555261629.gpx"); b.SetBytes(int64(len(d))); b.ReportAllocs(); for b.Loop(){ Decode(d,track.DefaultLimits)}}
