package netspace

import "testing"

func TestIsPrivate(t *testing.T) {
	const (
		usual   = "25 1 0:22 / /run rw,relatime shared:5 - tmpfs tmpfs rw\n"
		private = "258 255 0:39 /keepalived/blue /run/keepalived rw,relatime - tmpfs tmpfs rw\n"
		onDisk  = "258 255 8:1 /run/keepalived/blue /run/keepalived rw,relatime - ext4 /dev/sda1 rw\n"
		mounted = "300 25 0:50 / /run/keepalived rw - tmpfs tmpfs rw\n"
	)
	for _, test := range []struct {
		mounts, namespace string
		want              bool
	}{
		{usual, "blue", false}, {usual + private, "blue", true}, {usual + private, "red", false},
		{usual + onDisk, "blue", true}, {usual + mounted, "blue", false}, {"", "blue", false},
	} {
		if got := isPrivate([]byte(test.mounts), test.namespace); got != test.want {
			t.Errorf("%q in %q: %v", test.namespace, test.mounts, got)
		}
	}
}
