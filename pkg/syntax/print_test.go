package syntax

import (
	"slices"
	"strings"
	"testing"
)

func printed(ds ...Diagnostic) string {
	var out strings.Builder
	Print(&out, ds)
	return out.String()
}

func TestPrint(t *testing.T) {
	src := &Source{Name: "f", Text: "one\n\tdrei größe x\r\n" + strings.Repeat("a ", 100) + "HERE " + strings.Repeat("b ", 100) + "\nä\x1b[1m\n"}
	at := func(text string) Span {
		start := strings.Index(src.Text, text)
		return Span{src, start, start + len(text)}
	}
	for _, test := range []struct {
		d    Diagnostic
		want string
	}{
		{Diagnostic{Message: "m"}, "error: m\n"},
		{Diagnostic{Message: "m", Hint: "h", Severity: Warning}, "warning: m (h)\n"},
		{Diagnostic{Span: Span{Source: &Source{Name: "g"}}, Message: "m", Severity: Notice}, "g: notice: m\n"},
		{Diagnostic{Span: at("one"), Message: "m"}, "f:1:1: error: m\n    1 | one\n      | ^^^\n"},
		{Diagnostic{Span: at("größe"), Message: "m", Hint: "h"},
			"f:2:7: error: m\n    2 | \tdrei größe x\n      | \t     ^^^^^ h\n"},
		{Diagnostic{Span: Span{src, 3, 3}, Message: "m"}, "f:1:4: error: m\n    1 | one\n      |    ^\n"},
		{Diagnostic{Span: at("HERE"), Message: "m"}, "f:3:201: error: m\n    3 | …" + strings.Repeat("a ", 20) + "HERE " +
			strings.Repeat("b ", 37) + "b…\n      | " + strings.Repeat(" ", 41) + "^^^^\n"},
		{Diagnostic{Span: at("\x1b"), Message: "a\x1bb"}, "f:4:3: error: a\ufffdb\n    4 | ä\ufffd[1m\n      |  ^\n"},
	} {
		if got := printed(test.d); got != test.want {
			t.Errorf("%+v:\n%s\nwant:\n%s", test.d, got, test.want)
		}
	}
}

func TestSort(t *testing.T) {
	first, second := &Source{Name: "z", Text: "x y"}, &Source{Name: "a", Text: "x", order: 1}
	whole := Diagnostic{Message: "whole"}
	ds := []Diagnostic{
		whole,
		{Span: Span{second, 0, 1}, Message: "3"},
		{Span: Span{first, 2, 3}, Message: "2"},
		{Span: Span{first, 0, 1}, Message: "1b"},
		{Span: Span{first, 0, 1}, Message: "1a"},
		{Span: Span{second, 0, 1}, Message: "3"},
		{Span: Span{first, 0, 1}, Message: "0", Severity: Error},
		{Span: Span{first, 0, 1}, Message: "1b"},
	}
	var got []string
	for _, d := range Sort(ds) {
		got = append(got, d.Message)
	}
	if want := []string{"0", "1a", "1b", "2", "3", "whole"}; !slices.Equal(got, want) {
		t.Errorf("order %q, want %q", got, want)
	}
}

func TestExitCodeIsThatOfTheHighestClass(t *testing.T) {
	for _, test := range []struct {
		classes []Class
		want    int
	}{
		{nil, 0},
		{[]Class{ClassNone}, 0},
		{[]Class{ClassFileNotFound, ClassNone}, 4},
		{[]Class{ClassBadInterface}, 4},
		{[]Class{ClassFatal}, 4},
		{[]Class{ClassMultipleFiles, ClassFatal}, 5},
		{[]Class{ClassDeprecated}, 5},
		{[]Class{ClassSecurity, ClassDeprecated}, 6},
		{[]Class{ClassInclude, ClassGeneral}, 6},
		{[]Class{ClassAbort, ClassInclude, ClassSecurity}, 2},
	} {
		var ds []Diagnostic
		for _, class := range test.classes {
			ds = append(ds, Diagnostic{Class: class})
		}
		if got := ExitCode(ds); got != test.want {
			t.Errorf("%v: exit %d, want %d", test.classes, got, test.want)
		}
	}
}

func TestSuggest(t *testing.T) {
	candidates := []string{"a_b_c_d", "virtual_router_id", "virtual_routes", "priority", "state", "script", "accept"}
	for word, want := range map[string]string{
		"virtual_routerid":            "virtual_router_id",
		"virtual-router-id":           "virtual_router_id",
		"Priority":                    "priority",
		"prioirty":                    "priority",
		"stat":                        "state",
		"virtual_route":               "virtual_routes",
		"x":                           "",
		"":                            "",
		"nopreempt":                   "",
		"priority":                    "",
		"acept":                       "accept",
		"tsate":                       "state",
		"SCRIPT":                      "script",
		"a-b-c-d":                     "a_b_c_d",
		strings.Repeat("state", 1000): "",
	} {
		if got := Suggest(word, candidates); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestPositionsOfLines(t *testing.T) {
	src := &Source{Name: "f", Text: "a\r\n\nccc"}
	for offset, want := range []string{"f:1:1 a", "f:1:2 a", "f:1:3 a", "f:2:1 ", "f:3:1 ccc", "f:3:2 ccc", "f:3:3 ccc", "f:3:4 ccc"} {
		s := Span{src, offset, offset}
		if got := s.Position() + " " + s.LineText(); got != want {
			t.Errorf("offset %d: %q, want %q", offset, got, want)
		}
	}
	if s := (Span{}); s.Line() != 0 || s.Column() != 0 || s.LineText() != "" || s.Position() != "" || s.Text() != "" || s.Known() {
		t.Errorf("the zero span has a place: %q", s.Position())
	}
}
