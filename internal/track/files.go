package track

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// orphanRetry is how often a directory that is missing is looked for.
const orphanRetry = time.Second

const (
	fileEvents      = unix.IN_CLOSE_WRITE | unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO
	directoryEvents = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR
)

// FileConfig is one track_file.
type FileConfig struct {
	Name string
	Path string
}

// FileState is one file's value at one moment.
type FileState struct {
	Name, Path string
	Value      int
}

// Files watches numbers in files. The directories are watched, not the files, which may come and go. A file is read
// when its writer closes it, because in between it is empty or holds a part of the number; github.com/fsnotify/fsnotify
// does not tell of that (v1.10 keeps it to itself), hence inotify as the kernel has it.
type Files struct {
	report  func(Result)
	log     *slog.Logger
	inotify *os.File
	watches map[int32][]*trackedFile // by watch descriptor; Run's goroutine alone uses it
	orphans []*trackedFile           // of directories that are not there

	mu    sync.Mutex // guards the files' values
	files []*trackedFile
}

type trackedFile struct {
	name, path, base string
	value            int
}

// OpenFiles starts watching and reads all the values, which States then tells. A directory that does
// not exist is logged and looked for once a second. The error is about inotify itself.
func OpenFiles(configs []FileConfig, report func(Result), log *slog.Logger) (*Files, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("open inotify: %w", err)
	}
	f := &Files{
		report: report, log: log, inotify: os.NewFile(uintptr(fd), "inotify"),
		watches: map[int32][]*trackedFile{},
	}
	for _, cfg := range configs {
		file := &trackedFile{name: cfg.Name, path: cfg.Path, base: filepath.Base(cfg.Path)}
		f.files = append(f.files, file)
		if err := f.watch(file); err != nil {
			log.Warn("Directory of tracked file cannot be watched", "file", cfg.Path, "error", err)
			f.orphans = append(f.orphans, file)
		}
		f.take(file) // after watching, so that nothing is missed in between
	}
	return f, nil
}

// States returns the value of every file, in the order of the configuration.
func (f *Files) States() []FileState {
	f.mu.Lock()
	defer f.mu.Unlock()
	states := make([]FileState, len(f.files))
	for i, file := range f.files {
		states[i] = FileState{Name: file.name, Path: file.path, Value: file.value}
	}
	return states
}

// Run reports changes until ctx ends, and then closes f. The error, if any, is that of reading inotify.
func (f *Files) Run(ctx context.Context) error {
	defer f.inotify.Close()
	stop := context.AfterFunc(ctx, func() { f.inotify.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buffer := make([]byte, 64*(unix.SizeofInotifyEvent+unix.NAME_MAX+1))
	for ctx.Err() == nil {
		if err := f.setDeadline(ctx); err != nil {
			return fmt.Errorf("wait for inotify: %w", err)
		}
		n, err := f.inotify.Read(buffer)
		switch {
		case err == nil:
			f.handle(buffer[:n])
		case errors.Is(err, os.ErrDeadlineExceeded):
			f.adoptOrphans()
		default:
			return fmt.Errorf("read inotify: %w", err)
		}
	}
	return nil
}

// setDeadline lets the next read end for a look at missing directories, if there are any.
func (f *Files) setDeadline(ctx context.Context) error {
	var deadline time.Time
	if len(f.orphans) > 0 {
		deadline = time.Now().Add(orphanRetry)
	}
	err := f.inotify.SetReadDeadline(deadline)
	if ctx.Err() != nil { // it ended just now, and its deadline may have been overwritten
		return f.inotify.SetReadDeadline(time.Unix(1, 0))
	}
	return err
}

func (f *Files) watch(file *trackedFile) error {
	dir := filepath.Dir(file.path)
	raw, err := f.inotify.SyscallConn()
	if err != nil {
		return err
	}
	var wd int
	var addErr error
	err = raw.Control(func(fd uintptr) {
		wd, addErr = unix.InotifyAddWatch(int(fd), dir, fileEvents|directoryEvents)
	})
	if err = errors.Join(err, addErr); err != nil {
		return err
	}
	f.watches[int32(wd)] = append(f.watches[int32(wd)], file)
	return nil
}

// handle goes through the events of one read(2): see inotify(7) for their form.
func (f *Files) handle(events []byte) {
	for len(events) >= unix.SizeofInotifyEvent {
		header := *(*unix.InotifyEvent)(unsafe.Pointer(&events[0]))
		end := unix.SizeofInotifyEvent + int(header.Len)
		name, _, _ := bytes.Cut(events[unix.SizeofInotifyEvent:end], []byte{0})
		f.event(header.Wd, header.Mask, string(name))
		events = events[end:]
	}
}

func (f *Files) event(wd int32, mask uint32, name string) {
	switch {
	case mask&unix.IN_Q_OVERFLOW != 0: // something was missed
		for _, file := range f.files {
			f.read(file)
		}
	case mask&(unix.IN_IGNORED|unix.IN_MOVE_SELF|unix.IN_DELETE_SELF) != 0:
		f.orphan(wd, mask)
	default:
		for _, file := range f.watches[wd] {
			if file.base == name {
				f.read(file)
			}
		}
	}
}

// orphan takes note that a directory is no longer where it was.
func (f *Files) orphan(wd int32, mask uint32) {
	lost := f.watches[wd]
	delete(f.watches, wd)
	if mask&unix.IN_MOVE_SELF != 0 { // still watched, under a name that nobody asked for
		if raw, err := f.inotify.SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { _, _ = unix.InotifyRmWatch(int(fd), uint32(wd)) })
		}
	}
	for _, file := range lost {
		f.log.Info("Directory of tracked file is gone, looking for it", "file", file.path)
		f.orphans = append(f.orphans, file)
		f.read(file)
	}
}

func (f *Files) adoptOrphans() {
	missing := f.orphans[:0]
	for _, file := range f.orphans {
		if f.watch(file) != nil {
			missing = append(missing, file)
			continue
		}
		f.read(file)
	}
	f.orphans = missing
}

// read takes the file's value, and reports it if it is another one than before.
func (f *Files) read(file *trackedFile) {
	if f.take(file) {
		f.report(Result{Kind: File, Name: file.name, Good: true, Value: file.value})
	}
}

func (f *Files) take(file *trackedFile) (changed bool) {
	text := contents(file.path)
	value, ok := ParseValue(text)
	if !ok {
		f.log.Info(fmt.Sprintf("Invalid number %s read from %s - ignoring", firstToken(text), file.path))
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	changed = file.value != value
	file.value = value
	return changed
}

// contents is the beginning of the file, and empty if it cannot be read, for whatever reason.
func contents(path string) []byte {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // a FIFO must not hold us up
	if err != nil {
		return nil
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(file, 256))
	return text
}

func firstToken(text []byte) []byte {
	if fields := bytes.Fields(text); len(fields) > 0 {
		return fields[0]
	}
	return nil
}

// InitFile writes value to the file if it does not exist, or in any case with overwrite (init_file).
// What exists and is no regular file is left alone, with an error.
func InitFile(path string, value int, overwrite bool) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if info, err := os.Lstat(path); err == nil {
		if !overwrite {
			return nil
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("initialise %s: it is no regular file", path)
		}
		flags = os.O_WRONLY | os.O_TRUNC | unix.O_NOFOLLOW
	}
	file, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return fmt.Errorf("initialise tracked file: %w", err)
	}
	_, err = fmt.Fprintf(file, "%d\n", value)
	return errors.Join(err, file.Close())
}
