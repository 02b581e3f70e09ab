package daemon

import (
	"fmt"
	"os"
)

// corePatternFile is where the kernel keeps how core files are named, on the whole machine.
const corePatternFile = "/proc/sys/kernel/core_pattern"

// lent is a file of the kernel's with a value that is ours until it is given back.
type lent struct {
	path   string
	before []byte // nil: not ours
}

// borrow writes a value, and remembers the one that was there.
func (l *lent) borrow(path, value string) error {
	before, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, []byte(value), 0)
	}
	if err != nil {
		return fmt.Errorf("set %s: %w", path, err)
	}
	l.path, l.before = path, before
	return nil
}

// giveBack restores the value that was there.
func (l *lent) giveBack() error {
	if l.before == nil {
		return nil
	}
	before := l.before
	l.before = nil
	if err := os.WriteFile(l.path, before, 0); err != nil {
		return fmt.Errorf("restore %s: %w", l.path, err)
	}
	return nil
}
