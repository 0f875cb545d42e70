# Demarc. `make run` is the main job on a fresh machine, `make test` passes the tests.
SHELL := /bin/bash
export CGO_ENABLED := 0
GO ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
OUT ?= demarc-out

.PHONY: help build run test check race lint bench golden estate clean

help: ## what the targets do
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

build: ## the one binary, bin/demarc
	@mkdir -p bin
	$(GO) build -ldflags '-s -w -X main.version=$(VERSION)' -o bin/demarc ./cmd/demarc

run: build ## assess the example, leave the reports in demarc-out/, and serve it in the browser
	@bin/demarc example --customer --out $(OUT)
	@echo
	@bin/demarc --data $(OUT)/store serve

test: ## every test; installs what it needs (the AWS emulator, PostgreSQL, Chromium) itself
	./.ci/need
	$(GO) test -timeout 12m ./...

race: ## race tests of the rooms that do not import a cloud SDK
	CGO_ENABLED=1 $(GO) test -race -timeout 12m $$($(GO) list ./... | grep -v -E 'cloud/aws|cmd/demarc|internal/|/story$$')

lint: ## gofmt, vet, staticcheck, data linters, generated files
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "not gofmt-ed:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) tool -modfile=tools.mod staticcheck ./...
	$(GO) run ./cmd/demarc internal lint
	$(GO) run ./cmd/demarc internal reference --check docs/reference
	$(GO) generate ./web ./catalogue && git diff --exit-code --stat -- web catalogue

check: lint race test ## all of it

bench: ## the figures, with ratios against baselines run side by side
	./bench/run

golden: ## rewrite golden files and generated pages
	$(GO) generate ./web ./catalogue
	$(GO) test ./... -run Golden -update
	$(GO) run ./cmd/demarc internal reference docs/reference

estate: ## collect the example estate anew from the emulator
	./.ci/need
	./example/estate/collect.sh

clean:
	rm -rf bin $(OUT)
