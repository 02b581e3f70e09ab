package syntax

import "strings"

// A definition is what $NAME stands for: a value, or several lines.
type definition struct {
	name  string
	value string
	multi bool
	lines []text // of a multi-line definition, as they were written, without comments

	badQuote bool // it holds a quote without a partner, which was reported where it is written
	active   bool // its lines are being read
	broken   bool // its substitution does not end, which was reported: it counts as undefined
}

// define obeys $NAME=value, if that is what t is.
func (p *parser) define(t text) bool {
	end, ok := definitionName(t.s)
	if !ok {
		return false
	}
	d := &definition{name: t.s[1:end], badQuote: t.badQuote}
	value := t.from(end + 1)
	if !strings.HasSuffix(value.s, `\`) {
		d.value = value.s
		p.add(d)
		return true
	}
	d.multi = true
	p.open = d
	p.continueDefinition(value, false)
	return true
}

// definitionName returns where the name of $NAME=… ends, if s is one.
func definitionName(s string) (end int, ok bool) {
	if s == "" || s[0] != '$' {
		return 0, false
	}
	end = identifier(s, 1)
	return end, end > 1 && end < len(s) && s[end] == '='
}

// goesOn tells whether a comment ends in a backslash.
func goesOn(s string) bool { return strings.HasSuffix(strings.TrimRight(s, separators), `\`) }

// beginsDefinition tells whether the line, perhaps behind a condition, defines a name.
func beginsDefinition(s string) bool {
	if strings.HasPrefix(s, "@") {
		_, s, _ = strings.Cut(strings.ReplaceAll(s, "\t", " "), " ")
	}
	_, ok := definitionName(strings.TrimLeft(s, " \t"))
	return ok
}

// skipDefinition keeps the lines of a multi-line definition, whose condition does not hold, from
// being read as statements.
func (p *parser) skipDefinition(t text) {
	if _, ok := definitionName(t.s); ok && strings.HasSuffix(t.s, `\`) {
		p.open = &definition{}
	}
}

// continueDefinition adds a line to the multi-line definition that is open. A line with nothing but a
// comment is no part of it; a really empty line, and the first one that does not end in a backslash,
// is its last.
func (p *parser) continueDefinition(t text, empty bool) {
	if t.s == "" {
		if empty {
			p.endDefinition()
		}
		return
	}
	more := strings.HasSuffix(t.s, `\`)
	if more {
		end := len(t.s) - 1
		for end > 0 && isBlank(t.s[end-1]) {
			end--
		}
		t = t.slice(0, end)
	}
	if t.s != "" {
		p.open.lines = append(p.open.lines, t)
		p.open.badQuote = p.open.badQuote || t.badQuote
	}
	if !more {
		p.endDefinition()
	}
}

func (p *parser) endDefinition() {
	if !p.open.skipped() {
		p.add(p.open)
	}
	p.open = nil
}

// skipped tells that the definition stands behind a condition that does not hold.
func (d *definition) skipped() bool { return d.name == "" }

func (p *parser) add(d *definition) {
	p.generation++
	p.defs[d.name] = d
}

// set defines the variable of an iterator.
func (p *parser) set(name, value string) {
	p.generation++
	if d := p.defs[name]; d != nil && !d.multi {
		d.value, d.broken = value, false
		return
	}
	p.defs[name] = &definition{name: name, value: value}
}

// expand reads the lines of a multi-line definition; before is what stands in front of the reference
// and belongs to the first of them, line the place of the whole.
func (p *parser) expand(before text, d *definition, line Span) {
	if d.active {
		p.errorf(CodeEndlessDefinition, line, ClassGeneral, "", "the lines of $%s contain $%s itself: the line is ignored", d.name, d.name)
		return
	}
	d.active = true
	defer func() { d.active = false }()
	if len(d.lines) == 0 {
		if before.s != "" {
			p.nested(before)
		}
		return
	}
	for i, t := range d.lines {
		if i == 0 {
			t = join(before, t)
		}
		if !p.repeat(t.span(0, len(t.s))) {
			return
		}
		p.nested(t)
	}
}

// identifier returns where the name that starts at i ends; i if there is none.
func identifier(s string, i int) int {
	for start := i; i < len(s); i++ {
		c := s[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == start || c < '0' || c > '9') {
			break
		}
	}
	return i
}
