package daemon

import (
	"sync"
	"time"
)

// lane is a queue of deeds and the one goroutine that does them, in order. The loop hands over what
// may take time (4000 addresses are tens of milliseconds) and goes on sending adverts.
type lane struct {
	mu      sync.Mutex
	changed sync.Cond
	deeds   []func()
	closed  bool
	done    chan struct{}
}

func newLane() *lane {
	l := &lane{done: make(chan struct{})}
	l.changed.L = &l.mu
	go l.run()
	return l
}

// do queues a deed. It never blocks. After close it does nothing.
func (l *lane) do(deed func()) {
	l.mu.Lock()
	if !l.closed {
		l.deeds = append(l.deeds, deed)
	}
	l.mu.Unlock()
	l.changed.Signal()
}

// close lets the deeds that are queued be done, for at most grace, and tells whether all were.
func (l *lane) close(grace time.Duration) bool {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.changed.Signal()
	select {
	case <-l.done:
		return true
	case <-time.After(grace):
		return false
	}
}

func (l *lane) run() {
	defer close(l.done)
	for {
		l.mu.Lock()
		for len(l.deeds) == 0 && !l.closed {
			l.changed.Wait()
		}
		batch := l.deeds
		l.deeds = nil
		closed := l.closed
		l.mu.Unlock()
		for _, deed := range batch {
			deed()
		}
		if closed && len(batch) == 0 {
			return
		}
	}
}
