// Command etcd is etcd's own server, built from its Go module because etcd publishes no installable main package for it.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
