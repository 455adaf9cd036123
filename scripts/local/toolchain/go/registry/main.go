// Command registry is the reference registry of the OCI distribution specification, as its own cmd/registry, without the
// drivers for the storage of clouds. It is for tests alone: charts are pushed to it and installed from it.
package main

import (
	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
)

func main() {
	// Its commands end the program themselves when they fail.
	_ = registry.RootCmd.Execute()
}
