package syntax

import (
	"errors"
	"strings"
)

var (
	errQuote  = errors.New(`missing terminating quote`)
	errEscape = errors.New(`backslash at the end`)
)

// SplitCommand splits the line of a keyword that names a script (Statement.Raw) into words: both "
// and ' quote, parts that touch are joined (a"b c"d is one word), and a backslash with what follows
// is kept as it is. The first word is the keyword; the second is the command, for SplitArgs.
func SplitCommand(raw string) (words []string, err error) {
	return splitShell(raw, false)
}

// SplitArgs splits a command into the arguments of a process: as SplitCommand does, but with the
// escapes \a \b \E \f \n \r \t \v, \nnn (octal), \xXX, \cC (control), and \ before anything else
// meaning that character itself.
func SplitArgs(command string) ([]string, error) {
	return splitShell(command, true)
}

func splitShell(s string, escapes bool) ([]string, error) {
	var words []string
	for i := 0; ; {
		for i < len(s) && isSeparator(s[i]) {
			i++
		}
		if i == len(s) {
			return words, nil
		}
		word, next, err := shellWord(s, i, escapes)
		if err != nil {
			return words, err
		}
		words = append(words, word)
		i = next
	}
}

// shellWord reads the word that starts at i and returns where it ends.
func shellWord(s string, i int, escapes bool) (word string, next int, err error) {
	var out strings.Builder
	quote := byte(0)
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\':
			if i+1 == len(s) {
				if escapes {
					return "", i, errEscape
				}
				out.WriteByte(c)
				continue
			}
			if !escapes {
				out.WriteString(s[i : i+2])
				i++
				continue
			}
			var value byte
			value, i = escape(s, i+1)
			out.WriteByte(value)
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote == 0 && isSeparator(c):
			return out.String(), i, nil
		default:
			out.WriteByte(c)
		}
	}
	if quote != 0 {
		return "", i, errQuote
	}
	return out.String(), i, nil
}

// escape reads what follows a backslash, from i, and returns the offset of its last byte.
func escape(s string, i int) (value byte, last int) {
	c := s[i]
	if at := strings.IndexByte("abEfnrtv", c); at >= 0 {
		return "\a\b\x1b\f\n\r\t\v"[at], i
	}
	switch {
	case c >= '0' && c <= '7':
		return digits(s, i, 3, 8)
	case c == 'x':
		if i+1 < len(s) && digit(s[i+1]) < 16 {
			return digits(s, i+1, 2, 16)
		}
	case c == 'c' && i+1 < len(s):
		return s[i+1] & 0x1f, i + 1
	}
	return c, i
}

// digits reads at most count digits of a base.
func digits(s string, i, count, base int) (value byte, last int) {
	n := 0
	for ; count > 0 && i < len(s) && digit(s[i]) < base; count-- {
		n = n*base + digit(s[i])
		i++
	}
	return byte(n), i - 1
}

// digit is the value of a hexadecimal digit, or a number that is no digit's.
func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return 99
}
