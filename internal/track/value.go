package track

import (
	"bytes"
	"math"
)

// ParseValue reads a tracked file's number the way C's strtol does with base 0: white space, a sign, and
// then as many digits as there are, hexadecimal after 0x, octal after 0. What follows is ignored, and no
// digits at all mean 0. It is false if the number does not fit into 32 bits.
func ParseValue(text []byte) (value int, ok bool) {
	text = bytes.TrimLeft(text, " \t\n\v\f\r")
	sign := int64(1)
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		if text[0] == '-' {
			sign = -1
		}
		text = text[1:]
	}
	base := 10
	switch {
	case len(text) > 2 && text[0] == '0' && text[1]|0x20 == 'x' && digit(text[2]) < 16:
		base, text = 16, text[2:]
	case len(text) > 0 && text[0] == '0':
		base = 8
	}
	var magnitude int64
	for _, c := range text {
		d := digit(c)
		if d >= base {
			break
		}
		if magnitude = magnitude*int64(base) + int64(d); magnitude > 1<<32 {
			return 0, false
		}
	}
	number := sign * magnitude
	if number < math.MinInt32 || number > math.MaxInt32 {
		return 0, false
	}
	return int(number), true
}

// digit is the value of a digit, and too much for any base if c is none.
func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 16
}
