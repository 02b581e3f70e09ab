package daemon

import "sync"

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

// drain runs what was posted, in order. Only the loop calls it.
func (b *inbox) drain() {
	b.mu.Lock()
	batch := b.pending
	b.pending = b.spare[:0]
	b.mu.Unlock()
	for i, f := range batch {
		f()
		batch[i] = nil
	}
	b.spare = batch[:0]
}
