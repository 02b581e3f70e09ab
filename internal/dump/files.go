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
	// StatsFile and JSONFile are the same for the other files, which are also written where they always are: so
	// keepalived does, and exporters look there.
	StatsFile, JSONFile string
	Suffix              string // data_use_instance: appended to the name of the data file, after a dot
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

// WriteData writes keepalived.data, keepalived_parent.data and, where there are sessions, keepalived_bfd.data.
func (f *Files) WriteData(s *State) error {
	err := errors.Join(
		f.write(f.dataPath(), f.mode(), Data(s)),
		f.write(f.suffixed(f.path("keepalived_parent.data")), f.mode(), ParentData(&s.Global)),
	)
	if len(s.BFDs) > 0 {
		err = errors.Join(err, f.write(f.path("keepalived_bfd.data"), f.mode(), BFDData(s)))
	}
	return err
}

// WriteStats writes keepalived.stats.
func (f *Files) WriteStats(s *State) error {
	return f.writeBoth(f.StatsFile, "keepalived.stats", f.mode(), Stats(s))
}

// WriteJSON writes keepalived.json in the given version, for its owner alone whatever the umask.
// Without an instance nothing is written.
func (f *Files) WriteJSON(s *State, version int) error {
	content := JSON(s, version)
	if content == nil {
		return nil
	}
	return f.writeBoth(f.JSONFile, "keepalived.json", 0o600, content)
}

// writeBoth writes a file where it always is, and where the configuration wants it.
func (f *Files) writeBoth(wanted, usual string, mode fs.FileMode, content []byte) error {
	err := f.write(f.path(usual), mode, content)
	if wanted == "" || f.named(wanted, usual) == f.path(usual) {
		return err
	}
	return errors.Join(err, f.write(f.named(wanted, usual), mode, content))
}

func (f *Files) mode() fs.FileMode { return 0o666 &^ fs.FileMode(f.Umask) }

func (f *Files) path(name string) string {
	return filepath.Join(cmp.Or(f.Dir, Directory()), name)
}

func (f *Files) dataPath() string {
	return f.suffixed(f.named(cmp.Or(f.StateFile, "keepalived.data"), "keepalived.data"))
}

// suffixed tells the files of several daemons on one host apart.
func (f *Files) suffixed(path string) string {
	if f.Suffix != "" {
		path += "." + f.Suffix
	}
	return path
}

// named is the path of a file for which the configuration has a name.
func (f *Files) named(wanted, usual string) string {
	if strings.HasSuffix(wanted, "/") {
		wanted += usual
	}
	if filepath.IsAbs(wanted) {
		return wanted
	}
	return f.path(wanted)
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
