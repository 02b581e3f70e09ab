package lsp

import (
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// A variable is a place where the name of a definition stands: $NAME, ${NAME}, $NAME=… or ~SEQ(NAME, …).
type variable struct {
	name    string
	src     *syntax.Source
	start   int // of the name alone
	defines bool
	text    string // of a definition, as it is written
}

func (v variable) end() int { return v.start + len(v.name) }

// variables are all such places in a source. Comments have none.
func variables(src *syntax.Source) []variable {
	if !strings.Contains(src.Text, "$") && !strings.Contains(src.Text, "~") {
		return nil
	}
	var found []variable
	for _, line := range src.Lines() {
		start := line.Offset + len(line.Indent)
		body := src.Text[start:bodyEnd(&line)]
		if strings.ContainsAny(body, "$~") {
			found = scanVariables(found, src, line.Kind, start, body)
		}
	}
	return found
}

// bodyEnd is where a line ends without its comment.
func bodyEnd(line *syntax.Line) int {
	end := line.Offset + len(line.Indent)
	for _, token := range line.Tokens {
		end += len(token.Blank) + len(token.Text)
	}
	return end
}

func scanVariables(found []variable, src *syntax.Source, kind syntax.LineKind, start int, body string) []variable {
	defining := kind == syntax.DefinitionLine
	for i := 0; i < len(body); i++ {
		switch {
		case body[i] == '$':
			name := nameAt(body, i+1)
			at := i + 1
			if name == "" && i+1 < len(body) && body[i+1] == '{' {
				at = i + 2
				name = nameAt(body, at)
			}
			if name == "" {
				continue
			}
			v := variable{name: name, src: src, start: start + at}
			if defining {
				v.defines, v.text = true, definitionText(src, start+i)
				defining = false
			}
			found = append(found, v)
			i = at + len(name) - 1
		case kind == syntax.IteratorLine && body[i] == '~':
			found = append(found, iteratorNames(src, start, body, i)...)
		}
	}
	return found
}

// iteratorNames are the variables of ~SEQ(NAME, …), ~LST(NAME, …) or ~LST({NAME, NAME}, …) at an offset.
func iteratorNames(src *syntax.Source, start int, body string, at int) []variable {
	word := nameAt(body, at+1)
	rest := body[at:]
	open, end := strings.IndexByte(rest, '('), strings.IndexByte(rest, ')')
	if word != "SEQ" && word != "SEQx" && word != "LST" || open < 0 || end < open {
		return nil
	}
	names := strings.TrimLeft(rest[open+1:end], " \t")
	stop := ","
	if strings.HasPrefix(names, "{") {
		stop = "}"
	}
	last := strings.Index(names, stop)
	if last < 0 {
		return nil
	}
	var found []variable
	from := at + end - len(names)
	for i := 0; i < last; i++ {
		if name := nameAt(names, i); name != "" {
			found = append(found, variable{name: name, src: src, start: start + from + i, defines: true, text: rest[:end+1]})
			i += len(name)
		}
	}
	return found
}

// definitionText is a definition from its '$' to its last line.
func definitionText(src *syntax.Source, start int) string {
	rest := src.Text[start:]
	end := 0
	for {
		line := rest[end:]
		next := strings.IndexByte(line, '\n')
		if next < 0 {
			return strings.TrimRight(rest, " \t\r\n")
		}
		trimmed := strings.TrimRight(line[:next], " \t\r")
		if !strings.HasSuffix(trimmed, `\`) {
			return rest[:end+len(trimmed)]
		}
		end += next + 1
	}
}

// nameAt is the name that starts at an offset; "" if none does.
func nameAt(s string, i int) string {
	start := i
	for i < len(s) && isNameByte(s[i]) && (i > start || s[i] < '0' || s[i] > '9') {
		i++
	}
	return s[start:i]
}

func isNameByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// allVariables are those of all files of a configuration, in the order of reading.
func allVariables(tree *syntax.Tree) []variable {
	var all []variable
	for _, src := range tree.Sources {
		all = append(all, variables(src)...)
	}
	return all
}

// variableAt finds the one at an offset.
func variableAt(all []variable, src *syntax.Source, offset int) (variable, bool) {
	for _, v := range all {
		if v.src == src && offset >= v.start-1 && offset <= v.end() {
			return v, true
		}
	}
	return variable{}, false
}

// definitionOf finds the definition that holds at a use: the last before it in the same file, else the
// last of any file, in the order of reading.
func definitionOf(all []variable, use variable) (variable, bool) {
	var before, any variable
	for _, v := range all {
		if v.name != use.name || !v.defines {
			continue
		}
		any = v
		if v.src == use.src && v.start <= use.start {
			before = v
		}
	}
	if before.src != nil {
		return before, true
	}
	return any, any.src != nil
}

// predefinedNames always exist.
var predefinedNames = []string{"_ENV", "_INSTANCE", "_PWD", "_RANDOM", "_HASH", "_BANG"}

// describePredefined tells what such a name stands for; "" for others.
func describePredefined(name string) string {
	switch name {
	case "_PWD":
		return "The directory of the file that is being read."
	case "_INSTANCE":
		return "The configuration id: option -i, else the host's name up to its first dot."
	case "_RANDOM":
		return "`${_RANDOM MIN MAX}`: a random number from MIN (0) to MAX (32767), another one at each use."
	case "_ENV":
		return "`${_ENV NAME}`: the environment variable of that name; empty if there is none."
	case "_HASH":
		return "`#`, where it would begin a comment. Only useful inside of quotes."
	case "_BANG":
		return "`!`, where it would begin a comment. Only useful inside of quotes."
	}
	return ""
}
