package check

import "github.com/govrrpd/govrrpd/pkg/syntax"

// What keeps a configuration from working on a machine as it is now, and what is said of the check itself.
const (
	CodeLinkDown      syntax.Code = 701 // an interface that is down
	CodeNoSource      syntax.Code = 702 // an interface without an address to send adverts from
	CodeNoTrackedFile syntax.Code = 703 // a tracked file that does not exist

	CodeNoConfigID   syntax.Code = 750 // lines for certain hosts, and nobody said for which to check
	CodeEnvironment  syntax.Code = 751 // an environment variable, which an offline check does not read
	CodeUnusedIgnore syntax.Code = 752 // a govrrpd:ignore comment that ignores nothing
)
