package logging

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// defaultQueueLength holds the lines of some thousand transitions at once.
const defaultQueueLength = 8192

// record is one line on its way to an output.
type record struct {
	time    time.Time
	level   slog.Level
	ident   string
	message string
}

// writer puts a record where it belongs. It may block: nobody but its output's goroutine calls it.
type writer interface {
	write(record) error
	name() string
	close()
}

// output is a bounded queue with the goroutine that empties it.
type output struct {
	w        writer
	complain func(string) // tells the other outputs

	mu      sync.Mutex
	queue   []record // from first on; what is before has been taken
	first   int
	most    int             // how many may wait
	dropped int             // records that found the queue full, or that could not be written
	waiting []chan struct{} // closed once the queue is empty and its last record written
	writing bool
	stopped bool

	ready chan struct{} // capacity 1: there is something to do

	failing bool // of the goroutine alone: the last write failed and that has been said
}

func newOutput(w writer, length int) *output {
	if length == 0 {
		length = defaultQueueLength
	}
	return &output{w: w, most: length, ready: make(chan struct{}, 1)}
}

// put appends a record, or counts it as dropped. It never blocks.
func (o *output) put(r record) {
	o.mu.Lock()
	switch {
	case o.stopped:
	case o.waits() == o.most:
		o.dropped++
	default:
		if o.first >= o.most {
			o.queue = append(o.queue[:0], o.queue[o.first:]...)
			o.first = 0
		}
		o.queue = append(o.queue, r)
	}
	o.mu.Unlock()
	o.wake()
}

func (o *output) wake() {
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// run writes what comes until stop.
func (o *output) run() {
	defer o.w.close()
	for range o.ready {
		for {
			r, ok := o.next()
			if !ok {
				break
			}
			o.write(r)
		}
		if o.idle() {
			return
		}
	}
}

// next takes the oldest record.
func (o *output) next() (record, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waits() == 0 {
		return record{}, false
	}
	r := o.queue[o.first]
	o.queue[o.first] = record{} // let go of the text
	o.first++
	if o.waits() == 0 {
		o.empty()
	}
	o.writing = true
	return r, true
}

// waits is how many records wait.
func (o *output) waits() int { return len(o.queue) - o.first }

// empty begins the queue anew. What a rush of lines has made large is not kept for the next one.
func (o *output) empty() {
	o.first = 0
	const small = 64
	if cap(o.queue) > small {
		o.queue = nil
		return
	}
	o.queue = o.queue[:0]
}

// idle tells those who wait that everything is written, and the goroutine whether to end.
func (o *output) idle() (end bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writing = false
	if o.waits() > 0 {
		o.wake() // it came after next
		return false
	}
	for _, done := range o.waiting {
		close(done)
	}
	o.waiting = nil
	return o.stopped
}

// write writes one record, after a line about those that were lost before it.
func (o *output) write(r record) {
	if err := o.reportLost(r); err != nil {
		o.failed(err)
		return
	}
	if err := o.w.write(r); err != nil {
		o.failed(err)
		return
	}
	o.failing = false
}

func (o *output) reportLost(r record) error {
	o.mu.Lock()
	dropped := o.dropped
	o.mu.Unlock()
	if dropped == 0 {
		return nil
	}
	r.level = slog.LevelWarn
	r.message = fmt.Sprintf("%d log messages could not be written to %s and are lost", dropped, o.w.name())
	if err := o.w.write(r); err != nil {
		return err
	}
	o.mu.Lock()
	o.dropped -= dropped
	o.mu.Unlock()
	return nil
}

// failed counts the record as lost, and says once per failure why.
func (o *output) failed(err error) {
	o.mu.Lock()
	o.dropped++
	o.mu.Unlock()
	if !o.failing {
		o.failing = true
		o.complain(fmt.Sprintf("log to %s: %v; trying again with each message", o.w.name(), err))
	}
}

// flushed returns a channel that is closed once everything put so far has been written.
func (o *output) flushed() <-chan struct{} {
	done := make(chan struct{})
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stopped || o.waits() == 0 && !o.writing {
		close(done)
		return done
	}
	o.waiting = append(o.waiting, done)
	return done
}

func (o *output) stop() {
	o.mu.Lock()
	o.stopped = true
	o.mu.Unlock()
	o.wake()
}
