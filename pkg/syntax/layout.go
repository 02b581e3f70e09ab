package syntax

import (
	"slices"
	"strings"
)

// LineKind says what a line of a file is, before anything is substituted.
type LineKind uint8

const (
	BlankLine LineKind = iota
	CommentLine
	StatementLine    // words and braces
	DefinitionLine   // $NAME=…, the first line of it
	ContinuationLine // a further line of a multi-line definition
	IncludeLine
	IteratorLine // ~SEQ(…) or ~LST(…) and what is repeated
	EndLine      // the empty line that ends a multi-line definition
	IgnoredLine  // with a NUL byte: as if it were not there
)

// TokenKind says what a token is.
type TokenKind uint8

const (
	WordToken      TokenKind = iota // a bare or quoted word, with its quotes
	OpenToken                       // {
	CloseToken                      // }
	ConditionToken                  // @ID or @^ID
	TextToken                       // what is no list of words: a definition, a pattern, an iterator
)

// A Token is a part of a line and the blanks before it.
type Token struct {
	Kind  TokenKind
	Blank string
	Text  string
}

// A Line is a line of a file as it was written, for those who print it again: a formatter changes
// Indent and the blanks, and everything else survives. AppendTo gives back exactly what was read.
type Line struct {
	Kind    LineKind
	Offset  int // of the line in the source
	Indent  string
	Tokens  []Token
	Gap     string // between the last token and the comment, or the end
	Comment string // with its '#' or '!'
	End     string // "\n", "\r\n", or "" at the end of the file
}

// AppendTo appends the line to b, byte for byte as it was read.
func (l *Line) AppendTo(b []byte) []byte {
	b = append(b, l.Indent...)
	for _, token := range l.Tokens {
		b = append(b, token.Blank...)
		b = append(b, token.Text...)
	}
	b = append(b, l.Gap...)
	b = append(b, l.Comment...)
	return append(b, l.End...)
}

// Lines is the unexpanded view of a source: every line with its comment, none of them obeyed. It is
// made anew by each call.
func (src *Source) Lines() []Line {
	var lines []Line
	continued := false
	for offset := 0; offset < len(src.Text); {
		rest := src.Text[offset:]
		length := strings.IndexByte(rest, '\n') + 1
		if length == 0 {
			length = len(rest)
		}
		line := Line{Offset: offset}
		line.lay(rest[:length], continued)
		continued = line.continues(continued)
		lines = append(lines, line)
		offset += length
	}
	return lines
}

