// Builds the programs of the CNB lifecycle. Kaniko, which it uses for image extensions alone, is not to be had from the module proxy: the
// folder kaniko has the few names that the lifecycle needs of it, and refuses to do anything. See `tool_lifecycle` in run.d/tools.sh.
module neoshowcase.dev/lifecycle

go 1.26.6

require github.com/buildpacks/lifecycle v0.21.17

replace github.com/osscontainertools/kaniko => ./kaniko
