package guardian

import (
	"testing"
	"time"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return start.Add(d) }

func TestOneLossIsAnsweredAtOnce(t *testing.T) {
	var b Burst
	if !b.Due().IsZero() {
		t.Error("something is due before anything is lost")
	}
	b.Add(start)
	if got := b.Due(); got != at(Quiet) {
		t.Errorf("due after %v, want %v", got.Sub(start), Quiet)
	}
}

func TestBurstEndsWithItsLastLoss(t *testing.T) {
	var b Burst
	for i := range 4 {
		b.Add(at(time.Duration(i) * 4 * time.Millisecond))
	}
	if got, want := b.Due().Sub(start), 12*time.Millisecond+Quiet; got != want {
		t.Errorf("due after %v, want %v", got, want)
	}
}

func TestPatienceEndsWithFewLosses(t *testing.T) {
	var b Burst
	for i := range Many {
		b.Add(at(time.Duration(i) * 4 * time.Millisecond))
	}
	if got := b.Due().Sub(start); got != Patience {
		t.Errorf("due after %v, want %v", got, Patience)
	}
}

// Flushing thousands of addresses takes a tenth of a second: putting the first of them back meanwhile would
// have them removed once more.
func TestLargeFlushIsLetFinish(t *testing.T) {
	var b Burst
	for i := range 4000 {
		b.Add(at(time.Duration(i) * 50 * time.Microsecond))
	}
	if got, want := b.Due().Sub(start), 3999*50*time.Microsecond+LongQuiet; got != want {
		t.Errorf("due after %v, want %v", got, want)
	}
	for i := range 4000 {
		b.Add(at(time.Second/2 + time.Duration(i)*time.Millisecond))
	}
	if got := b.Due().Sub(start); got != LongPatience {
		t.Errorf("due after %v, want %v", got, LongPatience)
	}
}

// judged are the verdicts on losses at these times.
func judged(w *Watch[int], times ...time.Duration) (verdicts []Verdict) {
	for _, d := range times {
		verdicts = append(verdicts, w.Judge(at(d), []int{1}))
	}
	return verdicts
}

func expect(t *testing.T, got []Verdict, restored int) {
	t.Helper()
	for i, v := range got {
		if (v == Restore) != (i < restored) {
			t.Errorf("loss %d: verdict %d, want the first %d restored: %v", i+1, v, restored, got)
		}
	}
}

func TestGivesWayToOneWhoKeepsRemoving(t *testing.T) {
	var w Watch[int]
	expect(t, judged(&w, 0, 1*time.Second, 2*time.Second, 3*time.Second, 4*time.Second), Most)
	if got := w.Since(at(5 * time.Second)); got != 5*time.Second {
		t.Errorf("that took %v, want 5s", got)
	}
	expect(t, judged(&w, 5*time.Second, 6*time.Second), 0)
}

func TestRemovalsNowAndThenAreAllAnswered(t *testing.T) {
	var w Watch[int]
	for i := range 100 {
		if v := w.Judge(at(time.Duration(i)*Within/Most), []int{1}); v != Restore {
			t.Fatalf("gave way to loss %d", i+1)
		}
	}
}

func TestGuardsAgainWhenLeftAlone(t *testing.T) {
	var w Watch[int]
	expect(t, judged(&w, 0, 0, 0, 0, 0, 0), Most)
	if !w.Resting(at(Rest - 1)) {
		t.Error("it guards again although it was not left alone")
	}
	if !w.Resting(at(2*Rest - 2)) {
		t.Error("a loss while it rests does not count")
	}
	if w.Resting(at(3*Rest - 2)) {
		t.Error("it does not guard again")
	}
	expect(t, judged(&w, 3*Rest, 3*Rest, 3*Rest, 3*Rest, 3*Rest, 3*Rest), Most)
}

func TestSurrenderIsGivingWay(t *testing.T) {
	var w Watch[int]
	w.Surrender(start)
	expect(t, judged(&w, 1), 0)
	expect(t, judged(&w, 1+Rest), 1)
}

// A program that removes many things may be slow: what it removes once is put back once.
func TestEachLossOfItsOwnIsAnswered(t *testing.T) {
	var w Watch[int]
	for i := range 10 * Most {
		if v := w.Judge(at(time.Duration(i)*time.Second), []int{2 * i, 2*i + 1}); v != Restore {
			t.Fatalf("gave way to loss %d of other things", i+1)
		}
	}
	for i := range Most - 1 {
		if v := w.Judge(at(50*time.Second), []int{1, 100 + i}); v != Restore {
			t.Fatalf("gave way to repetition %d", i+1)
		}
	}
	if v := w.Judge(at(50*time.Second), []int{1}); v != GiveWay {
		t.Error("did not give way to the last repetition")
	}
}
