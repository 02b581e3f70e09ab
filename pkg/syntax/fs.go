package syntax

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// FS is how the parser reaches files. Names are slash-separated and absolute or relative to wherever
// the FS starts from.
type FS interface {
	ReadFile(name string) ([]byte, error)
	// Glob returns the names that match a pattern in the syntax of path.Match.
	Glob(pattern string) ([]string, error)
	Stat(name string) (fs.FileInfo, error)
}

// An absoluter is an FS that knows its working directory, which ${_PWD} shows.
type absoluter interface {
	Abs(name string) (string, error)
}

// OSFS returns the machine's files; relative names start from the working directory.
func OSFS() FS { return osFS{} }

type osFS struct{}

func (osFS) ReadFile(name string) ([]byte, error)  { return os.ReadFile(name) }
func (osFS) Glob(pattern string) ([]string, error) { return filepath.Glob(pattern) }
func (osFS) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }
func (osFS) Abs(name string) (string, error)       { return filepath.Abs(name) }

// IOFS makes an FS of a [fs.FS], for tests. Its root is "/"; relative names start there too.
func IOFS(files fs.FS) FS { return ioFS{files} }

type ioFS struct{ files fs.FS }

func (f ioFS) ReadFile(name string) ([]byte, error) {
	return fs.ReadFile(f.files, strings.TrimPrefix(name, "/"))
}

func (f ioFS) Stat(name string) (fs.FileInfo, error) {
	return fs.Stat(f.files, strings.TrimPrefix(name, "/"))
}

func (f ioFS) Glob(pattern string) ([]string, error) {
	rooted := strings.HasPrefix(pattern, "/")
	names, err := fs.Glob(f.files, strings.TrimPrefix(pattern, "/"))
	if rooted {
		for i := range names {
			names[i] = "/" + names[i]
		}
	}
	return names, err
}

func (ioFS) Abs(name string) (string, error) {
	if strings.HasPrefix(name, "/") {
		return name, nil
	}
	return "/" + name, nil
}
