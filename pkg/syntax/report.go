package syntax

import "fmt"

// A reportKey keeps a line that is read a thousand times from telling its mistake a thousand times.
type reportKey struct {
	span    Span
	message string
}

func (p *parser) report(d Diagnostic) {
	key := reportKey{d.Span, d.Message}
	if _, again := p.reported[key]; again {
		return
	}
	if len(p.tree.Diagnostics) > maxDiagnostics { // the exit code counts those that are not told
		cut := &p.tree.Diagnostics[maxDiagnostics]
		cut.Class, cut.Refuse = max(cut.Class, d.Class), cut.Refuse || d.Refuse
		return
	}
	if len(p.tree.Diagnostics) == maxDiagnostics {
		d = Diagnostic{Code: CodeTooManyProblems, Class: d.Class, Refuse: d.Refuse, Message: fmt.Sprintf("more than %d problems, the rest is not told", maxDiagnostics)}
	}
	p.reported[key] = struct{}{}
	p.tree.Diagnostics = append(p.tree.Diagnostics, d)
}

func (p *parser) errorf(code Code, span Span, class Class, hint, format string, args ...any) {
	p.report(Diagnostic{Code: code, Span: span, Class: class, Hint: hint, Message: fmt.Sprintf(format, args...)})
}

// stop ends the reading: a bound was passed, and what follows cannot be told from what went wrong.
func (p *parser) stop(span Span, format string, args ...any) {
	if p.stopped {
		return
	}
	p.stopped = true
	p.report(Diagnostic{Code: CodeBound, Span: span, Class: ClassGeneral, Refuse: true, Message: fmt.Sprintf(format, args...),
		Hint: "nothing behind this is read"})
}

// repeat counts a line that was not written where it is read.
func (p *parser) repeat(span Span) bool {
	p.repeated++
	if p.repeated > maxRepeatedLines {
		p.tooManyLines(span)
	}
	return !p.stopped
}

func (p *parser) tooManyLines(span Span) {
	p.stop(span, "iterators and definitions make more than %d lines", maxRepeatedLines)
}

// foresee tells whether so many further turns are within the bound of repeat. If not, not even the first is made:
// nobody wants to wait for two million lines to be told that they are too many.
func (p *parser) foresee(turns uint64, span Span) bool {
	if turns > uint64(max(maxRepeatedLines-p.repeated, 0)) {
		p.tooManyLines(span)
	}
	return !p.stopped
}

// charge counts work that is not in proportion to what was written, in bytes that a line would have
// for the same work.
func (p *parser) charge(bytes int, span Span) {
	p.scanned += bytes
	if p.scanned > maxScannedBytes {
		p.stop(span, "iterators, definitions and includes repeat more than %d bytes", maxScannedBytes)
	}
}

// chargeWords counts the words that go into the tree: more than were written only if lines are
// repeated.
func (p *parser) chargeWords(words int, span Span) {
	p.inTree += words
	if p.inTree > maxRepeatedWords+p.read {
		p.stop(span, "iterators, definitions and includes make more than %d words", maxRepeatedWords)
	}
}
