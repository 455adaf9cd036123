module tiered-secrets/toolchain/engines

go 1.26.3

require (
	github.com/argoproj/argo-cd/v3 v3.5.1
	github.com/fluxcd/helm-controller v1.6.3
	github.com/fluxcd/kustomize-controller v1.9.4
	github.com/fluxcd/source-controller v1.9.1
)
