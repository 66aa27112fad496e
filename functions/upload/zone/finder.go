package zone

import (
	"fmt"
	"sync"
	"time"

	"github.com/ringsaturn/tzf"
	tzfdist "github.com/ringsaturn/tzf-dist"
	tzfpb "github.com/ringsaturn/tzf/gen/go/tzf/v1"
	"google.golang.org/protobuf/proto"
)

// idle is how long the exact map stays after the last question.
const idle = time.Minute

// Finder names the zones of places. The zero Finder is ready, has unpacked
// nothing yet and is safe for concurrent use.
type Finder struct {
	mu     sync.Mutex
	coarse tzf.F
	exact  tzf.F
	drop   *time.Timer
}

// Name is the IANA name of the zone of a position in degrees (WGS 84), with
// the nautical zones ("Etc/GMT+2") at sea. It is empty where no map knows one.
func (f *Finder) Name(lat, lng float64) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.coarse == nil {
		coarse, err := openCoarse()
		if err != nil {
			return "", err
		}
		f.coarse = coarse
	}
	if name := f.coarse.GetTimezoneName(lng, lat); name != "" {
		return name, nil
	}
	if f.exact == nil {
		exact, err := openExact()
		if err != nil {
			return "", err
		}
		f.exact = exact
	}
	if f.drop != nil {
		f.drop.Stop()
	}
	f.drop = time.AfterFunc(idle, f.giveBack)
	return f.exact.GetTimezoneName(lng, lat), nil
}

func (f *Finder) giveBack() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.exact = nil
}

func openCoarse() (tzf.F, error) {
	var tiles tzfpb.PreindexTimezones
	if err := proto.Unmarshal(tzfdist.PreindexData, &tiles); err != nil {
		return nil, fmt.Errorf("zone: unpack the coarse map: %w", err)
	}
	f, err := tzf.NewFuzzyFinderFromPB(&tiles)
	if err != nil {
		return nil, fmt.Errorf("zone: open the coarse map: %w", err)
	}
	return f, nil
}

func openExact() (tzf.F, error) {
	var borders tzfpb.CompressedTopoTimezones
	if err := proto.Unmarshal(tzfdist.TopologyCompressTopoData, &borders); err != nil {
		return nil, fmt.Errorf("zone: unpack the exact map: %w", err)
	}
	f, err := tzf.NewFinderFromCompressedTopo(&borders, tzf.SetDropPBTZ)
	if err != nil {
		return nil, fmt.Errorf("zone: open the exact map: %w", err)
	}
	return f, nil
}
