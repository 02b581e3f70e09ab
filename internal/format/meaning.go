package format

import (
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// meaning is what must stay the same: all words and their order, which of them touch, which stand together
// on a line, and all comments and their order.
func meaning(lines []syntax.Line) string {
	var code, comments strings.Builder
	for i := range lines {
		line := &lines[i]
		if comment := strings.TrimRight(line.Comment, " \t\r\v\f"); comment != "" {
			comments.WriteString(comment)
			comments.WriteByte('\n')
		}
		if line.Kind == syntax.EndLine {
			code.WriteString("\n(end)")
		}
		conditional := false
		for j, token := range line.Tokens {
			tell(&code, line, j, token)
			conditional = conditional || token.Kind == syntax.ConditionToken
		}
		if conditional {
			code.WriteString("\n(condition)") // it holds for the rest of the line
		}
	}
	return code.String() + "\n\n" + comments.String()
}

func tell(code *strings.Builder, line *syntax.Line, i int, token syntax.Token) {
	switch {
	case token.Kind != syntax.WordToken || i == 0 || line.Tokens[i-1].Kind != syntax.WordToken:
		code.WriteByte('\n')
	case token.Blank != "":
		code.WriteByte(' ')
	default:
		code.WriteByte(0) // two words that touch
	}
	code.WriteString(text(token, line.Kind))
}
