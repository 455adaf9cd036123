module tiered-secrets/toolchain/operator-vulnerable

go 1.25.0

require github.com/external-secrets/external-secrets v0.20.4
