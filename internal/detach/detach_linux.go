// Package detach puts the program into the background the way daemons do, so that the shell which
// started it learns how the start went.
//
// A Go process cannot fork. The program starts itself once more in a new session instead, and waits
// until that copy either says that it is ready or ends: then its exit code becomes the caller's. Until
// it is ready the copy writes to the caller's stderr; from then on it has no terminal at all.
//
// When the copy is ready is left to the daemon, which calls Ready.
package detach

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// variable marks the copy and names the descriptor on which it reports.
const variable = "GOVRRPD_DETACHED"

// readyFD is that descriptor: the first of exec.Cmd's ExtraFiles.
const readyFD = 3

// Detached tells whether this process is the copy in the background.
func Detached() bool { return os.Getenv(variable) != "" }

// Start runs the program once more in the background with the given arguments. It returns 0 when the
// copy is ready, else the copy's exit code.
func Start(args []string, stderr *os.File) (code int, err error) {
	reader, writer, err := os.Pipe()
	if err != nil {
		return 1, fmt.Errorf("make pipe: %w", err)
	}
	defer reader.Close()
	program, err := os.Executable() // not /proc/self/exe: the process would be named "exe"
	if err != nil {
		return 1, err
	}
	cmd := exec.Command(program, args...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), variable+"=1")
	cmd.Stderr = stderr // stdin and stdout are /dev/null
	cmd.ExtraFiles = []*os.File{writer}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	writer.Close()
	if err != nil {
		return 1, fmt.Errorf("start in the background: %w", err)
	}
	if n, _ := io.ReadFull(reader, make([]byte, 1)); n == 1 {
		return 0, nil
	}
	return exitCode(cmd.Wait())
}

// exitCode is the code of a copy that ended before it was ready. A daemon that ends so early without
// an error of its own (one is running already) is no error here either.
func exitCode(err error) (int, error) {
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &ended) && ended.Exited():
		return ended.ExitCode(), nil
	}
	return 1, fmt.Errorf("start in the background: %w", err)
}

// Prepare makes the copy a daemon: it forgets the mark (scripts are not to inherit it) and leaves the
// directory it was started in, which may be unmounted while the daemon runs. Relative paths have to be
// made absolute before.
func Prepare() error {
	if err := os.Unsetenv(variable); err != nil {
		return err
	}
	unix.CloseOnExec(readyFD)
	return os.Chdir("/")
}

// Ready tells the waiting parent that everything stands, and lets go of its terminal.
func Ready() error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	if err := unix.Dup3(int(null.Fd()), 2, 0); err != nil {
		return fmt.Errorf("redirect stderr: %w", err)
	}
	pipe := os.NewFile(readyFD, "ready pipe")
	defer pipe.Close()
	if _, err := pipe.Write([]byte{1}); err != nil {
		return fmt.Errorf("report ready: %w", err)
	}
	return nil
}
