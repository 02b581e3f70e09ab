package syntax

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// iterate obeys ~SEQ(…) text, ~SEQx(…) text and ~LST(…) text, if that is what t is: the text is read
// once for each value of the variable, which keeps the last one.
func (p *parser) iterate(t text) bool {
	name := t.s[:identifier(t.s, 1)]
	open := t.from(len(name))
	if open.s == "" || open.s[0] != '(' {
		return false
	}
	args := open.from(1)
	var err error
	switch name {
	case "~SEQ":
		err = p.sequence(args, 10)
	case "~SEQx":
		err = p.sequence(args, 16)
	case "~LST":
		err = p.list(args)
	default:
		return false
	}
	if err != nil {
		p.errorf(CodeIterator, t.span(0, len(t.s)), ClassGeneral, "", "%s: %v", name, err)
	}
	return true
}

// cutParenthesis separates the arguments of an iterator from the text behind the ')'.
func cutParenthesis(t text) (args string, body text, err error) {
	end := strings.IndexByte(t.s, ')')
	if end < 0 {
		return "", t, errors.New("no ')'")
	}
	return t.s[:end], t.from(end + 1), nil
}

// sequence is ~SEQ(VAR, [START, [STEP,]] END), printed to a base.
func (p *parser) sequence(t text, base int) error {
	args, body, err := cutParenthesis(t)
	if err != nil {
		return err
	}
	name, numbers, ok := strings.Cut(args, ",")
	name = strings.TrimSpace(name)
	if !ok || name == "" || identifier(name, 0) != len(name) {
		return fmt.Errorf("%q is not a name with numbers behind it", args)
	}
	at := strings.IndexByte(t.s, ',') + 1
	run, err := p.parseRun(t.slice(at, at+len(numbers)))
	if err != nil {
		return err
	}
	if base == 16 && (run.start < 0 || run.end < 0) {
		return errors.New("negative numbers have no hexadecimal form here")
	}
	if !p.foresee(product(run.turns(), p.turnsWithin(body.s)), t.span(0, len(t.s))) {
		return nil
	}
	for n := run.start; run.contains(n); n += run.step {
		if !p.repeat(t.span(0, len(t.s))) {
			return nil
		}
		p.set(name, strconv.FormatInt(n, base))
		p.nested(body)
		if run.last(n) {
			return nil
		}
	}
	return nil
}

// turnsWithin is how many turns each turn of a ~SEQ brings, if its body begins with another one whose numbers
// are written out; else 1, which nobody can say better yet.
func (p *parser) turnsWithin(body string) uint64 {
	body = strings.TrimLeft(body, " \t")
	name, rest, found := strings.Cut(body, "(")
	if name = strings.TrimRight(name, " \t"); !found || name != "~SEQ" && name != "~SEQx" {
		return 1
	}
	args, inner, closed := strings.Cut(rest, ")")
	_, numbers, named := strings.Cut(args, ",")
	if !closed || !named || strings.Contains(numbers, "$") {
		return 1
	}
	run, err := p.parseRun(text{s: numbers})
	if err != nil {
		return 1
	}
	return max(product(run.turns(), p.turnsWithin(inner)), 1)
}

// product is a times b, or the largest number that there is.
func product(a, b uint64) uint64 {
	if high, low := bits.Mul64(a, b); high == 0 {
		return low
	}
	return math.MaxUint64
}

// A run is the numbers of a ~SEQ.
type run struct{ start, step, end int64 }

func (r run) contains(n int64) bool {
	if r.step > 0 {
		return n <= r.end
	}
	return n >= r.end
}

// turns is how many numbers there are, or the largest count that there is.
func (r run) turns() uint64 {
	if !r.contains(r.start) {
		return 0
	}
	way, step := uint64(r.end)-uint64(r.start), uint64(r.step)
	if r.step < 0 {
		way, step = -way, -step
	}
	return min(way/step, math.MaxUint64-1) + 1
}

// last tells whether n is so close to the end that the next number might be none of an int64.
func (r run) last(n int64) bool {
	if r.step > 0 {
		return uint64(r.end)-uint64(n) < uint64(r.step)
	}
	return uint64(n)-uint64(r.end) < -uint64(r.step)
}

