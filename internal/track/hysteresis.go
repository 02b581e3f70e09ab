package track

// Hysteresis turns single results into a verdict that changes only after rise successes or fall
// failures in a row. It is a counter from 0 to rise+fall-1, GOOD from rise upwards; success while GOOD
// and failure while BAD set it to its end, so a single result to the contrary starts all over.
//
// A new one is undecided: its first result, whichever it is, decides.
type Hysteresis struct {
	rise, fall int
	counter    int
	decided    bool
}

// NewHysteresis wants rise and fall of at least 1; smaller values count as 1.
func NewHysteresis(rise, fall int) Hysteresis {
	h := Hysteresis{rise: max(rise, 1), fall: max(fall, 1)}
	h.counter = h.rise - 1
	return h
}

// Decide fixes the verdict as if it had held for long.
func (h *Hysteresis) Decide(good bool) {
	h.decided = true
	h.counter = 0
	if good {
		h.counter = h.rise + h.fall - 1
	}
}

// Good is the verdict; it means nothing before Decided.
func (h *Hysteresis) Good() bool { return h.counter >= h.rise }

// Decided says whether there has been a result.
func (h *Hysteresis) Decided() bool { return h.decided }

// Counter is the counter's value, 0 to rise+fall-1.
func (h *Hysteresis) Counter() int { return h.counter }

// Add counts one result and says whether there is a new verdict: another one than before, or the first.
func (h *Hysteresis) Add(success bool) (changed bool) {
	first, before := !h.decided, h.Good()
	h.decided = true
	switch {
	case success && h.counter < h.rise-1:
		h.counter++
	case success:
		h.counter = h.rise + h.fall - 1
	case h.counter > h.rise:
		h.counter--
	default:
		h.counter = 0
	}
	return first || h.Good() != before
}
