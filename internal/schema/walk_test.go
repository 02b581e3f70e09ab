package schema

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// sample is what the table of these tests decodes into.
type sample struct {
	count, other int
	wait         time.Duration
	on, flag     bool
	name         string
	order        []string
}

func note(word string) Setter[sample] {
	return func(_ *Context, s *sample, _ *syntax.Statement) { s.order = append(s.order, word) }
}

var inner = NewTable("inner", []Keyword[sample]{
	{Name: "leaf", Doc: "A leaf.", Set: Flag(func(s *sample) *bool { return &s.flag })},
})

var sampleTable = NewTable("sample", []Keyword[sample]{
	{Name: "count", Args: "1-9", Set: Int(Between(1, 9), func(s *sample) *int { return &s.count })},
	{Name: "strict", Args: "1-9", Set: Int(Between(1, 9).Exactly().Or(4), func(s *sample) *int { return &s.other })},
	{Name: "soft", Args: "1-9", Set: Int(Between(1, 9).Lenient(), func(s *sample) *int { return &s.other })},
	{Name: "wait", Args: "SECONDS", Set: Duration(Seconds{Low: time.Millisecond, High: time.Minute}, func(s *sample) *time.Duration { return &s.wait })},
	{Name: "on", Set: Switch(func(s *sample, on bool) { s.on = on })},
	{Name: "name", Args: "NAME", Given: func(s *sample) bool { return s.name != "" }, Set: Text(func(s *sample) *string { return &s.name })},
	{Name: "early", Early: true, Set: note("early")},
	{Name: "late", Set: note("late")},
	{Name: "idle", Effect: None, Set: Ignore[sample]()},
	{Name: "foreign", Effect: LVS, Set: Ignore[sample]()},
	{Name: "tuning", Effect: Pointless, Set: Ignore[sample]()},
	{Name: "list", Body: List, Set: note("list")},
	{Name: "inner", Body: Section, Children: inner,
		Set: func(c *Context, into *sample, s *syntax.Statement) { inner.Decode(c, s.Block, into) }},
})

func walk(text string) (sample, []syntax.Diagnostic) {
	tree := syntax.ParseString("test.conf", text, syntax.Options{})
	var c Context
	var s sample
	c.Elsewhere(func(word string) []string {
		if word == "leaf" {
			return []string{"in inner"}
		}
		return nil
	})
	sampleTable.DecodeEarly(&c, &tree.Root, &s)
	sampleTable.DecodeLate(&c, &tree.Root, &s)
	return s, c.Diagnostics
}

func TestFindings(t *testing.T) {
	for _, tt := range []struct {
		text  string
		class syntax.Class
		says  string // in message and hint
	}{
		{"coutn 5", syntax.ClassUnknownKeyword, `did you mean "count"?`},
		{"leaf", syntax.ClassUnknownKeyword, `"leaf" belongs in inner`},
		{"xyzzy {\ncount 77\n}", syntax.ClassUnknownKeyword, "its block is skipped"},
		{"count", syntax.ClassAbort, "write: count 1-9"},
		{"soft", syntax.ClassGeneral, "lacks its value"},
		{"count 5 {\n}", syntax.ClassUnexpectedOpen, "takes no block"},
		{"list", syntax.ClassMissingOpen, "lacks its '{'"},
		{"list x {\n}", syntax.ClassGeneral, "extra words"},
		{"name a\nname b", syntax.ClassGeneral, "given already"},
		{"on maybe", syntax.ClassGeneral, "neither on nor off"},
		{"wait 0", syntax.ClassGeneral, "allowed are 0.001 to 60"},
		{"idle\nidle", syntax.ClassNone, "has no effect yet"},
		{"foreign", syntax.ClassNone, "keepalived -C"},
		{"tuning", syntax.ClassNone, "nothing that it could tune"},
	} {
		_, findings := walk(tt.text)
		if len(findings) != 1 {
			t.Errorf("%q: got %d findings, want one", tt.text, len(findings))
			continue
		}
		if d := findings[0]; d.Class != tt.class || !strings.Contains(d.Message+" "+d.Hint, tt.says) || d.Span.Source == nil {
			t.Errorf("%q: got %+v", tt.text, d)
		}
	}
}

