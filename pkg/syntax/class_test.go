package syntax

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestProblemsHaveTheirClass(t *testing.T) {
	for text, want := range map[string][]Class{
		"}\n":                      {ClassUnexpectedClose},
		"{ x }\n":                  {ClassUnexpectedOpen},
		"{\n x\n":                  {ClassUnexpectedOpen},
		"x {\n y {\n }\n {\n z\n":  {ClassUnexpectedOpen, ClassMissingClose},
		"x {\n":                    {ClassMissingClose},
		"x \"y\n":                  {ClassUnmatchedQuote},
		"vrrp_instance V\n x\n}\n": {ClassMissingOpen},
		"vrrp_script\n":            {ClassMissingOpen},
		"a\x00b\n":                 {ClassGeneral},
		"~SEQ(i) x\n":              {ClassGeneral},
		"$A=$A\nx $A\n":            {ClassGeneral},
		"${_RANDOM x}\n":           {ClassGeneral},
		"$X\n":                     {ClassNone},
		"include none\n":           {ClassNone},
		"includem none\n":          {ClassInclude},
		"includew none*\n":         {ClassInclude},
		"includem none*\n":         nil,
		"includeb none{1,2}\n":     {ClassInclude, ClassInclude},
		"includer run.sh\n":        {ClassInclude},
		"include run.sh\n":         {ClassNone},
		"include self\n":           {ClassGeneral},
		"global_defs {\n include_check match\n}\ninclude run.sh\n": {ClassInclude},
	} {
		files := fstest.MapFS{
			"main":   {Data: []byte(text), Mode: 0o644},
			"run.sh": {Mode: 0o755},
			"self":   {Data: []byte("include self\n"), Mode: 0o644},
		}
		tree := Parse("main", Options{FS: IOFS(files), BlockKeyword: testBlockKeyword, ValueBlock: testValueBlock})
		var got []Class
		for _, d := range tree.Diagnostics {
			got = append(got, d.Class)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: classes %v, want %v:\n%s", text, got, want, told(tree))
		}
	}
}

func TestEmptyConditionNeverHolds(t *testing.T) {
	tree := ParseString("f", "@ a\n@^ b\n@^x c\n", Options{})
	if got, want := show(&tree.Root), "c\n"; got != want {
		t.Errorf("with an empty id: %q, want %q", got, want)
	}
}

// The line behind a brace is searched for references again only if something was defined since.
func TestIteratorBehindBrace(t *testing.T) {
	tree := ParseString("f", "x { ~SEQ(j,1,2) a${j} }\n} ~SEQ(k,1,2) b_$k\n", Options{})
	if got, want := show(&tree.Root), "x {\n  a1\n}\na2\nb_1\nb_2\n"; got != want {
		t.Errorf("tree %q, want %q", got, want)
	}
}

func TestIndent(t *testing.T) {
	src := &Source{Text: "\ufeffa b\n\t c\nd"}
	for offset, want := range map[int]int{0: 0, 3: 0, 5: -1, 7: 0, 8: 1, 9: 2, 10: -1, 11: 0} {
		if got := src.indent(offset); got != want {
			t.Errorf("offset %d: %d, want %d", offset, got, want)
		}
	}
}
