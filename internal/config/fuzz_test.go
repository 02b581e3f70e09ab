package config

import (
	"maps"
	"slices"
	"testing"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// FuzzDecode gives Decode any text. It must not panic, every finding must have a message, and what it
// would run must be in range.
func FuzzDecode(f *testing.F) {
	for _, block := range slices.Sorted(maps.Keys(rowTests)) {
		for _, r := range rowTests[block] {
			f.Add(frames[block].before + r.line + "\n" + frames[block].after)
		}
	}
	for _, tt := range routeTexts {
		f.Add("static_routes {\n" + tt[0] + "\n}\n")
	}
	for _, tt := range ruleTexts {
		f.Add("static_rules {\n" + tt[0] + "\n}\n")
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		c := decode(text)
		for _, d := range c.Diagnostics {
			if d.Message == "" {
				t.Errorf("a finding without a message: %+v", d)
			}
		}
		if !c.Refused() {
			checkRunnable(t, c)
		}
		syntax.ExitCode(c.Diagnostics)
	})
}

func checkRunnable(t *testing.T, c *Config) {
	for _, vi := range c.Instances {
		if vi.VRID == 0 || vi.Priority == 0 || vi.AdvertInterval <= 0 || vi.Version < 2 || vi.Version > 3 ||
			len(vi.AuthData) > 8 || vi.DownTimerAdverts < 1 || !vi.MulticastGroup.IsMulticast() {
			t.Errorf("instance cannot be run: %+v", vi)
		}
		for _, a := range vi.VIPs {
			if a.Prefix.Addr().Is6() != vi.IPv6 || a.Interface == "" {
				t.Errorf("address cannot be set: %+v", a)
			}
		}
	}
}
