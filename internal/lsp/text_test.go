package lsp

import (
	"testing"

	"github.com/govrrpd/govrrpd/internal/config"
)

func TestPositionsCountUTF16Units(t *testing.T) {
	text := newLineText("aé€𝄞b\r\nx\ry\nlast")
	for _, c := range []struct {
		offset       int
		utf16, utf8  position
		onlyThereFor string
	}{
		{offset: 0, utf16: position{0, 0}, utf8: position{0, 0}},
		{offset: 1, utf16: position{0, 1}, utf8: position{0, 1}},
		{offset: 3, utf16: position{0, 2}, utf8: position{0, 3}},
		{offset: 6, utf16: position{0, 3}, utf8: position{0, 6}},
		{offset: 10, utf16: position{0, 5}, utf8: position{0, 10}},
		{offset: 11, utf16: position{0, 6}, utf8: position{0, 11}},
		{offset: 13, utf16: position{1, 0}, utf8: position{1, 0}},
		{offset: 15, utf16: position{2, 0}, utf8: position{2, 0}},
		{offset: 17, utf16: position{3, 0}, utf8: position{3, 0}},
		{offset: 21, utf16: position{3, 4}, utf8: position{3, 4}},
	} {
		for enc, p := range map[encoding]position{utf16Encoding: c.utf16, utf8Encoding: c.utf8} {
			if got := text.position(c.offset, enc); got != p {
				t.Errorf("%s: byte %d is at %v, want %v", enc, c.offset, got, p)
			}
			if got := text.offset(p, enc); got != c.offset {
				t.Errorf("%s: %v is byte %d, want %d", enc, p, got, c.offset)
			}
		}
	}
}

func TestPositionsOutsideOfTheTextAreItsEdges(t *testing.T) {
	text := newLineText("𝄞b\nc")
	for p, want := range map[position]int{
		{0, 1}:  0, // in the middle of a character
		{0, 99}: 5,
		{1, 99}: 7,
		{9, 0}:  7,
		{-1, 3}: 0,
	} {
		if got := text.offset(p, utf16Encoding); got != want {
			t.Errorf("%v is byte %d, want %d", p, got, want)
		}
	}
}

func TestEncodingIsNegotiated(t *testing.T) {
	const text = "vrrp_instance \"ä 𝄞\" {\n    interface eth0\n    virtual_router_id 1\n    state ä𝄞 x\n    virtual_ipaddress {\n 10.0.0.1\n }\n}\n"
	for _, want := range []encoding{utf16Encoding, utf8Encoding} {
		s := begin(t, nil, func(p *initializeParams) {
			if want == utf8Encoding {
				p.Capabilities.General.PositionEncodings = []string{"utf-16", "utf-8"}
			}
		})
		if s.encoding != want {
			t.Fatalf("the encoding is %q, want %q", s.encoding, want)
		}
		s.open(mainURI, text)
		p := s.await(mainURI, "4:11 "+config.CodeBadState.String())
		if got := s.marked(location{mainURI, p.Diagnostics[0].Range}); got != "state ‹ä𝄞› x" {
			t.Errorf("%s: it marks %s", want, got)
		}
		s.replace(mainURI, "ä𝄞 x", "MASTER")
		s.await(mainURI)
	}
}
