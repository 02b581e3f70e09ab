package check

import "github.com/govrrpd/govrrpd/pkg/syntax"

// What can be said of the check itself.
const (
	CodeNoConfigID   syntax.Code = 750 // lines for certain hosts, and nobody said for which to check
	CodeEnvironment  syntax.Code = 751 // an environment variable, which an offline check does not read
	CodeUnusedIgnore syntax.Code = 752 // a govrrpd:ignore comment that ignores nothing
)
