package router

import "math"

// instant is a point in time in nanoseconds since the Router was made. A time.Time has three words and
// costs a branch per comparison; deadlines are compared thousands of times a second.
type instant int64

// never is the deadline of what is not awaited.
const never instant = math.MaxInt64

// deadlines is a heap of four children per node that always holds every Virtual Router, with the deadline
// never if need be: so nothing is ever inserted or removed, only moved.
type deadlines struct {
	heap  []deadline
	place []int32 // of each Virtual Router in heap
}

type deadline struct {
	at instant
	id ID
}

func newDeadlines(n int) deadlines {
	d := deadlines{heap: make([]deadline, n), place: make([]int32, n)}
	for i := range n {
		d.heap[i] = deadline{at: never, id: ID(i)}
		d.place[i] = int32(i)
	}
	return d
}

// first is the earliest deadline of all, and whose it is.
func (d *deadlines) first() (ID, instant) {
	if len(d.heap) == 0 {
		return -1, never
	}
	return d.heap[0].id, d.heap[0].at
}

// set moves the deadline of id.
func (d *deadlines) set(id ID, at instant) {
	i := int(d.place[id])
	before := d.heap[i].at
	switch {
	case at > before:
		d.down(i, deadline{at, id})
	case at < before:
		d.up(i, deadline{at, id})
	}
}

func (d *deadlines) up(i int, entry deadline) {
	for i > 0 {
		parent := (i - 1) / 4
		if d.heap[parent].at <= entry.at {
			break
		}
		d.put(i, d.heap[parent])
		i = parent
	}
	d.put(i, entry)
}

func (d *deadlines) down(i int, entry deadline) {
	for {
		child := 4*i + 1
		if child >= len(d.heap) {
			break
		}
		for c := child + 1; c < min(child+4, len(d.heap)); c++ {
			if d.heap[c].at < d.heap[child].at {
				child = c
			}
		}
		// Equal deadlines do not move: a thousand aligned Masters would otherwise chase each other.
		if d.heap[child].at >= entry.at {
			break
		}
		d.put(i, d.heap[child])
		i = child
	}
	d.put(i, entry)
}

func (d *deadlines) put(i int, entry deadline) {
	d.heap[i] = entry
	d.place[entry.id] = int32(i)
}
