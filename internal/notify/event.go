package notify

import "strconv"

// The states that a subject can be told to be in.
const (
	Master           = "MASTER"
	Backup           = "BACKUP"
	Fault            = "FAULT"
	Stop             = "STOP"
	Deleted          = "DELETED"
	MasterRxLowerPri = "MASTER_RX_LOWER_PRI" // no state: a Master heard somebody of lower priority
	SplitBrain       = "SPLIT_BRAIN"         // no state: a Master has found another one
	MasterPriority   = "MASTER_PRIORITY"     // FIFO only: the effective priority changed while MASTER
	BackupPriority   = "BACKUP_PRIORITY"     // FIFO only: the same in any other state
)

// Event is what generic scripts and FIFOs hear.
type Event struct {
	Group    bool   // the subject is a vrrp_sync_group, else a vrrp_instance
	Name     string // of the instance or group
	State    string // one of the constants
	Priority int    // effective priority, 0-255; not told of groups, where it is always 0
}

// Args are the words that follow the configured ones of a generic notify script.
func (e Event) Args() []string {
	return []string{e.kind(), e.Name, e.State, strconv.Itoa(e.priority())}
}

// Line is the event as a FIFO carries it, with its newline. The name is in double quotes whatever it
// holds; readers of keepalived's FIFO rely on that.
func (e Event) Line() string {
	return e.kind() + ` "` + e.Name + `" ` + e.State + " " + strconv.Itoa(e.priority()) + "\n"
}

// subject is whom the event is about: an instance and a group may have the same name.
func (e Event) subject() string { return e.kind() + " " + e.Name }

// topic tells events apart that do not make up for each other: a newer state makes an older one pointless,
// but nothing of another topic.
func (e Event) topic() string {
	switch e.State {
	case Master, Backup, Fault, Stop, Deleted:
		return "state"
	}
	return e.State
}

func (e Event) kind() string {
	if e.Group {
		return "GROUP"
	}
	return "INSTANCE"
}

func (e Event) priority() int {
	if e.Group {
		return 0
	}
	return e.Priority
}
