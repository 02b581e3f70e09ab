package report

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// example has what is hard to print: wide letters, blanks and a comma in a name, several lines, no place.
func example() []File {
	lan := &syntax.Source{Name: "site/a b,c.conf", Text: "vrrp_instance LAN {\n\tdescription \"Köln\" bogus 50%\n}\n"}
	at := func(text string) syntax.Span {
		start := strings.Index(lan.Text, text)
		return syntax.Span{Source: lan, Start: start, End: start + len(text)}
	}
	return []File{
		{Name: "site/a b,c.conf", Findings: []syntax.Diagnostic{
			{Code: 101, Span: at("bogus"), Class: syntax.ClassUnknownKeyword, Message: `unknown keyword "bogus"`, Hint: "write 100%,\nor nothing: at all"},
			{Code: 501, Span: at("LAN {\n\tdescription"), Severity: syntax.Warning, Message: "hardly meant"},
			{Code: 400, Class: syntax.ClassGeneral, Message: "no VRID", Refuse: true},
		}},
		{Name: "/etc/empty.conf", Findings: []syntax.Diagnostic{
			{Code: 1, Span: syntax.Span{Source: &syntax.Source{Name: "/etc/empty.conf"}}, Severity: syntax.Notice, Message: "cannot be read"},
		}},
		{Name: "good.conf"},
	}
}

func exampleOptions() Options {
	text := func(what string) func(syntax.Code) string {
		return func(code syntax.Code) string {
			if code == 501 {
				return ""
			}
			return what + " of " + code.String()
		}
	}
	return Options{Version: "1.2.3", Title: text("Title"), Article: text("Article")}
}

func TestFormatsAreStable(t *testing.T) {
	for _, name := range Formats() {
		compare(t, name, exampleOptions())
	}
	coloured := exampleOptions()
	coloured.Colour = true
	compare(t, "text", coloured)
}

func compare(t *testing.T, name string, o Options) {
	t.Helper()
	format, ok := ByName(name)
	if !ok {
		t.Fatalf("there is no format %q", name)
	}
	var got bytes.Buffer
	if err := format(&got, example(), o); err != nil {
		t.Fatal(err)
	}
	golden := "testdata/" + name + ".golden"
	if o.Colour {
		golden = "testdata/colour.golden"
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s: got\n%s\nwant (%v)\n%s", golden, got.Bytes(), err, want)
	}
}

func TestSumsAreReadable(t *testing.T) {
	for want, c := range map[string]Counts{
		"":                              {},
		"1 error":                       {Errors: 1},
		"2 errors, 1 notice":            {Errors: 2, Notices: 1},
		"1 error, 1 warning, 3 notices": {Errors: 1, Warnings: 1, Notices: 3},
	} {
		if got := c.String(); got != want {
			t.Errorf("%+v: got %q, want %q", c, got, want)
		}
	}
}

func TestNamesAreRelativeToTheFolderOfTheCheck(t *testing.T) {
	for _, c := range []struct{ dir, name, want string }{
		{"/site", "/site/a.conf", "a.conf"},
		{"/site", "/site/conf.d/a.conf", "conf.d/a.conf"},
		{"/site", "/sites/a.conf", "/sites/a.conf"},
		{"/site/b", "/site/a.conf", "/site/a.conf"},
		{"/site", "a.conf", "a.conf"},
		{"/", "/site/a.conf", "site/a.conf"},
		{"", "/site/a.conf", "/site/a.conf"},
	} {
		if got := (Options{Dir: c.dir}).fileName(c.name); got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.name, c.dir, got, c.want)
		}
	}
}

// TestWindowsLineEndsChangeNothing: neither lines nor columns move, and no form gets a '\r'.
func TestWindowsLineEndsChangeNothing(t *testing.T) {
	for _, name := range Formats() {
		format, _ := ByName(name)
		var unix, windows bytes.Buffer
		for out, end := range map[*bytes.Buffer]string{&unix: "\n", &windows: "\r\n"} {
			tree := syntax.ParseString("a.conf", strings.ReplaceAll("a {\n}\n}\nb \"open\n", "\n", end), syntax.Options{})
			if len(tree.Diagnostics) != 2 {
				t.Fatalf("found %v, want two mistakes", tree.Diagnostics)
			}
			if err := format(out, []File{{Name: "a.conf", Findings: tree.Diagnostics}}, Options{}); err != nil {
				t.Fatal(err)
			}
		}
		if unix.String() != windows.String() {
			t.Errorf("%s: got\n%q\nwant as without\n%q", name, windows.String(), unix.String())
		}
	}
}
