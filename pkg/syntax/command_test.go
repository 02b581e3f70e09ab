package syntax

import (
	"slices"
	"testing"
)

func TestSplitCommand(t *testing.T) {
	for raw, want := range map[string][]string{
		`notify_master /a/b c d`:               {"notify_master", "/a/b", "c", "d"},
		`notify "abcd" efg`:                    {"notify", "abcd", "efg"},
		`notify abcd" efg h jkl "mnop user`:    {"notify", "abcd efg h jkl mnop", "user"},
		`notify "/a 'b c' d" u`:                {"notify", "/a 'b c' d", "u"},
		`notify '/a "b c"' u`:                  {"notify", `/a "b c"`, "u"},
		`notify "/a \"b\" \n" ` + "\t" + ` u `: {"notify", `/a \"b\" \n`, "u"},
		`notify ""`:                            {"notify", ""},
		`notify a\`:                            {"notify", `a\`},
		``:                                     nil,
	} {
		if got, err := SplitCommand(raw); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{`notify "a`, `notify 'a`, `notify "a'`} {
		if got, err := SplitCommand(raw); err == nil {
			t.Errorf("%s: %q, want an error", raw, got)
		}
	}
}

func TestSplitArgs(t *testing.T) {
	for command, want := range map[string][]string{
		`cmd 'a b' c`:        {"cmd", "a b", "c"},
		`cmd a"b 'c"d`:       {"cmd", "ab 'cd"},
		`c \a\b\E\f\n\r\t\v`: {"c", "\a\b\x1b\f\n\r\t\v"},
		`c \101\0\18\777`:    {"c", "A\x00\x018\xff"},
		`c \x41\x4g\xg\x`:    {"c", "A\x04gxgx"},
		`c \cA\c[\c`:         {"c", "\x01\x1bc"},
		`c \"a\ b\\\q`:       {"c", `"a b\q`},
		`c '' "" e`:          {"c", "", "", "e"},
	} {
		if got, err := SplitArgs(command); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", command, got, err, want)
		}
	}
	for _, command := range []string{`c \`, `c "a`, `c 'a\'`} {
		if got, err := SplitArgs(command); err == nil {
			t.Errorf("%s: %q, want an error", command, got)
		}
	}
}

func FuzzSplitArgs(f *testing.F) {
	for _, seed := range []string{`cmd 'a b' "c\x41"`, `\777\c`, `"`, `\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, command string) {
		words, err := SplitArgs(command)
		size := 0
		for _, word := range words {
			size += len(word)
		}
		if size > len(command) || len(words) > len(command) {
			t.Errorf("%q gives %q, %v: more than was there", command, words, err)
		}
		if raw, err := SplitCommand(command); err == nil && len(raw) > len(command) {
			t.Errorf("%q gives %q", command, raw)
		}
	})
}
