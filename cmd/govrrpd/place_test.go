package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/netspace"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

func TestPlaceOfAConfiguration(t *testing.T) {
	for text, want := range map[string]struct {
		mentioned bool
		place     place
		suffix    string
	}{
		"vrrp_instance net_namespace {\n}\n":               {false, place{}, ""},
		"! net_namespace blue\n":                           {false, place{}, ""},
		"net_namespace blue\n":                             {true, place{namespace: "blue"}, "_blue"},
		"  instance foo\n":                                 {true, place{instance: "foo"}, "_foo"},
		"instance foo\nnet_namespace blue\n":               {true, place{"blue", "foo"}, "_blue_foo"},
		"net_namespace blue\nnet_namespace red\n":          {true, place{namespace: "blue"}, "_blue"},
		"@left  net_namespace l\n@right net_namespace r\n": {true, place{namespace: "r"}, "_r"},
		"@right\tinstance foo\n":                           {true, place{instance: "foo"}, "_foo"},
		"$NS=blue\nnet_namespace $NS\n":                    {true, place{namespace: "blue"}, "_blue"},
		"$NS=net_namespace blue\n$NS\n":                    {true, place{namespace: "blue"}, "_blue"},
		"$A=1\n":                                           {false, place{}, ""},
		"net_namespace\n":                                  {true, place{}, ""},
		"include other.conf\n":                             {true, place{instance: "bar"}, "_bar"},
		"vrrp_instance VI {\n instance foo\n}\n":           {true, place{}, ""},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "keepalived.conf")
		for name, content := range map[string]string{path: text, filepath.Join(dir, "other.conf"): "instance bar\n"} {
			if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := mentionsPlace(path); got != want.mentioned {
			t.Errorf("%q: mentioned %v", text, got)
		}
		got := placeIn(syntax.Parse(path, syntax.Options{ConfigID: "right"}))
		if got != want.place || got.suffix() != want.suffix {
			t.Errorf("%q: %+v with suffix %q, want %+v with %q", text, got, got.suffix(), want.place, want.suffix)
		}
	}
}

// TestPlaceOfThisHost: without -i, lines for a host are those for this one, as in the rest of the file.
func TestPlaceOfThisHost(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	name, _, _ = strings.Cut(name, ".")
	path := filepath.Join(t.TempDir(), "keepalived.conf")
	text := "@^" + name + " instance other\n@" + name + " instance ${_ENV PLACE}\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PLACE", "here")
	got, err := enterPlace(&cli.Settings{ConfigFile: path}, netspace.ToLook)
	if err != nil || got != (place{instance: "here"}) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestUnreadableFileIsLeftToTheParser(t *testing.T) {
	if !mentionsPlace("/nonexistent/*.conf") {
		t.Error("a pattern is not looked into")
	}
}

func TestNamespaceThatIsNoName(t *testing.T) {
	for _, name := range []string{"../x", "a/b", ".", ".."} {
		if _, err := enterPlace(&cli.Settings{ConfigFile: os.DevNull, Namespace: name}, netspace.ToLook); err == nil {
			t.Errorf("namespace %q was entered", name)
		}
	}
}