func TestValuesAfterErrors(t *testing.T) {
	s, _ := walk("count 3\ncount 10\nstrict 5x\nwait 1.5\nwait x\non off\non\n")
	if s.count != 3 || s.other != 4 || s.wait != 1500*time.Millisecond || !s.on {
		t.Errorf("got %+v", s)
	}
	if s, _ = walk("count 5x"); s.count != 5 {
		t.Errorf("a number with something behind it: got %d", s.count)
	}
}

func TestEarlyRowsComeFirst(t *testing.T) {
	s, _ := walk("late\nlist {\na\n}\nearly\n")
	if want := []string{"early", "late", "list"}; !slices.Equal(s.order, want) {
		t.Errorf("got %v, want %v", s.order, want)
	}
}

func TestNothingIsReadBehindAMissingWord(t *testing.T) {
	s, findings := walk("count\nstrict 5\nnonsense\n")
	if s.other != 0 || len(findings) != 1 {
		t.Errorf("got %+v, %d findings", s, len(findings))
	}
}

func TestLookup(t *testing.T) {
	body, inside, ok := sampleTable.Lookup("inner")
	if body != Section || !ok || len(inside.Rows()) != 1 || inside.Rows()[0].Name != "leaf" {
		t.Errorf("inner: got %v, %v, %v", body, inside, ok)
	}
	if body, inside, ok = sampleTable.Lookup("list"); body != List || inside != nil || !ok {
		t.Errorf("list: got %v, %v, %v", body, inside, ok)
	}
	if _, _, ok = sampleTable.Lookup("leaf"); ok {
		t.Error("leaf is no keyword of the outer table")
	}
	if rows := sampleTable.Rows(); len(rows) != 13 || rows[12].Children[0].Doc != "A leaf." {
		t.Errorf("rows: got %+v", rows)
	}
}

func TestKeywordTwiceIsABug(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	NewTable("x", []Keyword[sample]{{Name: "a"}}, []Keyword[sample]{{Name: "a"}})
}

func TestNearest(t *testing.T) {
	names := []string{"protocol", "priority", "preference"}
	for word, want := range map[string]string{"proto": "protocol", "prioritty": "priority", "pr": "", "zzz": ""} {
		if got := Nearest(word, names); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct{ args, span, want string }{
		{"1-255", "", "1 to 255"},
		{"[all] 0-86400", "", "0 to 86400"},
		{"-253-253 [reverse]", "", "-253 to 253"},
		{"[-1-99]", "", "-1 to 99"},
		{"SECONDS", "0.001-4294.967295", "0.001 to 4294.967295"},
		{"FROM-TO", "", " to "},
		{"2|3", "", " to "},
	} {
		low, high, ok := Row{Args: tt.args, Range: tt.span}.Limits()
		if got := low + " to " + high; got != tt.want || ok != (tt.want != " to ") {
			t.Errorf("%s, %s: %s, %v", tt.args, tt.span, got, ok)
		}
	}
}

// wire is what the lines of the option tests are read into.
type wire struct{ seen []string }

func TestOptions(t *testing.T) {
	options := NewOptions([]Option[wire]{
		{Name: "dev", Args: "IF", Doc: "A device.", Default: "eth0", Read: func(w *wire, at syntax.Word) { w.seen = append(w.seen, at.Text) }},
	}, []Option[wire]{{Name: "flag", Doc: "A flag.", Effect: None}})
	var w wire
	options.Find("dev").Read(&w, syntax.Word{Text: "dev"})
	if !slices.Equal(w.seen, []string{"dev"}) || options.Find("other") != nil {
		t.Errorf("read %v, found %v", w.seen, options.Find("other"))
	}
	if got := options.Names(); !slices.Equal(got, []string{"dev", "flag"}) {
		t.Errorf("names %v", got)
	}
	table := NewTable("x", []Keyword[sample]{{Name: "list", Body: List, Entry: &Entry{Form: "NAME [OPTION …]", Options: options}}})
	entry := table.Rows()[0].Entry
	if entry == nil || entry.Form != "NAME [OPTION …]" || len(entry.Options) != 2 || entry.Options[0].Default != "eth0" || entry.Options[1].Effect != None {
		t.Errorf("entry %+v", entry)
	}
}

func TestOptionTwiceIsABug(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	NewOptions([]Option[wire]{{Name: "a"}}, []Option[wire]{{Name: "a"}})
}
