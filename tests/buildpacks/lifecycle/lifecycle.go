// Package lifecycle names what is built, so that the module requires it.
package lifecycle

import (
	_ "github.com/buildpacks/lifecycle/launch"
	_ "github.com/buildpacks/lifecycle/platform"
)
