package lsp

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// An overlay shows files as they are in the editor: an open one as it is there, whether it was saved or
// not, all others as they are on disk.
type overlay struct {
	disk syntax.FS
	open map[string]string // texts, by cleaned name
}

func (o overlay) ReadFile(name string) ([]byte, error) {
	if text, ok := o.open[path.Clean(name)]; ok {
		return []byte(text), nil
	}
	return o.disk.ReadFile(name)
}

func (o overlay) Stat(name string) (fs.FileInfo, error) {
	info, err := o.disk.Stat(name)
	text, ok := o.open[path.Clean(name)]
	switch {
	case !ok:
		return info, err
	case err != nil: // not saved yet
		return buffer{name: path.Base(name), size: int64(len(text)), mode: 0o644}, nil
	}
	return buffer{name: info.Name(), size: int64(len(text)), mode: info.Mode()}, nil
}

func (o overlay) Glob(pattern string) ([]string, error) {
	names, err := o.disk.Glob(pattern)
	if err != nil {
		return nil, err
	}
	for name := range o.open {
		matches, err := path.Match(pattern, name)
		if err == nil && matches && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// Abs is what ${_PWD} shows.
func (o overlay) Abs(name string) (string, error) {
	if disk, ok := o.disk.(interface{ Abs(string) (string, error) }); ok {
		return disk.Abs(name)
	}
	return filepath.Abs(name)
}

// A buffer is an open file, for those who ask what kind of file it is.
type buffer struct {
	name string
	size int64
	mode fs.FileMode
}

func (b buffer) Name() string       { return b.name }
func (b buffer) Size() int64        { return b.size }
func (b buffer) Mode() fs.FileMode  { return b.mode }
func (b buffer) IsDir() bool        { return b.mode.IsDir() }
func (b buffer) ModTime() time.Time { return time.Time{} }
func (b buffer) Sys() any           { return nil }

// emptied is a file system with the same names and nothing in them: parsing a pattern there tells which
// files it stands for, and no more.
type emptied struct{ syntax.FS }

func (e emptied) ReadFile(name string) ([]byte, error) {
	_, err := e.FS.ReadFile(name)
	return nil, err
}
