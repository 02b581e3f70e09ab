package syntax

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestBoundsHold(t *testing.T) {
	many := strings.Repeat
	for name, test := range map[string]struct{ text, message string }{
		"endless definition":       {"$A=$A\nx $A\n", "substitution of $A does not end, the line is ignored"},
		"growing definition":       {"$A=${B}${B}\n$B=xx${A}${A}\nx $A\n", "does not end"},
		"exploding definition":     {explosion(), "substitution of $"},
		"long loop":                {"~SEQ(a,1,2000000000) @x $a\n", "make more than 2097152 lines"},
		"loops in loops":           {"~SEQ(a,1,2000000000) ~SEQ(b,1,2000000000)\n", "make more than 2097152 lines"},
		"deep iterators":           {many("~SEQ(a,1) ", 100) + "x\n", "more than 64 definitions and iterators within each other"},
		"lines that include lines": {"$A=x \\\n $B\n$B=y \\\n $A\n$A\n", "contain $A itself"},
		"definition from itself":   {"$A=@^x $A\n$A\n", "within each other"},
		"large values":             {"$A=" + many("x", 1<<19) + "\n~SEQ(i,1,100000) ${A}\n", "substitution makes more than 134217728 bytes"},
		"many words":               {"~SEQ(i,1,2000000) " + many("a ", 2000) + "\n", "make more than 8388608 words"},
		"many empty values":        {"$E=\n~SEQ(i,1,2000000) x" + many("${E}", 2000) + "\n", "repeat more than 1073741824 bytes"},
		"too many in a line":       {"$E=\nx " + many("${E}", maxReplacements+1) + "\n", "substitution of $E does not end"},
		"deep blocks":              {many("a{", 100_000) + many("}", 100_000), "more than 256 blocks within each other"},
	} {
		t.Run(name, func(t *testing.T) {
			got := told(ParseString("f", test.text, Options{}))
			if n := strings.Count(got, "error:"); !strings.Contains(got, test.message) || n != 1 && name != "deep blocks" {
				t.Errorf("messages:\n%.2000s\nwant one with %q", got, test.message)
			}
		})
	}
}

// explosion is the definitions of which each stands for ten of the one before.
func explosion() string {
	var out strings.Builder
	out.WriteString("$A0=xxxxxxxxxx\n")
	for i := range 20 {
		fmt.Fprintf(&out, "$A%d=%s\n", i+1, strings.Repeat(fmt.Sprintf("${A%d}", i), 10))
	}
	out.WriteString("x $A20\n")
	return out.String()
}

func TestIncludeBoundsHold(t *testing.T) {
	files := fstest.MapFS{}
	for i := range 100 {
		files[fmt.Sprintf("deep%d", i)] = file("include deep%d\n", i+1)
		files[fmt.Sprintf("wide%d", i)] = file("include wide%d\ninclude wide%d\n", i+1, i+1)
	}
	files["deep100"], files["wide100"] = file(""), file("")
	files["a"], files["b"] = file("include b\n"), file("include a\n")
	for name, message := range map[string]string{
		"deep0": "more than 64 files within each other",
		"wide0": "repeat more than 1073741824 bytes",
		"a":     "the file includes itself",
	} {
		if got := told(Parse(name, Options{FS: IOFS(files)})); !strings.Contains(got, message) {
			t.Errorf("%s: messages:\n%.2000s\nwant %q", name, got, message)
		}
	}
}

func file(format string, args ...any) *fstest.MapFile {
	return &fstest.MapFile{Data: fmt.Appendf(nil, format, args...), Mode: 0o644}
}

// A line of a megabyte must not take time in proportion to its square.
func TestLongLinesTakeLinearTime(t *testing.T) {
	const n = 300_000
	for name, text := range map[string]string{
		"undefined": "x " + strings.Repeat("${U} ", n),
		"unclosed":  "x " + strings.Repeat("${", n),
		"bare":      strings.Repeat("$", n),
		"words":     strings.Repeat("a \\\"b ", n),
		"quotes":    strings.Repeat("\"a\"", n),
		"closing":   strings.Repeat("a} ", n),
		"braces":    strings.Repeat("a{}", n),
		"list":      "~LST(a" + strings.Repeat(",{b}", n) + ") x",
		"escapes":   strings.Repeat(`a\# `, n),
	} {
		start := time.Now()
		told(ParseString("f", text, Options{}))
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: %v", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
	}
}

