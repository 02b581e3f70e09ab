package dump

import (
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"
)

// object appends one JSON object in the order of the calls, in the form of the library that keepalived
// uses: no blanks, `/` escaped, numbers as C prints them. encoding/json can do none of these.
type object struct {
	b     []byte
	comma bool
}

func (o *object) open()  { o.b, o.comma = append(o.b, '{'), false }
func (o *object) close() { o.b, o.comma = append(o.b, '}'), true }

func (o *object) key(name string) {
	if o.comma {
		o.b = append(o.b, ',')
	}
	o.comma = true
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

// object starts an object as the value of name; close ends it.
func (o *object) object(name string) {
	o.key(name)
	o.open()
}

func (o *object) string(name, value string) {
	o.key(name)
	o.b = appendJSONString(o.b, value)
}

func (o *object) number(name string, value uint64) {
	o.key(name)
	o.b = strconv.AppendUint(o.b, value, 10)
}

func (o *object) signed(name string, value int) {
	o.key(name)
	o.b = strconv.AppendInt(o.b, int64(value), 10)
}

// bit is a truth value that keepalived prints as 0 or 1.
func (o *object) bit(name string, value bool) {
	o.key(name)
	if value {
		o.b = append(o.b, '1')
	} else {
		o.b = append(o.b, '0')
	}
}

func (o *object) bool(name string, value bool) {
	o.key(name)
	o.b = strconv.AppendBool(o.b, value)
}

// seconds is a duration as C's %g prints it.
func (o *object) seconds(name string, value time.Duration) {
	o.key(name)
	o.b = strconv.AppendFloat(o.b, value.Seconds(), 'g', 6, 64)
}

// instant is a point in time as seconds with six digits behind the point; 0.000000 for none.
func (o *object) instant(name string, value time.Time) {
	o.key(name)
	o.b = append(o.b, unixMicro(value)...)
}

// strings is an array, left out when empty.
func (o *object) strings(name string, values []string) {
	if len(values) == 0 {
		return
	}
	o.key(name)
	for i, value := range values {
		if i == 0 {
			o.b = append(o.b, '[')
		} else {
			o.b = append(o.b, ',')
		}
		o.b = appendJSONString(o.b, value)
	}
	o.b = append(o.b, ']')
}

// unixMicro is `seconds.microseconds`.
func unixMicro(t time.Time) string {
	if t.IsZero() {
		return "0.000000"
	}
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}

// appendJSONString quotes s. Bytes that are not UTF-8 become U+FFFD: the file is JSON for every reader.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\' || r == '/':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\t':
			b = append(b, '\\', 't')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r < ' ':
			b = fmt.Appendf(b, "\\u%04x", r)
		case r == utf8.RuneError:
			b = utf8.AppendRune(b, r)
		default:
			b = append(b, s[i:i+utf8.RuneLen(r)]...)
		}
	}
	return append(b, '"')
}
