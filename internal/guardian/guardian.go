// Package guardian decides when a Master puts back what somebody else has removed of its addresses, routes
// and rules, and when it gives way: a program that removes them again and again will not be outlasted, and
// two that fight over an address are worse than a router that steps back.
//
// It promises that one loss is answered at once, that a program which removes everything is let finish
// before anything is put back, and that a Watch which has given way guards again when it has been left
// alone. It knows neither addresses nor interfaces: what is lost, and how it is put back, is the caller's.
package guardian

import (
	"slices"
	"time"
)

const (
	// Quiet is how long nothing more must be lost for a burst of losses to be over. `ip address flush`
	// looks again for what it has removed, and would remove what is put back before it is done.
	Quiet = 10 * time.Millisecond
	// Patience is how long a burst is waited for at most.
	Patience = 30 * time.Millisecond
	// LongQuiet and LongPatience are the same for a burst of more than Many losses, which takes that long.
	LongQuiet    = 50 * time.Millisecond
	LongPatience = time.Second
	Many         = 64

	// Most is how often something is put back within Within. The next time it is not.
	Most   = 5
	Within = time.Minute
	// Rest is how long nothing must be lost for a Watch that has given way to guard again.
	Rest = time.Minute
)

// A Burst is losses that follow each other closely, of anybody. The zero Burst has none.
type Burst struct {
	first, last time.Time
	count       int
}

// Add takes in a loss.
func (b *Burst) Add(now time.Time) {
	if b.count == 0 {
		b.first = now
	}
	b.last = now
	b.count++
}

// Due is when the burst is over, so far; the zero time if there is none.
func (b *Burst) Due() time.Time {
	if b.count == 0 {
		return time.Time{}
	}
	pause, patience := Quiet, Patience
	if b.count > Many {
		pause, patience = LongQuiet, LongPatience
	}
	quiet, latest := b.last.Add(pause), b.first.Add(patience)
	if latest.Before(quiet) {
		return latest
	}
	return quiet
}

// A Verdict is what is to be done about losses of one Virtual Router.
type Verdict uint8

const (
	Restore Verdict = iota // put back what is lost
	GiveWay                // do not, from now on
)

// A Watch is over what one Virtual Router holds: things of type K. The zero Watch guards.
type Watch[K comparable] struct {
	rounds  [Most]time.Time // when a round of restorations began, the last times
	oldest  int             // of rounds
	back    map[K]bool      // what was put back in the last round
	restsTo time.Time       // zero: it guards
}

// Judge decides about a burst of losses that is over. Only what is lost again, after it was put back, begins
// another round: whoever removes thousands of things one after the other does it once.
func (w *Watch[K]) Judge(now time.Time, lost []K) Verdict {
	if w.Resting(now) {
		return GiveWay
	}
	if w.again(now, lost) {
		if first := w.rounds[w.oldest]; !first.IsZero() && now.Sub(first) < Within {
			*w = Watch[K]{restsTo: now.Add(Rest)}
			return GiveWay
		}
		w.rounds[w.oldest] = now
		w.oldest = (w.oldest + 1) % Most
		w.back = make(map[K]bool, len(lost))
	}
	for _, one := range lost {
		w.back[one] = true
	}
	return Restore
}

// again tells whether a loss begins another round.
func (w *Watch[K]) again(now time.Time, lost []K) bool {
	last := w.rounds[(w.oldest+Most-1)%Most]
	return w.back == nil || now.Sub(last) >= Within || slices.ContainsFunc(lost, func(one K) bool { return w.back[one] })
}

// Resting tells whether the Watch has given way, and has not been left alone for Rest since: being asked is
// a loss.
func (w *Watch[K]) Resting(now time.Time) bool {
	if w.restsTo.IsZero() || !now.Before(w.restsTo) {
		w.restsTo = time.Time{}
		return false
	}
	w.restsTo = now.Add(Rest)
	return true
}

// Surrender has the Watch give way whatever was before: something cannot be put back.
func (w *Watch[K]) Surrender(now time.Time) { *w = Watch[K]{restsTo: now.Add(Rest)} }

// Since is how long the rounds took that Judge counted before it gave way, if it is asked before.
func (w *Watch[K]) Since(now time.Time) time.Duration {
	if first := w.rounds[w.oldest]; !first.IsZero() {
		return now.Sub(first)
	}
	return 0
}
