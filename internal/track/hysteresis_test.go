package track

import (
	"fmt"
	"strings"
	"testing"
)

// history applies results ("+" success, "-" failure) and writes the counter after each, with G where
// the verdict became GOOD and B where it became BAD.
func history(h Hysteresis, results string) string {
	var b strings.Builder
	for _, r := range results {
		changed := h.Add(r == '+')
		fmt.Fprint(&b, h.Counter())
		switch {
		case changed && h.Good():
			b.WriteByte('G')
		case changed:
			b.WriteByte('B')
		}
	}
	return b.String()
}

func TestHysteresisCounts(t *testing.T) {
	for _, c := range []struct {
		rise, fall int
		results    string
		want       string
	}{
		{1, 1, "+-+", "1G0B1G"},
		{0, -3, "+-+", "1G0B1G"},
		{1, 1, "-+", "0B1G"},
		{3, 1, "+-++++", "3G0B123G3"},
		{3, 1, "-++-+++", "0B120123G"},
		{1, 3, "+--+---+", "3G213210B3G"},
		{2, 3, "+-", "4G3"},
		{2, 3, "-+-+++---", "0B1014G4320B"},
		{3, 3, "---", "0B00"},
	} {
		if got := history(NewHysteresis(c.rise, c.fall), c.results); got != c.want {
			t.Errorf("rise %d fall %d %s: %s, want %s", c.rise, c.fall, c.results, got, c.want)
		}
	}
}

func TestHysteresisStartsUndecided(t *testing.T) {
	h := NewHysteresis(3, 2)
	if h.Decided() {
		t.Error("decided without a result")
	}
	if got := history(h, "+"); got != "4G" {
		t.Errorf("the first success: %s, want GOOD at once", got)
	}
}

func TestHysteresisDecidedByOthersIsFirmlyHeld(t *testing.T) {
	h := NewHysteresis(2, 2)
	h.Decide(true)
	if got := history(h, "+--"); got != "320B" {
		t.Errorf("carried over as GOOD: %s", got)
	}
	h.Decide(false)
	if got := history(h, "-++"); got != "013G" {
		t.Errorf("carried over as BAD: %s", got)
	}
}
