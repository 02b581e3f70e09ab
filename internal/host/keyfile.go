package host

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// largestKeyFile holds a key of 64 bytes in hexadecimal digits, with blanks between them and some room.
const largestKeyFile = 1024

// KeyFile reads a file that holds a key of auth_hmac. A pipe is not waited for.
func (*Host) KeyFile(path string) (text string, shared bool, problem string) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", false, cause(err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return "", false, cause(err)
	case !info.Mode().IsRegular():
		return "", false, "it is no regular file"
	}
	content, err := io.ReadAll(io.LimitReader(file, largestKeyFile+1))
	switch {
	case err != nil:
		return "", false, cause(err)
	case len(content) > largestKeyFile:
		return "", false, "it is too large"
	}
	return string(content), info.Mode().Perm()&0o077 != 0, ""
}

// cause is what is wrong, without the path, which the reader of a finding sees anyway.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
