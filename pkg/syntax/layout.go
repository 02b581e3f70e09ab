package syntax

import "strings"

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
		line := layLine(rest[:length], continued)
		line.Offset = offset
		continued = line.continues(continued)
		lines = append(lines, line)
		offset += length
	}
	return lines
}

// continues tells whether the next line still belongs to a multi-line definition.
func (l *Line) continues(continued bool) bool {
	switch l.Kind {
	case DefinitionLine, ContinuationLine:
		return strings.HasSuffix(l.Tokens[len(l.Tokens)-1].Text, `\`)
	case CommentLine:
		return continued
	}
	return false
}

func layLine(s string, continued bool) Line {
	var l Line
	s, l.End = cut(s, len(strings.TrimRight(s, "\r\n")))
	l.Indent, s = cut(s, len(s)-len(strings.TrimLeft(strings.TrimPrefix(s, byteOrderMark), " \t")))
	body, _ := stripComment(s)
	body = len(strings.TrimRight(s[:body], " \t\v\f\r"))
	s, tail := cut(s, body)
	l.Gap, l.Comment = cut(tail, len(tail)-len(strings.TrimLeft(tail, " \t\v\f\r")))
	switch {
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
	return l
}

// cut splits a string at an offset.
func cut(s string, at int) (before, behind string) { return s[:at], s[at:] }

func (l *Line) layTokens(s string) {
	if s[0] == '@' {
		end := strings.IndexAny(s, " \t")
		if end < 0 {
			end = len(s)
		}
		l.Tokens = append(l.Tokens, Token{Kind: ConditionToken, Text: s[:end]})
		s = s[end:]
	}
	l.Kind = kindOf(strings.TrimLeft(s, " \t"))
	for s != "" {
		var token Token
		token.Blank, s = cut(s, len(s)-len(strings.TrimLeft(s, " \t\v\f\r")))
		if l.Kind == StatementLine {
			token.Kind = tokenKind(s)
			token.Text, s = cut(s, tokenEnd(s))
		} else {
			token.Kind, token.Text, s = TextToken, s, ""
		}
		l.Tokens = append(l.Tokens, token)
	}
}

func kindOf(s string) LineKind {
	if _, ok := definitionName(s); ok {
		return DefinitionLine
	}
	word := s
	if end := strings.IndexAny(s, " \t\v\f\r("); end >= 0 {
		word = s[:end]
	}
	if _, ok := includeKeywords[word]; ok && len(word) < len(s) && s[len(word)] != '(' {
		return IncludeLine
	}
	switch word {
	case "~SEQ", "~SEQx", "~LST":
		return IteratorLine
	}
	return StatementLine
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
