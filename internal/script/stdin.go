package script

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// stdinFile is a file in memory that a program can read from its beginning to its end. Unlike a pipe it takes
// any amount without a reader, never sends SIGPIPE, and any user may open it again as /dev/stdin.
func stdinFile(text []byte) (*os.File, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate("stdin", flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("stdin", flags)
	}
	if err != nil {
		return nil, fmt.Errorf("make a file for the standard input: %w", err)
	}
	file := os.NewFile(uintptr(fd), "stdin")
	_, err = file.Write(text)
	if err == nil {
		_, err = file.Seek(0, 0)
	}
	if err == nil { // what the script is told is not to be changed by it, nor by those that it starts
		_, err = unix.FcntlInt(file.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("write the standard input: %w", err)
	}
	return file, nil
}
