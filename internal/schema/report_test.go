package schema

import (
	"strings"
	"testing"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

func TestFindingIsToldOnceWithItsOwnHint(t *testing.T) {
	var c Context
	c.Errorf(1, syntax.Span{}, "first")
	c.Hint("of the first")
	c.Errorf(1, syntax.Span{}, "second")
	c.Errorf(1, syntax.Span{}, "first")
	c.Hint("not of the second")
	if len(c.Diagnostics) != 2 || c.Diagnostics[0].Hint != "of the first" || c.Diagnostics[1].Hint != "" {
		t.Errorf("got %+v", c.Diagnostics)
	}
}

func TestFindingsBeyondTheBoundCountForTheExitCode(t *testing.T) {
	_, ds := walk(strings.Repeat("count 0\n", maxFindings) + "oops\nidle\n")
	if len(ds) != maxFindings+1 {
		t.Fatalf("%d findings, want %d", len(ds), maxFindings+1)
	}
	last := ds[maxFindings]
	if last.Code != syntax.CodeTooManyProblems || last.Class != syntax.ClassUnknownKeyword {
		t.Errorf("the last is %+v", last)
	}
	var c Context
	for range maxFindings {
		c.Notef(1, syntax.Span{Start: len(c.Diagnostics)}, "x")
	}
	c.Notef(1, syntax.Span{}, "a remark")
	if len(c.Diagnostics) != maxFindings {
		t.Errorf("a remark too many makes %d findings", len(c.Diagnostics))
	}
	c.Refusef(1, syntax.Span{}, "", "refused")
	c.Warnf(1, syntax.Span{}, syntax.ClassSecurity, "insecure")
	c.Hint("lost")
	if last := c.Diagnostics[maxFindings]; !last.Refuse || last.Class != syntax.ClassSecurity || last.Hint != "" {
		t.Errorf("the last is %+v", last)
	}
}
