package main

import "testing"

func TestGoalsAreJudged(t *testing.T) {
	for _, c := range []struct {
		goal       goal
		keepalived float64
		govrrpd    float64
		want       string
	}{
		{goal{}, 1, 100, ""},
		{goal{ratio: 0.6}, 10, 6, "yes"},
		{goal{ratio: 0.6}, 10, 6.1, "NO"},
		{goal{plus: 0.1}, 0.1, 0.2, "yes"},
		{goal{plus: 0.1}, 0.1, 0.21, "NO"},
		{goal{limit: 102}, 290, 102, "yes"},
		{goal{limit: 102}, 290, 103, "NO"},
		{goal{limit: 0.005}, 0.1, -0.006, "NO"},
		{goal{zero: true}, 50, 0, "yes"},
		{goal{zero: true}, 0, 1, "NO"},
	} {
		if got := c.goal.verdict(c.keepalived, c.govrrpd); got != c.want {
			t.Errorf("%+v: keepalived %g, govrrpd %g: got %q, want %q", c.goal, c.keepalived, c.govrrpd, got, c.want)
		}
	}
}

func TestMedianIsInTheMiddle(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{3, 1, 100}, 3}, {[]float64{4, 1, 2, 100}, 3}, {[]float64{7}, 7}} {
		if got, ok := median(c.values); !ok || got != c.want {
			t.Errorf("median of %v: got %g", c.values, got)
		}
	}
	if _, ok := median(nil); ok {
		t.Error("there is a median of nothing")
	}
}

func TestNumbersHaveThreeDigits(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.0001: "0.000", 0.0712: "0.071", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 66_812: "66812", -0.5: "-0.5",
	} {
		if got := number(v); got != want {
			t.Errorf("%g: got %q, want %q", v, got, want)
		}
	}
}
