module tiered-secrets/toolchain/operator

go 1.25.0

require github.com/external-secrets/external-secrets v0.20.1
