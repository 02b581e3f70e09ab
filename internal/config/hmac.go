package config

import (
	"cmp"
	"encoding/hex"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// HMAC is how adverts are signed, and how signatures are judged (auth_hmac).
type HMAC struct {
	Keys      []HMACKey // in the order of the file
	Active    uint8     // the number of the key that signs
	Mode      HMACMode
	Monotonic bool
	Window    time.Duration // whole seconds
}

// HMACKey is a key and its number.
type HMACKey struct {
	ID     uint8
	Secret string // 32 to 64 bytes
}

// HMACMode says whether adverts are signed, and whether they must be.
type HMACMode uint8

// The modes, in the order of the keyword's words.
const (
	HMACEnforce HMACMode = iota
	HMACPermissive
	HMACReceiveOnly
)

// String is the word that the file has for it.
func (m HMACMode) String() string { return hmacModes[m] }

var hmacModes = []string{"enforce", "permissive", "receive-only"}

// hmacDraft is auth_hmac while it is checked.
type hmacDraft struct {
	HMAC
	modeAt syntax.Span
}

// hmacTable is the keywords of auth_hmac.
var hmacTable = schema.NewTable("auth_hmac", []instanceKeyword{
	{Name: "key", Args: "1-255 VALUE|hex:VALUE|file:PATH", Priority: schema.P3, Doc: "A key of 32 to 64 bytes.",
		Note: "hex: begins hexadecimal digits; file: begins the path of a file that holds one of the other forms, and that nobody else should be able to read.",
		Set:  setHMACKey},
	{Name: "active_key", Args: "1-255", Priority: schema.P3, Doc: "The key that adverts are signed with.",
		Note: "Needed, and it must be one of the keys. The others are accepted from other routers, so that keys can be changed one router after the other.",
		Set:  schema.IntFunc(schema.Between(1, 255).Exactly(), func(v *draft, n int64) { v.hmac.Active = uint8(n) })},
	{Name: "anti_replay", Args: "time|monotonic", Default: "time", Priority: schema.P3, Doc: "How old adverts are told from new ones.",
		Note: "time needs clocks that agree within time_window; monotonic only wants each advert to be newer than the one before.",
		Set:  oneOf(func(v *draft, word syntax.Word) { v.hmac.Monotonic = word.Text == "monotonic" }, "time", "monotonic")},
	{Name: "time_window", Args: "1-300", Unit: "seconds", Priority: schema.P3, Doc: "Seconds that clocks may differ.",
		Without: "three times advert_int, at least 5",
		Set:     schema.IntFunc(schema.Between(1, 300).Exactly(), func(v *draft, n int64) { v.hmac.Window = time.Duration(n) * time.Second })},
	{Name: "mode", Args: "enforce|permissive|receive-only", Default: "enforce", Priority: schema.P3, Doc: "What happens to adverts that are not signed.",
		Note: "enforce drops them. permissive and receive-only accept them, and receive-only does not sign its own. A signature that is wrong is never accepted. To introduce signatures without an election: receive-only on all routers, then permissive on all, then enforce.",
		Set:  oneOf(setHMACMode, hmacModes...)},
})

func setHMACMode(v *draft, word syntax.Word) {
	v.hmac.modeAt = word.Span
	for mode, name := range hmacModes {
		if name == word.Text {
			v.hmac.Mode = HMACMode(mode)
		}
	}
}

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
	if v.hmac.has(uint8(n)) {
		c.Errorf(CodeHMACKey, id.Span, "key %d is given twice; this one is ignored", n)
		c.Hint("give it another number")
		return
	}
	text := value.Text
	if path, inFile := strings.CutPrefix(text, "file:"); inFile {
		if text, ok = v.readKeyFile(n, path, value.Span); !ok {
			return
		}
	}
	if digits, isHex := strings.CutPrefix(text, "hex:"); isHex {
		key, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
		if err != nil {
			c.Errorf(CodeHMACKey, value.Span, "key %d is not made of pairs of hexadecimal digits; it is ignored", n)
			c.Hint("write hex: and two digits for each of 32 to 64 bytes")
			return
		}
		text = string(key)
	}
	if len(text) < 32 || len(text) > 64 {
		c.Errorf(CodeHMACKey, value.Span, "key %d must have 32 to 64 bytes, not %d; it is ignored", n, len(text))
		c.Hint("write 32 to 64 characters, or hex: and 64 to 128 digits")
		return
	}
	v.hmac.Keys = append(v.hmac.Keys, HMACKey{ID: uint8(n), Secret: text})
}

// readKeyFile is what a file says for a key, without the end of its line.
func (v *draft) readKeyFile(n int64, path string, at syntax.Span) (text string, ok bool) {
	text, shared, problem := v.d.host.KeyFile(path)
	if problem != "" {
		v.d.Errorf(CodeHMACKey, at, "key %d cannot be read: %s; it is ignored", n, problem)
		v.d.Hint("write the path of a file that holds the key")
		return "", false
	}
	if shared {
		v.d.Warnf(CodeHMACKeyFile, at, syntax.ClassSecurity, "the file of key %d is accessible to others", n)
		v.d.Hint("chmod 600 " + path)
	}
	return strings.TrimRight(text, "\r\n"), true
}

func (h *hmacDraft) has(id uint8) bool {
	for _, key := range h.Keys {
		if key.ID == id {
			return true
		}
	}
	return false
}

func decodeHMAC(c *schema.Context, v *draft, s *syntax.Statement) {
	v.hmac = &hmacDraft{}
	hmacTable.Decode(c, s.Block, v)
}

// completeHMAC is the part of the completion that concerns auth_hmac.
func (v *draft) completeHMAC() {
	if v.hmac == nil {
		return
	}
	at := v.at("auth_hmac")
	if !v.hmac.has(v.hmac.Active) {
		v.d.Errorf(CodeHMACDisabled, at, "auth_hmac has no active_key that is one of its keys; it is disabled")
		v.d.Hint("write active_key and the number of a key that can be used")
		return
	}
	if v.Strict && v.hmac.Mode != HMACEnforce {
		v.d.Errorf(CodeStrictOverrides, v.hmac.modeAt, "strict mode: the mode of auth_hmac is enforce")
		v.d.Hint("leave it out, or strict_mode")
		v.hmac.Mode = HMACEnforce
	}
	if v.AuthType != vrrp.AuthNone {
		v.d.Errorf(CodeHMACWithAuth, v.at("authentication"), "authentication does not go with auth_hmac; it is dropped")
		v.d.Hint("leave authentication out")
		v.AuthType, v.AuthData = vrrp.AuthNone, ""
	}
	v.hmac.Window = cmp.Or(v.hmac.Window, v.usualWindow())
	v.HMAC = &v.hmac.HMAC
}

// usualWindow is how many seconds clocks may differ if the file does not say.
func (v *draft) usualWindow() time.Duration {
	const least, most = 5 * time.Second, 300 * time.Second
	return min(max(3*v.AdvertInterval.Truncate(time.Second), least), most)
}
