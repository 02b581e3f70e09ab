package logging

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// line is how console and file show a record: `Sun Nov 22 10:21:39 2026: message`.
func line(r record) []byte {
	return fmt.Appendf(nil, "%s: %s\n", r.time.Format(time.ANSIC), r.message)
}

// console writes to the terminal.
type console struct{ w io.Writer }

func newConsole(w io.Writer) *console { return &console{w: w} }

func (c *console) name() string { return "the console" }
func (c *console) close()       {}

func (c *console) write(r record) error {
	_, err := c.w.Write(line(r))
	return err
}

// file appends to a log file, which it opens when there is something to write.
type file struct {
	path string
	f    *os.File
}

func newFile(path string) *file { return &file{path: path} }

func (f *file) name() string { return f.path }

func (f *file) close() {
	if f.f != nil {
		f.f.Close() // nothing is buffered: there is nothing left to lose
	}
}

func (f *file) write(r record) error {
	if f.f == nil {
		opened, err := OpenAppend(f.path)
		if err != nil {
			return err
		}
		f.f = opened
	}
	_, err := f.f.Write(line(r))
	return err
}

// OpenAppend opens a file for appending, creating it with mode 0644 less the umask. It refuses a
// symbolic link: such files lie in /tmp, where a link may be another user's trap. Anything but a
// regular file is refused too.
func OpenAppend(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o644)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("open %s: not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
