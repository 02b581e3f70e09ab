package schema

import (
	"strconv"
	"strings"
)

// A Fault is what is wrong with a number.
type Fault uint8

const (
	Good     Fault = iota
	Garbage        // not a number at all
	Trailing       // a number in range, with something behind it ("10x"); the value is the number's
	Outside        // outside of the allowed range; the value is the number's
	Surplus        // more decimals than are used; the value is rounded
)

// ParseInt reads a decimal whole number the way keepalived does: an optional sign, blanks before it
// allowed, no base prefixes, and the empty word is 0. The value is good only where Fault says so.
func ParseInt(text string, low, high int64) (int64, Fault) {
	digits := strings.TrimLeft(text, " \t\n\v\f\r")
	negative := false
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		negative = digits[0] == '-'
		digits = digits[1:]
		if digits == "" {
			return 0, Garbage
		}
	}
	end := 0
	for end < len(digits) && digits[end] >= '0' && digits[end] <= '9' {
		end++
	}
	switch {
	case end == 0 && digits != "", negative && low >= 0 && end < len(digits):
		return 0, Garbage
	case negative && low >= 0: // also -0: there is no sign in these numbers
		return 0, Outside
	}
	value := int64(0)
	if end > 0 {
		var err error
		if value, err = strconv.ParseInt(digits[:end], 10, 64); err != nil {
			return 0, Outside
		}
	}
	if negative {
		value = -value
	}
	switch {
	case value < low || value > high:
		if end < len(digits) {
			return 0, Garbage
		}
		return value, Outside
	case end < len(digits):
		return value, Trailing
	}
	return value, Good
}

// ParseDecimal reads a decimal number as a multiple of 10^-shift: "1.5" with shift 6 is 1500000. It
// takes neither sign nor exponent nor unit; surplus decimals are rounded half up on the first of them.
func ParseDecimal(text string, shift int) (int64, Fault) {
	text = strings.TrimLeft(text, " \t\n\v\f\r")
	text = strings.TrimPrefix(text, "+")
	whole, fraction, dotted := strings.Cut(text, ".")
	if whole == "" && fraction == "" && (dotted || text != "") || !digitsOnly(whole) || !digitsOnly(fraction) {
		return 0, Garbage
	}
	fault := Good
	roundUp := false
	if len(fraction) > shift {
		fault = Surplus
		roundUp = fraction[shift] >= '5'
		fraction = fraction[:shift]
	}
	fraction += strings.Repeat("0", shift-len(fraction))
	value, err := strconv.ParseInt("0"+whole+fraction, 10, 64)
	if err != nil {
		return 0, Outside
	}
	if roundUp {
		value++
	}
	return value, fault
}

// ParseAnyBase reads a whole number in C syntax: 0x… is hexadecimal, 0… octal, anything else decimal.
// Blanks and a '+' before it are allowed.
func ParseAnyBase(text string, high uint64) (uint64, bool) {
	text = strings.TrimPrefix(strings.TrimLeft(text, " \t\n\v\f\r"), "+")
	if strings.ContainsRune(text, '_') || len(text) > 1 && strings.ContainsRune("bBoO", rune(text[1])) {
		return 0, false // Go's own forms
	}
	value, err := strconv.ParseUint(text, 0, 64)
	return value, err == nil && value <= high
}

func digitsOnly(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
