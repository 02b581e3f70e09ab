package config

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// hmacDraft is auth_hmac while it is checked; this version does not sign adverts.
type hmacDraft struct {
	keys      map[int64]bool
	active    int64
	lenient   bool // mode is not enforce
	lenientAt syntax.Span
}

// hmacTable is the keywords of auth_hmac.
var hmacTable = schema.NewTable("auth_hmac", []instanceKeyword{
	{Name: "key", Args: "1-255 VALUE|hex:VALUE|file:PATH", Priority: schema.P3, Doc: "A key of 32 to 64 bytes.",
		Note: "hex: begins hexadecimal digits; file: begins the path of a file that holds one of the other forms.",
		Set:  setHMACKey},
	{Name: "active_key", Args: "1-255", Priority: schema.P3, Doc: "The key that adverts are signed with.",
		Note: "Needed, and it must be one of the keys.",
		Set:  schema.IntFunc(schema.Between(1, 255).Exactly(), func(v *draft, n int64) { v.hmac.active = n })},
	{Name: "anti_replay", Args: "time|monotonic", Default: "time", Priority: schema.P3, Doc: "How old adverts are told from new ones.",
		Set: oneOf(func(*draft, syntax.Word) {}, "time", "monotonic")},
	{Name: "time_window", Args: "1-300", Unit: "seconds", Priority: schema.P3, Doc: "Seconds that clocks may differ.",
		Without: "three times advert_int, at least 5",
		Set:     schema.Duration(schema.Seconds{Low: time.Second, High: 300 * time.Second}, func(*draft) *time.Duration { return new(time.Duration) })},
	{Name: "mode", Args: "enforce|permissive|receive-only", Default: "enforce", Priority: schema.P3, Doc: "What happens to adverts that are not signed.",
		Set: oneOf(func(v *draft, mode syntax.Word) { v.hmac.lenient, v.hmac.lenientAt = mode.Text != "enforce", mode.Span },
			"enforce", "permissive", "receive-only")},
})

func oneOf(set func(*draft, syntax.Word), choices ...string) schema.Setter[draft] {
	return func(c *schema.Context, v *draft, s *syntax.Statement) {
		word, ok := c.Word(s, 1)
		if !ok {
			return
		}
		for _, choice := range choices {
			if word.Text == choice {
				set(v, word)
				return
			}
		}
		c.Errorf(CodeBadChoice, word.Span, "%s knows no %s; it is ignored", s.Keyword(), schema.Quote(word.Text))
		c.Hint("write one of: " + strings.Join(choices, ", "))
	}
}

func setHMACKey(c *schema.Context, v *draft, s *syntax.Statement) {
	id, ok := c.Word(s, 1)
	if !ok {
		return
	}
	value, ok := c.Word(s, 2)
	if !ok {
		return
	}
	n, ok := c.Int("key", id, schema.Between(1, 255).Exactly())
	if !ok {
		return
	}
	if v.hmac.keys[n] {
		c.Errorf(CodeHMACKey, id.Span, "key %d is given twice; this one is ignored", n)
		c.Hint("give it another number")
		return
	}
	text := value.Text
	if strings.HasPrefix(text, "file:") {
		v.hmac.keys[n] = true // read only by a version that uses it
		return
	}
	length := len(text)
	if digits, isHex := strings.CutPrefix(text, "hex:"); isHex {
		key, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			c.Errorf(CodeHMACKey, value.Span, "key %d is not made of pairs of hexadecimal digits; it is ignored", n)
			c.Hint("write hex: and two digits for each of 32 to 64 bytes")
			return
		}
		length = len(key)
	}
	if length < 32 || length > 64 {
		c.Errorf(CodeHMACKey, value.Span, "key %d must have 32 to 64 bytes, not %d; it is ignored", n, length)
		c.Hint("write 32 to 64 characters, or hex: and 64 to 128 digits")
		return
	}
	v.hmac.keys[n] = true
}

func decodeHMAC(c *schema.Context, v *draft, s *syntax.Statement) {
	v.hmac = &hmacDraft{keys: map[int64]bool{}}
	hmacTable.Decode(c, s.Block, v)
}

// checkHMAC is the part of the completion that concerns auth_hmac.
func (v *draft) checkHMAC() {
	if v.hmac == nil {
		return
	}
	at := v.at("auth_hmac")
	if v.hmac.active == 0 || !v.hmac.keys[v.hmac.active] {
		v.d.Errorf(CodeHMACDisabled, at, "auth_hmac has no active_key that is one of its keys; it is disabled")
		v.d.Hint("write active_key and the number of a key that can be used")
		return
	}
	if v.Strict && v.hmac.lenient {
		v.d.Errorf(CodeStrictOverrides, v.hmac.lenientAt, "strict mode: the mode of auth_hmac is enforce")
		v.d.Hint("leave it out, or strict_mode")
	}
	if v.AuthType != vrrp.AuthNone {
		v.d.Errorf(CodeHMACWithAuth, v.at("authentication"), "authentication does not go with auth_hmac; it is dropped")
		v.d.Hint("leave authentication out")
		v.AuthType, v.AuthData = vrrp.AuthNone, ""
	}
}
