package notify

import (
	"slices"
	"testing"
)

func TestEventWords(t *testing.T) {
	for _, c := range []struct {
		event Event
		args  []string
		line  string
	}{
		{Event{Name: "VI_1", State: Master, Priority: 101}, []string{"INSTANCE", "VI_1", "MASTER", "101"}, "INSTANCE \"VI_1\" MASTER 101\n"},
		{Event{Group: true, Name: "a b", State: Stop, Priority: 9}, []string{"GROUP", "a b", "STOP", "0"}, "GROUP \"a b\" STOP 0\n"},
		{Event{Name: `q"q`, State: BackupPriority, Priority: 1}, []string{"INSTANCE", `q"q`, "BACKUP_PRIORITY", "1"}, "INSTANCE \"q\"q\" BACKUP_PRIORITY 1\n"},
	} {
		if got := c.event.Args(); !slices.Equal(got, c.args) {
			t.Errorf("%+v: args %q", c.event, got)
		}
		if got := c.event.Line(); got != c.line {
			t.Errorf("%+v: line %q", c.event, got)
		}
	}
}
