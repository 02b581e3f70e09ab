package script

import (
	"os"
	"path/filepath"
	"testing"
)

func TestFileTestForm(t *testing.T) {
	for line, want := range map[string]string{
		"</run/ok": "/run/ok", "<  /run/o k ": "/run/o k", " </x": "/x",
		"/run/ok": "", "<": "", "<rel": "", "": "",
	} {
		path, ok := FileTest(line)
		if ok != (want != "") || ok && path != want {
			t.Errorf("%q is %q %v, want %q", line, path, ok, want)
		}
	}
}

func TestOpenFileSucceedsExactlyWhenTheFileOpens(t *testing.T) {
	s := newSpawner(t)
	there := write(t, filepath.Join(t.TempDir(), "it's $here"), "", 0o644)
	uid, gid := uint32(os.Getuid()), uint32(os.Getgid())
	if exit := run(t, s, OpenFile(there, uid, gid, nil)); !exit.OK() {
		t.Error(exit)
	}
	if exit := run(t, s, OpenFile(there+"x", uid, gid, nil)); exit.OK() {
		t.Error("a missing file was opened")
	}
}

func TestCommandEqualAndText(t *testing.T) {
	a := Command{Args: []string{"/x", "a b", "c"}, UID: 1}
	if b := a.With("d"); len(a.Args) != 3 || b.Equal(a) || b.String() != "/x 'a b' c d" {
		t.Errorf("%v then %v", a, b)
	}
	roomy := Command{Args: append(make([]string, 0, 9), "/x")}
	if b := roomy.With("b"); roomy.With("c").Args[1] != "c" || b.Args[1] != "b" {
		t.Error("two commands share their arguments")
	}
	for _, b := range []Command{
		{Args: []string{"/x", "a b"}, UID: 1}, {Args: a.Args}, {Args: a.Args, UID: 1, GID: 1},
		{Args: a.Args, UID: 1, Groups: []uint32{4}}, {Path: "/y", Args: a.Args, UID: 1},
	} {
		if a.Equal(b) {
			t.Errorf("%+v equals %+v", a, b)
		}
	}
	if !a.Equal(Command{Path: "/x", Args: []string{"/x", "a b", "c"}, UID: 1}) {
		t.Error("the path that Args[0] means is another path")
	}
}
