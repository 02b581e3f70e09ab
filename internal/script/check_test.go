package script

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree makes a root directory as a distribution has it, owned by the test's user.
func tree(t *testing.T) Checker {
	root := t.TempDir()
	for _, dir := range []string{"usr/bin", "etc/open", "tmp", "root"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{
		".": 0o755, "etc/open": 0o777, "tmp": 0o777 | os.ModeSticky, "root": 0o700,
	} {
		if err := os.Chmod(filepath.Join(root, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{
		"usr/bin/ok": 0o755, "usr/bin/data": 0o644, "usr/bin/loose": 0o757, "usr/bin/mine": 0o700,
		"etc/open/ok": 0o755, "etc/open/loose": 0o777, "tmp/ok": 0o755, "root/ok": 0o755,
	} {
		write(t, filepath.Join(root, path), "#!/bin/sh\n", mode)
	}
	for link, target := range map[string]string{
		"bin": "usr/bin", "usr/bin/again": "/bin/ok", "usr/bin/loop": "loop", "usr/bin/via": "../../etc/open/ok",
		"etc/open/lnk": "/usr/bin/ok", "usr/bin/up": "../../../../../usr/bin/ok",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	return Checker{Root: root, Owner: uint32(os.Getuid()), Path: "rel:/none:/usr/bin"}
}

// stranger is neither root nor whoever runs the test.
func stranger() User { return User{UID: uint32(os.Getuid()) + 1000, GID: uint32(os.Getgid()) + 1000} }

func TestCheckRules(t *testing.T) {
	c := tree(t)
	root, nobody := User{}, stranger()
	for _, test := range []struct {
		name string
		user User
		want error
		real string
	}{
		{"/usr/bin/ok", root, nil, "/usr/bin/ok"},
		{"/bin/ok", root, nil, "/usr/bin/ok"},
		{"/bin/again", root, nil, "/usr/bin/ok"},
		{"/bin/up", root, nil, "/usr/bin/ok"},
		{"/usr/../bin//ok", root, nil, "/usr/bin/ok"},
		{"ok", root, nil, "/usr/bin/ok"},
		{"/tmp/ok", root, nil, "/tmp/ok"},
		{"/usr/bin/loose", root, ErrInsecure, "/usr/bin/loose"},
		{"/etc/open/ok", root, ErrInsecure, "/etc/open/ok"},
		{"/etc/open/ok", nobody, nil, "/etc/open/ok"},
		{"/etc/open/ok", User{UID: stranger().UID}, ErrInsecure, "/etc/open/ok"}, // group 0
		{"/etc/open/lnk", root, ErrInsecure, "/usr/bin/ok"},
		{"/usr/bin/via", root, ErrInsecure, "/etc/open/ok"},
		{"/usr/bin/data", root, ErrNotExecutable, ""},
		{"/usr/bin", root, ErrNotExecutable, ""},
		{"/usr/bin/mine", root, nil, "/usr/bin/mine"},
		{"/usr/bin/mine", nobody, ErrNotExecutable, ""},
		{"/root/ok", nobody, ErrNotAccessible, ""},
		{"/usr/bin/loop", root, ErrNotAccessible, ""},
		{"/usr/bin/none", root, ErrNotFound, ""},
		{"/usr/bin/ok/x", root, ErrNotFound, ""},
		{"none", root, ErrNotFound, ""},
		{"data", root, ErrNotExecutable, ""},
		{"usr/bin/ok", root, ErrNotFound, ""},
		{"", root, ErrNotFound, ""},
	} {
		found, err := c.Check(test.name, test.user)
		if !errors.Is(err, test.want) || (test.want == nil) != (err == nil) || err != nil && !strings.Contains(err.Error(), test.name) {
			t.Errorf("%q for %+v: %v, want %v", test.name, test.user, err, test.want)
		}
		if test.real != "" && found.Real != test.real {
			t.Errorf("%q is really %q, want %q", test.name, found.Real, test.real)
		}
		if bare := test.name == "ok"; found.Searched != bare {
			t.Errorf("%q: searched %v", test.name, found.Searched)
		}
	}
}

func TestCheckWantsTheTrustedOwner(t *testing.T) {
	c := tree(t)
	c.Owner++
	if _, err := c.Check("/usr/bin/ok", User{}); !errors.Is(err, ErrInsecure) || !strings.Contains(err.Error(), "belongs to user") {
		t.Errorf("files of another user: %v", err)
	}
	if _, err := c.Check("/usr/bin/ok", stranger()); err != nil {
		t.Errorf("the rule holds for privileged scripts only: %v", err)
	}
}

func TestExecutePermissionFollowsUserGroupOther(t *testing.T) {
	c := tree(t)
	info := write(t, filepath.Join(c.Root, "usr/bin/group"), "", 0o710)
	if err := os.Chown(info, -1, os.Getgid()); err != nil {
		t.Fatal(err)
	}
	gid := uint32(os.Getgid())
	for _, test := range []struct {
		user User
		want bool
	}{
		{User{UID: stranger().UID, GID: gid}, true},
		{User{UID: stranger().UID, GID: stranger().GID, Groups: []uint32{gid + 5, gid}}, true},
		{stranger(), false},
	} {
		if _, err := c.Check("/usr/bin/group", test.user); errors.Is(err, ErrNotExecutable) == test.want {
			t.Errorf("%+v: %v", test.user, err)
		}
	}
}

func TestInsecureNamesTheFirstFault(t *testing.T) {
	_, err := tree(t).Check("/etc/open/loose", User{})
	if want := "check script /etc/open/loose: /etc/open is writable by others: insecure"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
}
