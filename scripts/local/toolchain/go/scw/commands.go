// Package commands lists the commands of scw: it replaces the file of this name in Scaleway's sources, which lists those of
// all products. The ones here are unchanged.
package commands

import (
	"github.com/scaleway/scaleway-cli/v2/core"
	account "github.com/scaleway/scaleway-cli/v2/internal/namespaces/account/v3"
	"github.com/scaleway/scaleway-cli/v2/internal/namespaces/config"
	"github.com/scaleway/scaleway-cli/v2/internal/namespaces/help"
	iam "github.com/scaleway/scaleway-cli/v2/internal/namespaces/iam/v1alpha1"
	secret "github.com/scaleway/scaleway-cli/v2/internal/namespaces/secret/v1beta1"
	"github.com/scaleway/scaleway-cli/v2/internal/namespaces/version"
)

// GetCommands returns what the tests call.
func GetCommands() *core.Commands {
	return core.NewCommandsMerge(
		iam.GetCommands(),
		config.GetCommands(),
		account.GetCommands(),
		version.GetCommands(),
		help.GetCommands(),
		secret.GetCommands(),
	)
}
