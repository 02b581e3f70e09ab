package main

import (
	"fmt"
	"math"
	"strings"
)

// verdict compares two medians with the goal.
func (g goal) verdict(keepalived, govrrpd float64) string {
	bound := g.bound(keepalived)
	switch {
	case g == goal{}:
		return ""
	case math.Abs(govrrpd) <= bound:
		return "yes"
	}
	return "NO"
}

// bound is the most that govrrpd may have.
func (g goal) bound(keepalived float64) float64 {
	switch {
	case g.zero:
		return 0
	case g.limit > 0:
		return g.limit
	case g.ratio > 0:
		return g.ratio * keepalived
	}
	return keepalived + g.plus
}

// text is the goal as the table's reader wants it.
func (g goal) text(unit string) string {
	switch {
	case g == goal{}:
		return ""
	case g.zero:
		return "0"
	case g.limit > 0:
		return number(g.limit) + " " + unit
	case g.ratio > 0:
		return "x " + number(g.ratio)
	}
	return "+ " + number(g.plus) + " " + unit
}

// number prints three significant digits at most, and no exponent.
func number(v float64) string {
	if v != 0 && math.Abs(v) < 0.0005 {
		return "0.000"
	}
	digits := 2 - int(math.Floor(math.Log10(math.Max(math.Abs(v), 0.001))))
	text := fmt.Sprintf("%.*f", min(max(digits, 0), 3), v)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// cells are a result's row: work, unit, both medians, ratio, goal, verdict.
func (r result) cells() [7]string {
	cells := [7]string{r.work, r.unit, "-", "-", "", r.goal.text(r.unit), ""}
	k, haveK := median(r.values[0])
	g, haveG := median(r.values[1])
	if haveK {
		cells[2] = number(k)
	}
	if haveG {
		cells[3] = number(g)
	}
	if haveK && haveG {
		if k > 0 && g >= 0 {
			cells[4] = fmt.Sprintf("%.2f", g/k)
		}
		cells[6] = r.goal.verdict(k, g)
	}
	return cells
}

// table is the results for a terminal.
func table(results []result) string {
	var b strings.Builder
	for _, r := range results {
		c := r.cells()
		fmt.Fprintf(&b, "%-86s %8s %10s %10s %6s %10s %4s\n", c[0], c[1], c[2], c[3], c[4], c[5], c[6])
		if r.err != nil {
			fmt.Fprintf(&b, "    %v\n", strings.ReplaceAll(r.err.Error(), "\n", "\n    "))
		}
	}
	return b.String()
}

// document is the results as Markdown.
func document(about string, results []result) string {
	var b strings.Builder
	b.WriteString("# Benchmarks\n\nWritten by `make bench BENCH_WRITE=1`: keepalived and govrrpd in turn on the same work, in network\n" +
		"namespaces. Medians of all repetitions; \"holds\" compares govrrpd with the goal (x: times keepalived's\n" +
		"median, +: more than it, else a bound). Adverts are timed by the kernel on arrival at the LAN's switch;\n" +
		"processor time is the scheduler's account of all threads, keepalived's two processes together.\n\n")
	for line := range strings.Lines(about) {
		b.WriteString("- " + line)
	}
	b.WriteString("\n\n| work | unit | keepalived | govrrpd | ratio | goal | holds |\n|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		cells := r.cells()
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells[:], " | "))
	}
	for _, r := range results {
		if why := limit(r.work); why != "" && r.cells()[6] == "NO" {
			fmt.Fprintf(&b, "\n**%s** does not hold yet: %s\n", r.work, why)
		}
	}
	for _, r := range results {
		if r.err != nil {
			fmt.Fprintf(&b, "\n%s: %s\n", r.work, strings.ReplaceAll(r.err.Error(), "\n", "; "))
		}
	}
	return b.String()
}
