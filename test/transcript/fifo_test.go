package transcript

import (
	"bufio"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// fifo reads what a daemon writes to a FIFO that the daemon makes.
type fifo struct {
	done  chan struct{}
	ended sync.WaitGroup

	mu    sync.Mutex
	lines []string
}

var fifoPath = regexp.MustCompile(`notify_fifo +"?%DIR%/([a-z0-9]+)`)

// openFIFOs starts to read the FIFOs that a configuration names.
func (n *node) openFIFOs(config string) error {
	for _, m := range fifoPath.FindAllStringSubmatch(config, -1) {
		if n.fifos[m[1]] != nil {
			continue
		}
		f := &fifo{done: make(chan struct{})}
		n.fifos[m[1]] = f
		f.ended.Go(func() { f.read(filepath.Join(n.dir, m[1])) })
	}
	return nil
}

// read waits until there is a FIFO of that name, and reads it, and whatever comes in its place: keepalived makes
// its FIFOs anew at a reload. It opens them for writing too, so that they never end.
func (f *fifo) read(path string) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	var current *os.File
	for {
		select {
		case <-f.done:
			return
		case <-ticker.C:
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode()&os.ModeNamedPipe == 0 || current != nil && linked(current) {
			continue
		}
		if file, err := os.OpenFile(path, os.O_RDWR|unix.O_NONBLOCK, 0); err == nil {
			current = file
			f.ended.Go(func() { f.follow(file) })
		}
	}
}

// linked tells whether a file still has a name.
func linked(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Sys().(*syscall.Stat_t).Nlink > 0
}

func (f *fifo) follow(file *os.File) {
	f.ended.Go(func() {
		<-f.done
		file.Close()
	})
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f.mu.Lock()
		f.lines = append(f.lines, lines.Text())
		f.mu.Unlock()
	}
}

func (f *fifo) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.lines...)
}

func (f *fifo) close() {
	close(f.done)
	f.ended.Wait()
}

func (n *node) lines(name string) []string {
	if f := n.fifos[name]; f != nil {
		return f.all()
	}
	return nil
}
