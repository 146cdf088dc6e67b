// Package image has the hook by which the lifecycle hands over a base image.
package image

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/osscontainertools/kaniko/pkg/config"
)

var RetrieveRemoteImage func(string, config.RegistryOptions, string) (v1.Image, error)
