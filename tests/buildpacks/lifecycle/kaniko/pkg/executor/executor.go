// Package executor would apply the Dockerfiles of image extensions.
package executor

import (
	"errors"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/osscontainertools/kaniko/pkg/config"
)

// DoBuild refuses: this lifecycle was built without image extensions.
func DoBuild(*config.KanikoOptions) (v1.Image, error) {
	return nil, errors.New("this lifecycle was built without image extensions")
}
