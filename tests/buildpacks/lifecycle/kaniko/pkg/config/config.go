// Package config has the options that the lifecycle fills in for image extensions.
package config

import "time"

// KanikoDir is where the lifecycle would have it work.
var KanikoDir string

type RegistryOptions struct{}

type CacheOptions struct{ CacheTTL time.Duration }

type KanikoOptions struct {
	CacheOptions
	BuildArgs, IgnorePaths                                                                                 []string
	CacheRepo, CustomPlatform, DockerfilePath, SnapshotMode, SrcContext                                    string
	Cache, CacheRunLayers, CacheCopyLayers, Cleanup, IgnoreVarRun, InitialFSUnpacked, NoPush, Reproducible bool
}
