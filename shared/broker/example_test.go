package broker_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"testing/fstest"
	"time"

	"paceline/shared/broker"
)

// A platform in one process serves its functions and the broker's ingress, and
// gives the ingress's address to the functions as K_SINK.
func Example() {
	functions := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.URL.Path, r.Header.Get("Ce-Type"), r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusAccepted)
	}))
	defer functions.Close()
	dir, err := os.MkdirTemp("", "broker")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	b, err := broker.New(broker.Config{
		Manifests: fstest.MapFS{"m.yaml": {Data: []byte(manifests)}}, // or knative.Manifests
		Dir:       dir,
		Resolve:   func(_, service string) (string, error) { return functions.URL + "/fn/" + service, nil },
		Token:     func(audience string) (string, error) { return "for-" + audience, nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := b.Start(ctx); err != nil {
		log.Fatal(err)
	}
	ingress := httptest.NewServer(b.Handler())
	defer ingress.Close()

	req, err := http.NewRequest(http.MethodPost, ingress.URL+"/paceline/default", nil) // K_SINK
	if err != nil {
		log.Fatal(err)
	}
	req.Header = http.Header{"Ce-Specversion": {"1.0"}, "Ce-Id": {"1"}, "Ce-Source": {"/functions/upload"}, "Ce-Type": {"paceline.workout.uploaded.v1"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	_ = resp.Body.Close()
	if err := b.Idle(ctx); err != nil {
		log.Fatal(err)
	}
	if err := b.Close(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(resp.StatusCode)
	// Output:
	// /fn/stats/events paceline.workout.uploaded.v1 Bearer for-stats
	// 202
}

const manifests = `
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: {name: default, namespace: paceline}
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: stats, namespace: paceline}
spec: {template: {spec: {containers: [{image: "ko://paceline/functions/cmd/stats"}]}}}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: stats-workout-uploaded, namespace: paceline}
spec:
  broker: default
  filter: {attributes: {type: paceline.workout.uploaded.v1}}
  subscriber:
    ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: stats}
    uri: /events
    audience: stats
`
