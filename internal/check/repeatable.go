package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// environment reads what ${_ENV NAME} names, and remembers what was asked for in vain.
type environment struct {
	read  func(name string) (string, bool)
	asked []string
}

func (e *environment) lookup(name string) (string, bool) {
	if e.read != nil {
		return e.read(name)
	}
	if !slices.Contains(e.asked, name) {
		e.asked = append(e.asked, name)
	}
	return "", false
}

// findings are one for each variable that stayed empty because the check is offline.
func (e *environment) findings(tree *syntax.Tree) []syntax.Diagnostic {
	var ds []syntax.Diagnostic
	for _, name := range e.asked {
		ds = append(ds, syntax.Diagnostic{
			Code: CodeEnvironment, Severity: syntax.Notice, Span: find(tree, "${_ENV "+name+"}"),
			Message: fmt.Sprintf("the environment variable %s is not read by an offline check; it counts as empty", name),
			Hint:    "check with --host, on the machine that the file is for",
		})
	}
	return ds
}

// find is where a text stands first, or nowhere.
func find(tree *syntax.Tree, text string) syntax.Span {
	for _, src := range tree.Sources {
		if at := strings.Index(src.Text, text); at >= 0 {
			return syntax.Span{Source: src, Start: at, End: at + len(text)}
		}
	}
	return syntax.Span{}
}

// noConfigID finds the first @ID line of a configuration that is checked for no host in particular: what
// stands behind @ID is then for others, and what stands behind @^ID is for everybody.
func noConfigID(tree *syntax.Tree) []syntax.Diagnostic {
	for _, src := range tree.Sources {
		if !strings.Contains(src.Text, "@") {
			continue
		}
		for _, line := range src.Lines() {
			if len(line.Tokens) == 0 || line.Tokens[0].Kind != syntax.ConditionToken {
				continue
			}
			at := line.Offset + len(line.Indent)
			return []syntax.Diagnostic{{
				Code: CodeNoConfigID, Severity: syntax.Notice,
				Span:    syntax.Span{Source: src, Start: at, End: at + len(line.Tokens[0].Text)},
				Message: "the file has lines for certain hosts, and is checked for none of them",
				Hint:    "check it for each of its hosts: govrrpd check -i ID",
			}}
		}
	}
	return nil
}
