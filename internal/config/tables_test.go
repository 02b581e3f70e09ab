package config

import (
	"testing"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// movingHost has another name table in another directory.
type movingHost struct {
	fakeHost
	etc, usr string
}

func (h *movingHost) MoveTables(etc, usr string) { h.etc, h.usr = etc, usr }

func (h *movingHost) TableFile(name string) []NamedNumber {
	return []NamedNumber{{7, h.etc + h.usr}}
}

func TestNameTablesAreReadWhereTheFileSays(t *testing.T) {
	// The keywords hold for the whole file, also for what stands before them.
	text := "static_routes {\n10.0.0.0/8 dev eth0 table /my/etc/my/usr\n}\n" +
		"global_defs {\niproute_usr_dir /my/usr\niproute_etc_dir /my/etc\n}\n"
	c := Decode(syntax.ParseString("keepalived.conf", text, options()), &movingHost{})
	if len(c.StaticRoutes) != 1 || c.StaticRoutes[0].Table != 7 {
		t.Errorf("got %+v\n%s", c.StaticRoutes, printed(c))
	}
}
