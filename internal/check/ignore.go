package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// mark is what a comment begins with that asks to ignore findings:
//
//	virtual_router_id 51  # govrrpd:ignore GV0521 each VLAN has its own routers
//
// It counts for its own line, or, on a line of its own, for the next line that is no comment.
const mark = "govrrpd:ignore"

// A wish is one code that one comment asks to ignore.
type wish struct {
	at   syntax.Span // of the code
	code syntax.Code
	line int // in which findings are ignored, from 0
	met  bool
}

// A scope is the codes that a check could have given: a comment about another one is not in vain.
type scope func(syntax.Code) bool

const firstFleetCode, firstHostCode, firstOwnCode = 600, 700, CodeNoConfigID

func (o Options) scope() scope {
	if o.Host != nil {
		return hostScope
	}
	return offlineScope
}

func offlineScope(code syntax.Code) bool { return code < firstFleetCode || code >= firstOwnCode }

func hostScope(code syntax.Code) bool { return code < firstFleetCode || code >= firstHostCode }

// ignore takes the findings out of ds that comments of their files ask to ignore, and adds one for each
// such comment that ignores nothing. What keeps the daemon from starting cannot be ignored.
func ignore(ds []syntax.Diagnostic, checked scope, trees ...*syntax.Tree) []syntax.Diagnostic {
	wishes := map[*syntax.Source][]*wish{}
	for _, tree := range trees {
		for _, src := range tree.Sources {
			if strings.Contains(src.Text, mark) {
				wishes[src] = wishesOf(src)
			}
		}
	}
	if len(wishes) == 0 {
		return ds
	}
	kept := slices.DeleteFunc(slices.Clone(ds), func(d syntax.Diagnostic) bool {
		return !d.Refuse && granted(wishes[d.Span.Source], &d)
	})
	for _, tree := range trees {
		for _, src := range tree.Sources {
			kept = append(kept, unmet(wishes[src], checked)...)
		}
	}
	return kept
}

func granted(wishes []*wish, d *syntax.Diagnostic) bool {
	granted := false
	for _, w := range wishes {
		if w.line == d.Span.Line()-1 && w.code == d.Code {
			w.met, granted = true, true
		}
	}
	return granted
}

func unmet(wishes []*wish, checked scope) []syntax.Diagnostic {
	var ds []syntax.Diagnostic
	for _, w := range wishes {
		if !w.met && checked(w.code) {
			ds = append(ds, syntax.Diagnostic{
				Code: CodeUnusedIgnore, Severity: syntax.Warning, Span: w.at,
				Message: fmt.Sprintf("there is no %s here that could be ignored", w.code),
				Hint:    "remove the comment, or put it on the line of the finding or the line above",
			})
		}
	}
	return ds
}

// wishesOf reads the comments of a file.
func wishesOf(src *syntax.Source) []*wish {
	var wishes, waiting []*wish
	for i, line := range src.Lines() {
		found := commentWishes(src, line)
		if line.Kind == syntax.CommentLine {
			waiting = append(waiting, found...)
			continue
		}
		for _, w := range append(waiting, found...) {
			w.line = i
			wishes = append(wishes, w)
		}
		waiting = nil
	}
	for _, w := range waiting {
		w.line = -1 // nothing follows
	}
	return append(wishes, waiting...)
}

func commentWishes(src *syntax.Source, line syntax.Line) []*wish {
	text := strings.TrimLeft(line.Comment, "#! \t")
	rest, ok := strings.CutPrefix(text, mark)
	if !ok {
		return nil
	}
	end := line.Offset + len(line.AppendTo(nil)) - len(line.End)
	var wishes []*wish
	for rest != "" {
		blanks := len(rest) - len(strings.TrimLeft(rest, " \t,"))
		word, after := rest[blanks:], ""
		if cut := strings.IndexAny(word, " \t,"); cut >= 0 {
			word, after = word[:cut], word[cut:]
		}
		if !isCode(word) {
			break // the reason begins
		}
		number, _ := strconv.Atoi(word[len("GV"):])
		at := end - len(rest) + blanks
		wishes = append(wishes, &wish{at: syntax.Span{Source: src, Start: at, End: at + len(word)}, code: syntax.Code(number)})
		rest = after
	}
	return wishes
}

// isCode tells whether a word is GV and four digits.
func isCode(word string) bool {
	digits, ok := strings.CutPrefix(word, "GV")
	return ok && len(digits) == 4 && strings.Trim(digits, "0123456789") == ""
}