// continues tells whether the next line still belongs to a multi-line definition. A line that begins
// with a reference or an iterator may turn out to be a definition, so it counts as one here if it ends
// like one.
func (l *Line) continues(continued bool) bool {
	if l.Kind == CommentLine || l.Kind == IgnoredLine {
		return continued
	}
	if goesOn(l.Comment) && (l.Kind == DefinitionLine || l.Kind == ContinuationLine) {
		return true
	}
	if len(l.Tokens) == 0 || !strings.HasSuffix(l.Tokens[len(l.Tokens)-1].Text, `\`) {
		return false
	}
	return l.Kind == ContinuationLine || slices.ContainsFunc(l.Tokens, func(token Token) bool {
		return token.Kind == TextToken && !isInclude(token.Text) || token.Kind == WordToken && token.Text[0] == '$'
	})
}

// lay finds the parts of a line as the parser does.
func (l *Line) lay(s string, continued bool) {
	s, l.End = cut(s, len(strings.TrimRight(s, "\r\n")))
	mark := ""
	if l.Offset == 0 && strings.HasPrefix(s, byteOrderMark) {
		mark, s = cut(s, len(byteOrderMark))
	}
	l.Indent, s = cut(s, leading(s, blanks))
	l.Indent = mark + l.Indent
	if strings.IndexByte(s, 0) >= 0 {
		l.Kind = IgnoredLine
		l.Tokens = []Token{{Kind: TextToken, Text: s}}
		return
	}
	body, _ := stripComment(s)
	s, tail := cut(s, body)
	l.Gap, l.Comment = cut(tail, leading(tail, blanks))
	switch {
	case s == "" && l.Comment == "" && continued:
		l.Kind = EndLine
	case s == "" && l.Comment == "":
		l.Kind = BlankLine
	case s == "":
		l.Kind = CommentLine
	case continued:
		l.Kind = ContinuationLine
		l.Tokens = []Token{{Kind: TextToken, Text: s}}
	default:
		l.layTokens(s)
	}
}

const (
	blanks     = " \t"         // what isBlank accepts
	separators = " \t\n\v\f\r" // what isSeparator accepts
)

// cut splits a string at an offset.
func cut(s string, at int) (before, behind string) { return s[:at], s[at:] }

// leading is the number of bytes at the start of s that are in a set.
func leading(s, set string) int { return len(s) - len(strings.TrimLeft(s, set)) }

// layTokens splits a line into tokens. Behind a brace everything is read as at the start of a line.
func (l *Line) layTokens(s string) {
	for first := true; s != ""; first = false {
		var kind LineKind
		kind, s = l.layPiece(s)
		if first {
			l.Kind = kind
		}
	}
}

// layPiece takes the tokens up to the first brace from s.
func (l *Line) layPiece(s string) (kind LineKind, rest string) {
	blank, s := cut(s, leading(s, blanks))
	if s != "" && s[0] == '@' {
		end := strings.IndexAny(s, blanks)
		if end < 0 {
			end = len(s)
		}
		l.Tokens = append(l.Tokens, Token{Kind: ConditionToken, Blank: blank, Text: s[:end]})
		s = s[end:]
		blank, s = cut(s, leading(s, blanks))
	}
	if kind = kindOf(s); kind != StatementLine {
		l.Tokens = append(l.Tokens, Token{Kind: TextToken, Blank: blank, Text: s})
		return kind, ""
	}
	for {
		at := leading(s, separators)
		blank, s = blank+s[:at], s[at:]
		if s == "" {
			l.Gap = blank + l.Gap
			return kind, ""
		}
		token := Token{Kind: tokenKind(s), Blank: blank}
		token.Text, s = cut(s, tokenEnd(s))
		l.Tokens = append(l.Tokens, token)
		if token.Kind != WordToken {
			return kind, s
		}
		blank = ""
	}
}

// kindOf tells what a line without its condition is, as the parser's steps do.
func kindOf(s string) LineKind {
	if _, ok := definitionName(s); ok {
		return DefinitionLine
	}
	if isInclude(s) {
		return IncludeLine
	}
	if s != "" && s[0] == '~' {
		name := s[:identifier(s, 1)]
		behind := s[len(name):]
		behind = behind[leading(behind, blanks):]
		switch name {
		case "~SEQ", "~SEQx", "~LST":
			if behind != "" && behind[0] == '(' {
				return IteratorLine
			}
		}
	}
	return StatementLine
}

func isInclude(s string) bool {
	end := strings.IndexAny(s, separators)
	if end < 0 {
		return false
	}
	_, ok := includeKeywords[s[:end]]
	return ok
}

func tokenKind(s string) TokenKind {
	switch s[0] {
	case '{':
		return OpenToken
	case '}':
		return CloseToken
	}
	return WordToken
}

// tokenEnd is where the token at the start of s ends. The braces of ${NAME} are part of a word here.
func tokenEnd(s string) int {
	switch s[0] {
	case '{', '}':
		return 1
	case '"':
		if end := strings.IndexByte(s[1:], '"'); end >= 0 {
			return end + 2
		}
		return len(s)
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isSeparator(c), c == '"', c == '{', c == '}':
			return i
		case c == '$' && i+1 < len(s) && s[i+1] == '{':
			if ref, ok := parseReference([]byte(s[i:])); ok {
				i += ref.length - 1
			}
		}
	}
	return len(s)
}
