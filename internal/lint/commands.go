package lint

import (
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
)

// checkCommands looks at all scripts that the file names.
func (l *linter) checkCommands() {
	g := &l.cfg.Global
	for _, s := range l.cfg.Scripts {
		l.checkCommand(&s.Command)
	}
	l.checkCommand(g.StartupScript)
	l.checkCommand(g.ShutdownScript)
	for _, fifo := range []*config.FIFO{g.NotifyFIFO, g.VRRPNotifyFIFO} {
		if fifo != nil {
			l.checkCommand(fifo.Script)
		}
	}
	for _, vi := range l.cfg.Instances {
		l.checkNotify(&vi.Notify)
		l.checkCommand(vi.NotifyRxLowerPrio)
		l.checkCommand(vi.NotifyDeleted)
		l.checkCommand(vi.NotifySplitBrain)
	}
	for _, group := range l.cfg.SyncGroups {
		l.checkNotify(&group.Notify)
	}
}

func (l *linter) checkNotify(n *config.Notify) {
	for _, c := range []*config.Command{n.Master, n.Backup, n.Fault, n.Stop, n.Any} {
		l.checkCommand(c)
	}
}

func (l *linter) checkCommand(c *config.Command) {
	if c == nil || len(c.Args) == 0 {
		return
	}
	for _, arg := range c.Args[:min(2, len(c.Args))] { // the program, or the script that a shell is to read
		if place := writablePlace(arg); place != "" {
			l.warn(CodeWritablePlace, c.Span, "keep it where only root may write, such as /etc/keepalived",
				"script %s is in %s, where everybody may write: anybody can decide what runs there", arg, place)
		}
	}
	if i := slices.IndexFunc(c.Args, isShellWord); i > 0 {
		l.warn(CodeShellSyntax, c.Span, `write: "/bin/sh -c '…'", or put it into a file`,
			"there is no shell: %s is passed to %s as an argument", c.Args[i], c.Args[0])
	}
}

// writablePlace is the directory of a path in which everybody may write on every system, or "".
func writablePlace(path string) string {
	for _, dir := range []string{"/tmp", "/var/tmp", "/dev/shm"} {
		if strings.HasPrefix(path, dir+"/") {
			return dir
		}
	}
	return ""
}

// isShellWord recognises words that mean something to a shell and are hardly ever meant as they stand.
func isShellWord(word string) bool {
	switch word {
	case "|", "||", "&&", "&", ">", ">>", "<", "2>&1", ">/dev/null", "1>/dev/null", "2>/dev/null", "&>/dev/null":
		return true
	}
	return strings.HasPrefix(word, "$(") || strings.HasPrefix(word, "`")
}
