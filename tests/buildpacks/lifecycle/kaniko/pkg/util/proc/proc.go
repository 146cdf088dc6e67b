// Package proc tells whether this is a container; the lifecycle refuses image extensions where it is none.
package proc

type Runtime string

const RuntimeNotFound Runtime = ""

func GetContainerRuntime(int, int) Runtime { return RuntimeNotFound }
