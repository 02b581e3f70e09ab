package logging

import "testing"

func TestParseFacility(t *testing.T) {
	for name, want := range map[string]Facility{"0": 16, "7": 23, "local0": 16, "local7": 23, "user": 1, "daemon": 3} {
		if got, ok := ParseFacility(name); !ok || got != want {
			t.Errorf("%s: %d, %v; want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "8", "local8", "local", "local10", "mail", "-1", "00"} {
		if got, ok := ParseFacility(name); ok {
			t.Errorf("%q is read as %d", name, got)
		}
	}
}

func TestFacilityNamesCanBeRead(t *testing.T) {
	names := FacilityNames()
	for _, name := range names {
		if _, ok := ParseFacility(name); !ok {
			t.Errorf("%s is no facility", name)
		}
	}
	if len(names) != 10 {
		t.Errorf("%d names, want 10", len(names))
	}
}