func TestManyProblemsAreCutOff(t *testing.T) {
	tree := ParseString("f", strings.Repeat("}\n", 3*maxDiagnostics), Options{})
	if got := len(tree.Diagnostics); got != maxDiagnostics+1 {
		t.Errorf("%d diagnostics, want %d", got, maxDiagnostics+1)
	}
}

// A ~SEQ that is too long is refused before its first turn, and a block around it lacks no '}'.
func TestTooLongLoopIsNotBegun(t *testing.T) {
	for _, numbers := range []string{"1,30000000", "-1,-30000000", "1,3,9223372036854775807", "-9223372036854775808,9223372036854775807"} {
		tree := ParseString("f", "a {\n~SEQ(i,"+numbers+") b $i\n}\n", Options{})
		if got := told(tree); strings.Count(got, "error:") != 1 || !strings.Contains(got, "make more than 2097152 lines") {
			t.Errorf("%s: messages:\n%s", numbers, got)
		}
		if block := tree.Root.Statements[0].Block; len(block.Statements) != 0 {
			t.Errorf("%s: %d lines were made", numbers, len(block.Statements))
		}
	}
	for lines, want := range map[string]int{
		"~SEQ(i,1,2000) ~SEQ(j,1,2000) b $i $j":                0,
		"~SEQ(i,1,3)~SEQx(j,0,65535) ~SEQ(k,1,65536) b":        0,
		"~SEQ(i,1,4294967296) ~SEQ(j,1,4294967296) b":          0,
		"~SEQ(i,1,3) ~SEQ(j,4,5) b $i $j":                      6,
		"~SEQ(i,1,3) ~SEQ(j,1,$i) b $i $j":                     6,
		"~SEQ(i,1,3) ~SEQ(j,bogus) b":                          0,
		"~SEQ(i,1,3) ~SEQ(j b":                                 0,
		"~SEQ(i,1,2) ~LST(j,a,b) ~SEQ(k,1,2) b $i $j $k":       8,
		"~SEQ(i,1,2000) ~LST(j,a) @^x ~SEQ(k,1,2) b $i $j":     4000,
		"~SEQ(i,1,1000) ~SEQ(j,1,1000) @x ~SEQ(k,1,1000000) b": 0,
	} {
		if made := ParseString("f", lines+"\n", Options{}).Root.Statements; len(made) != want {
			t.Errorf("%s: %d lines were made, want %d", lines, len(made), want)
		}
	}
	for _, numbers := range []string{"3", "5,-2,1", "-3", "7,9", "2,2"} {
		tree := ParseString("f", "~SEQ(i,"+numbers+") b $i\n", Options{})
		r, err := newParser(Options{}).parseRun(text{s: numbers})
		if err != nil || r.turns() != uint64(len(tree.Root.Statements)) {
			t.Errorf("%s: %d lines, foreseen were %d (%v)", numbers, len(tree.Root.Statements), r.turns(), err)
		}
	}
}

func TestRepeatedMistakeIsToldOnce(t *testing.T) {
	tree := ParseString("f", "~SEQ(i,1,1000) } x\n", Options{})
	if got := len(tree.Diagnostics); got != 1 {
		t.Errorf("%d diagnostics, want 1", got)
	}
}

func TestBraceThatWentWithItsQuoteIsNotMissed(t *testing.T) {
	o := Options{BlockKeyword: func([]string, string) bool { return true }}
	if got := told(ParseString("f", "a \"b {\n}\n", o)); strings.Count(got, "error:") != 1 || !strings.Contains(got, "quote without") {
		t.Errorf("messages:\n%s", got)
	}
	if got := told(ParseString("f", "a \"b {\n}\nc\n}\n", o)); !strings.Contains(got, "missing '{' behind c") {
		t.Errorf("messages:\n%s", got)
	}
}
