/* Standard reason codes: stable CamelCase words, so that every plugin says the same word for the
   same thing. A plugin may use others; hosts show those as they are. */
#pragma once

/* Deploys (backends). */
#define NS_REASON_RUNNING "Running"
#define NS_REASON_STOPPED "Stopped"
#define NS_REASON_STARTING "Starting"
#define NS_REASON_NEVER_DEPLOYED "NeverDeployed"
#define NS_REASON_IMAGE_PULL_FAILED "ImagePullFailed"
#define NS_REASON_IMAGE_GONE "ImageGone"
#define NS_REASON_START_FAILED "StartFailed"
#define NS_REASON_CONTAINER_EXITED "ContainerExited"
#define NS_REASON_PROBE_FAILED "ProbeFailed" /* nothing listens, or the answer is wrong */
#define NS_REASON_OUT_OF_MEMORY "OutOfMemory"
#define NS_REASON_ROUTE_NOT_CONFIRMED "RouteNotConfirmed"
#define NS_REASON_ROUTE_UNSUPPORTED                            \
  "RouteUnsupported" /* the renderer cannot express this route \
                      */
#define NS_REASON_PORT_TAKEN "PortTaken"
#define NS_REASON_DRIFT "Drift" /* something was changed by hand */
#define NS_REASON_STALE_FENCE "StaleFence"
#define NS_REASON_BACKEND_UNAVAILABLE "BackendUnavailable"
#define NS_REASON_NETWORK_EXHAUSTED "NetworkExhausted"

/* Builds (methods and engines). */
#define NS_REASON_SETTINGS_INVALID "SettingsInvalid"
#define NS_REASON_DOCKERFILE_MISSING "DockerfileMissing"
#define NS_REASON_PATH_OUTSIDE_SOURCE "PathOutsideSource"
#define NS_REASON_COMMAND_FAILED "CommandFailed"
#define NS_REASON_NO_BUILDPACK_FITS "NoBuildpackFits"
#define NS_REASON_ARTIFACT_MISSING "ArtifactMissing"      /* not in the image that was built */
#define NS_REASON_ARTIFACT_NO_FOLDER "ArtifactNotAFolder" /* a file, a device... */
#define NS_REASON_TIMED_OUT "TimedOut"
#define NS_REASON_CANCELLED "Cancelled"
#define NS_REASON_BASE_IMAGE_UNAVAILABLE "BaseImageUnavailable"
#define NS_REASON_REGISTRY_UNAVAILABLE "RegistryUnavailable"
#define NS_REASON_ENGINE_UNAVAILABLE "EngineUnavailable"

/* Storages. */
#define NS_REASON_OBJECT_MISSING "ObjectMissing"
#define NS_REASON_DIGEST_MISMATCH "DigestMismatch"
#define NS_REASON_DISK_FULL "DiskFull"
#define NS_REASON_STORAGE_UNAVAILABLE "StorageUnavailable"
#define NS_REASON_STORAGE_DENIED "StorageDenied" /* credentials or rights do not do */

/* Site servers. */
#define NS_REASON_SITE_SERVER_UNAVAILABLE "SiteServerUnavailable"

/* Any. */
#define NS_REASON_CONFIG_INVALID "ConfigInvalid"
#define NS_REASON_UNSUPPORTED "Unsupported"
#define NS_REASON_DEFECT "Defect" /* a plugin broke a rule of the ABI */