// parseRun reads "END", "START, END" or "START, STEP, END", in which definitions may be used.
func (p *parser) parseRun(t text) (run, error) {
	replaced, multi, ok := p.substitute(t)
	if !ok || multi != nil {
		return run{}, errors.New("a definition of several lines is no number")
	}
	fields := strings.Split(replaced.s, ",")
	if len(fields) > 3 {
		return run{}, fmt.Errorf("%d numbers, at most START, STEP, END are possible", len(fields))
	}
	var numbers [3]int64
	for i, field := range fields {
		n, err := parseC(strings.TrimSpace(field))
		if err != nil {
			return run{}, err
		}
		numbers[i] = n
	}
	r := run{start: 1, step: 1, end: numbers[0]}
	switch len(fields) {
	case 1:
		if r.end < 1 {
			r.step = -1
		}
		if r.end < 0 {
			r.start = -1
		}
	case 2:
		r.start, r.end = numbers[0], numbers[1]
		if r.end < r.start {
			r.step = -1
		}
	case 3:
		r = run{numbers[0], numbers[1], numbers[2]}
		if r.step == 0 || r.start != r.end && (r.step > 0) != (r.end > r.start) {
			return r, fmt.Errorf("steps of %d do not lead from %d to %d", r.step, r.start, r.end)
		}
	}
	return r, nil
}

// parseC reads a number as C does: 0x1f, 010 (octal), -5. A missing one is 0.
func parseC(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	digits, base := strings.TrimLeft(s, "+-"), 10
	switch {
	case strings.HasPrefix(digits, "0x") || strings.HasPrefix(digits, "0X"):
		digits, base = digits[2:], 16
	case len(digits) > 1 && digits[0] == '0':
		digits, base = digits[1:], 8
	}
	sign := ""
	if s[0] == '-' {
		sign = "-"
	}
	n, err := strconv.ParseInt(sign+digits, base, 64)
	if err != nil || len(s)-len(strings.TrimLeft(s, "+-")) > 1 || strings.ContainsAny(digits, "+-") {
		return 0, fmt.Errorf("%q is not a number of 64 bits", s)
	}
	return n, nil
}

// list is ~LST(VAR, v1, v2, …) or ~LST({A, B}, {a1, b1}, {a2}, …).
func (p *parser) list(t text) error {
	args, body, err := cutParenthesis(t)
	if err != nil {
		return err
	}
	tuples, err := splitTuples(args)
	if err != nil {
		return err
	}
	if len(tuples) < 2 {
		return errors.New("no values")
	}
	names, values := tuples[0], tuples[1:]
	for _, name := range names {
		if name == "" || identifier(name, 0) != len(name) {
			return fmt.Errorf("%q is not a name", name)
		}
	}
	for _, tuple := range values {
		if len(tuple) > len(names) {
			return fmt.Errorf("%d values for %d names", len(tuple), len(names))
		}
	}
	for _, tuple := range values {
		if !p.repeat(t.span(0, len(t.s))) {
			return nil
		}
		for i, name := range names {
			value := ""
			if i < len(tuple) {
				value = tuple[i]
			}
			p.set(name, value)
		}
		p.nested(body)
	}
	return nil
}

// splitTuples splits "a, {b, c}, d" into its members; a bare one is a tuple of one.
func splitTuples(args string) (tuples [][]string, err error) {
	for {
		args = strings.TrimLeft(args, " \t")
		member, rest, more := strings.Cut(args, ",")
		if strings.HasPrefix(args, "{") {
			inside, behind, closed := strings.Cut(args[1:], "}")
			if !closed {
				return nil, errors.New("no '}'")
			}
			before, after, comma := strings.Cut(behind, ",")
			if strings.Trim(before, " \t") != "" {
				return nil, fmt.Errorf("%q between '}' and ','", before)
			}
			member, rest, more = inside, after, comma
		}
		tuple := strings.Split(member, ",")
		for i, value := range tuple {
			tuple[i] = strings.Trim(value, " \t")
			if strings.ContainsAny(tuple[i], " \t{}") {
				return nil, fmt.Errorf("%q is more than one word", tuple[i])
			}
		}
		tuples = append(tuples, tuple)
		if !more {
			return tuples, nil
		}
		args = rest
	}
}
