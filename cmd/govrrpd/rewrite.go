package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// rewrite gives a file other content, as a whole or not at all: whoever reads it, and whoever finds it after
// a power failure, sees the old text or the new one. Owner and mode stay, a link goes on pointing to it.
func rewrite(name string, content []byte) error {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	temporary, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) // in vain once it has its new name
	if err := errors.Join(fill(temporary, info, content), temporary.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), target); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(target))
}

// fill writes the content and makes the file like the one that it replaces. The owner comes before the mode,
// since a change of the owner takes setuid bits away.
func fill(file *os.File, like os.FileInfo, content []byte) error {
	if _, err := file.Write(content); err != nil {
		return err
	}
	if owner, ok := like.Sys().(*syscall.Stat_t); ok && (int(owner.Uid) != os.Geteuid() || int(owner.Gid) != os.Getegid()) {
		if err := file.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
			return fmt.Errorf("it belongs to another user: %w", err)
		}
	}
	if err := file.Chmod(like.Mode()); err != nil {
		return err
	}
	return file.Sync()
}

// syncFolder makes the new name last. File systems that cannot do that for a folder say so; there is no more
// to be done then.
func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return nil // a folder that may be written but not read
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
