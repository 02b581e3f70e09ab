package daemon

import (
	"sync"
	"time"
)

// inbox is how other goroutines speak to the loop: a queue of things to do there, and a call that
// wakes it. Nothing that happens per advert goes through it.
type inbox struct {
	wake func()

	mu      sync.Mutex
	pending []func()
	spare   []func() // the slice that drain emptied last, so that the two take turns
}

// post has the loop run f soon. It never blocks. After the loop has ended f is not run.
func (b *inbox) post(f func()) {
	b.mu.Lock()
	b.pending = append(b.pending, f)
	b.mu.Unlock()
	b.wake()
}

// drainTime is after how long the loop looks after adverts again, however much was posted.
const drainTime = 500 * time.Microsecond

// drain runs what was posted, in order, for about drainTime; the rest stays for the next call, for which
// it wakes the loop. Only the loop calls it.
func (b *inbox) drain() {
	b.mu.Lock()
	if len(b.pending) == 0 {
		b.mu.Unlock()
		return
	}
	batch := b.pending
	b.pending = b.spare[:0]
	b.mu.Unlock()
	until := time.Now().Add(drainTime)
	for i, f := range batch {
		batch[i] = nil
		f()
		if i+1 < len(batch) && time.Now().After(until) {
			b.putBack(batch[i+1:])
			return
		}
	}
	b.spare = batch[:0]
}

// putBack makes the rest of a batch the first to come.
func (b *inbox) putBack(rest []func()) {
	b.mu.Lock()
	b.pending = append(rest, b.pending...)
	b.mu.Unlock()
	b.spare = nil
	b.wake()
}
