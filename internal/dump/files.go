package dump

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Files says where the files go and who may read them. The zero value is keepalived's default.
type Files struct {
	Dir       string // "" means Directory()
	StateFile string // state_dump_file: a name in Dir, an absolute path, or a directory with `/` at its end
	Suffix    string // data_use_instance: appended to the name of the data file, after a dot
	// Umask takes rights from 0666. keepalived's default of 0177 leaves the files to root.
	Umask uint32
}

// Directory is $TMPDIR when that is an absolute path of a directory, else /tmp.
func Directory() string {
	dir := os.Getenv("TMPDIR")
	if info, err := os.Stat(dir); filepath.IsAbs(dir) && err == nil && info.IsDir() {
		return dir
	}
	return "/tmp"
}

// WriteData writes keepalived.data and keepalived_parent.data.
func (f *Files) WriteData(s *State) error {
	return errors.Join(
		f.write(f.dataPath(), f.mode(), Data(s)),
		f.write(f.path("keepalived_parent.data"), f.mode(), ParentData(&s.Global)),
	)
}

// WriteStats writes keepalived.stats.
func (f *Files) WriteStats(s *State) error {
	return f.write(f.path("keepalived.stats"), f.mode(), Stats(s))
}

// WriteJSON writes keepalived.json in the given version, for its owner alone whatever the umask.
// Without an instance nothing is written.
func (f *Files) WriteJSON(s *State, version int) error {
	content := JSON(s, version)
	if content == nil {
		return nil
	}
	return f.write(f.path("keepalived.json"), 0o600, content)
}

func (f *Files) mode() fs.FileMode { return 0o666 &^ fs.FileMode(f.Umask) }

func (f *Files) path(name string) string {
	return filepath.Join(cmp.Or(f.Dir, Directory()), name)
}

func (f *Files) dataPath() string {
	name := cmp.Or(f.StateFile, "keepalived.data")
	if strings.HasSuffix(name, "/") {
		name += "keepalived.data"
	}
	if f.Suffix != "" {
		name += "." + f.Suffix
	}
	if filepath.IsAbs(name) {
		return name
	}
	return f.path(name)
}

// write replaces the file at path. The content grows in a file of another name first, made exclusively
// and with a name that nobody can guess: a reader never sees half of it, and a link that waits at path
// is replaced, not followed.
func (f *Files) write(path string, mode fs.FileMode, content []byte) (err error) {
	temporary, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			os.Remove(temporary.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(mode), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
