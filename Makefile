# The two commands of a new user are `make run` and `make test`.

# What is left out: parts of gRPC and Prometheus that nothing of ours uses. Without them
# the linker finds out what else is never called, and a function is a third smaller.
TAGS := disable_grpc_modules,grpcnotrace,noprometheus
TEST := go test -tags $(TAGS) -shuffle=on -timeout 25m

.PHONY: help run demo test check manifests supply licences sbom vulnerabilities lint generate drill bench fuzz images deploy undeploy e2e e2e-encryption bench-cluster tools

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: ## the whole platform on http://127.0.0.1:8080, its data in ./var
	go run -tags $(TAGS) ./functions/cmd/dev

demo: ## fill a running platform with a small club
	go run -tags $(TAGS) ./functions/cmd/demo

test: tools ## every test, on real servers
	$(TEST) ./...
	$(MAKE) supply

tools: # what the tests need besides Go: installed where that is allowed, named otherwise
	@for t in redis-server:redis-server chromium:chromium promtool:prometheus; do \
	  command -v $${t%%:*} >/dev/null && continue; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $${t##*:} >/dev/null; \
	  else echo "$${t%%:*} is not installed: some tests run without it or are skipped (install the package $${t##*:})"; fi; \
	done

check: ## everything that needs no server
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo "run gofmt -w on these"; exit 1; }
	go vet -tags $(TAGS) ./...
	go mod verify
	go mod tidy -diff
	$(MAKE) lint
	$(TEST) ./events ./shared/api ./tools/catalogue
	$(TEST) -run 'TestImports|TestManifests|TestInventory|TestReadme' .
	$(MAKE) manifests
	$(MAKE) supply SUPPLY=-short

manifests: ## what a cluster is told, held to the types, webhooks and schemas of Knative (minutes when first built)
	cd tests/manifests && go mod tidy -diff && go test -shuffle=on .

supply: ## licences, the bill of materials, and a build that is the same to the bit elsewhere (minutes: it compiles a function from nothing)
	cd tools/supply && go mod tidy -diff && go test -count=1 $(SUPPLY) .

licences: ## docs/licences.md, from what the programs link
	cd tools/supply && go run . licences

sbom: ## every program in .bin/programs, each with what it is made of (CycloneDX)
	@mkdir -p .bin/programs
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags $(TAGS) -ldflags '-s -w' -o .bin/programs/ $$(go list ./functions/cmd/... | grep -v /demo$$)
	cd tools/supply && go run . sbom $$(find $(CURDIR)/.bin/programs -type f ! -name '*.json')

# A folder with a copy of https://vuln.go.dev, for machines that cannot reach it: file:///….
VULN_DB ?=
vulnerabilities: ## what is known against what we link and call; it fails where the database cannot be reached
	@mkdir -p .bin && go build -C tools/govulncheck -o $(CURDIR)/.bin/govulncheck golang.org/x/vuln/cmd/govulncheck
	@.bin/govulncheck $(if $(VULN_DB),-db $(VULN_DB)) -tags $(TAGS) ./... || { echo "vulnerabilities: found, or NOT CHECKED because the database could not be read (VULN_DB=file:///… names a copy)"; exit 1; }

lint: ## staticcheck, pinned in tools/staticcheck
	@mkdir -p .bin && go build -C tools/staticcheck -o $(CURDIR)/.bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	.bin/staticcheck -tags $(TAGS) ./...

generate: ## the types of shared/api from openapi.yaml, the catalogue of events from the code
	go generate ./shared/api
	go run -tags $(TAGS) ./tools/catalogue

drill: ## attack a platform of its own in every way of the threat model, and print what came of it
	go test -tags $(TAGS) -count=1 -run TestTheDrill -v .

bench: ## what is fast, as ratios against a peer in the same run
	go test -tags $(TAGS) -run '^$$' -bench . -benchtime 1x -timeout 30m .
	go test -tags $(TAGS) -run '^$$' -bench . -benchtime 3x -timeout 30m ./functions/accounts ./functions/upload/... ./functions/stats/... ./shared/broker
	go test -tags $(TAGS) -run '^$$' -bench Sealed ./shared/function/store

FUZZTIME ?= 1m
fuzz: ## each decoder, and whatever else is fuzzed, for FUZZTIME
	@for t in $$(grep -ro '^func Fuzz[A-Za-z]*' --include='*_test.go' functions shared | sed 's|/[^/]*:func |:|'); do \
	  echo "$$t"; go test -tags $(TAGS) -run '^$$' -fuzz "^$${t#*:}$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x ./$${t%:*} || exit 1; \
	done

images: .bin/ko ## one image a function, as OCI layouts in .bin/images
	.bin/ko build -B --push=false --oci-layout-path=.bin/images $$(go list ./functions/cmd/... | grep -v -e /dev$$ -e /demo -e /kn-paceline)

# Which cluster: a folder of clusters/. What is resolved there is what a cluster gets.
CLUSTER ?= local
KO_FLAGS ?=
RENDER = kubectl kustomize clusters/$(CLUSTER)

deploy: .bin/ko ## the whole platform to the cluster of KUBECONFIG, images to KO_DOCKER_REPO
	$(RENDER) | .bin/ko resolve -B --sbom=none $(KO_FLAGS) -f - | kubectl apply --server-side --force-conflicts --field-manager=paceline -f -

undeploy: ## take everything away that deploy brought, and the namespace with it
	$(RENDER) | kubectl delete --ignore-not-found -f -

e2e: .bin/ko ## the suite on the cluster of KUBECONFIG; see tests/e2e
	go test -tags $(TAGS),e2e -count=1 -timeout 40m -v -run TestTheClusterRunsThePlatform ./tests/e2e

e2e-encryption: .bin/ko ## that nothing can be read between pods of the cluster of KUBECONFIG, once Knative encrypts
	go test -tags $(TAGS),e2e -count=1 -timeout 40m -v -run TestNothingCanBeReadOnTheWay ./tests/e2e

bench-cluster: .bin/ko ## cold starts, images, memory and concurrency of every function, beside a bare server on the same cluster
	go test -tags $(TAGS),e2e -run '^$$' -bench . -benchtime 1x -timeout 90m -v ./tests/e2e

.bin/ko: tools/ko/go.mod
	@mkdir -p .bin && go build -C tools/ko -o $(CURDIR)/.bin/ko github.com/google/ko
