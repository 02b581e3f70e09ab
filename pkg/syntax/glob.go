package syntax

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// match finds the files that an include pattern stands for: those of its first alternative in braces,
// sorted, then those of the next. missing are the alternatives that stand for nothing.
func (p *parser) match(pattern string) (names, missing []string, err error) {
	alternatives, err := expandBraces(pattern)
	if err != nil {
		return nil, nil, err
	}
	for _, alternative := range alternatives {
		found, err := p.glob(alternative)
		if err != nil {
			return nil, nil, err
		}
		if len(found) == 0 {
			missing = append(missing, alternative)
		}
		names = append(names, found...)
	}
	return names, missing, nil
}

// glob finds the files that a pattern without braces stands for.
func (p *parser) glob(pattern string) ([]string, error) {
	if !hasMeta(pattern) {
		return p.literal(p.resolveName(pattern))
	}
	full := strings.ReplaceAll(pattern, "[!", "[^")
	if !strings.HasPrefix(full, "/") {
		full = escapeMeta(p.dir) + full
	}
	found, err := p.fs.Glob(full)
	if errors.Is(err, path.ErrBadPattern) || errors.Is(err, filepath.ErrBadPattern) { // an unclosed '[' is a character like any other
		return p.literal(p.resolveName(pattern))
	}
	if err != nil {
		return nil, cause(err)
	}
	found = slices.DeleteFunc(found, func(name string) bool { return hidden(full, name) })
	slices.Sort(found)
	return found, nil
}

func (p *parser) literal(name string) ([]string, error) {
	_, err := p.fs.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrInvalid):
		return nil, nil
	}
	return []string{name}, nil // what else is wrong with it shows when it is read
}

// resolveName makes a name relative to the directory of the file being read.
func (p *parser) resolveName(name string) string {
	if strings.HasPrefix(name, "/") {
		return name
	}
	return p.dir + name
}

func hasMeta(pattern string) bool { return strings.ContainsAny(pattern, `*?[\`) }

func escapeMeta(name string) string {
	if !hasMeta(name) {
		return name
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// hidden tells whether a name has a part with a leading dot where the pattern does not: the shell's
// patterns leave those out, path.Match does not.
func hidden(pattern, name string) bool {
	patterns, names := strings.Split(path.Clean(pattern), "/"), strings.Split(path.Clean(name), "/")
	for i := range min(len(patterns), len(names)) {
		if strings.HasPrefix(names[i], ".") && !strings.HasPrefix(strings.TrimPrefix(patterns[i], `\`), ".") {
			return true
		}
	}
	return false
}

// expandBraces writes out the alternatives of a{b,c{d,e}}f as csh does. Braces without a partner, and
// the empty pair, stand for themselves.
func expandBraces(pattern string) ([]string, error) {
	var done []string
	todo := []string{pattern}
	for len(todo) > 0 {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		head, members, tail, ok := cutBraces(last)
		if !ok {
			done = append(done, last)
		}
		for _, member := range slices.Backward(members) {
			todo = append(todo, head+member+tail)
		}
		if len(done)+len(todo) > maxAlternatives {
			return nil, fmt.Errorf("the braces stand for more than %d names", maxAlternatives)
		}
	}
	return done, nil
}

// cutBraces finds the first pair of braces with something in it, and its members.
func cutBraces(pattern string) (head string, members []string, tail string, ok bool) {
	for start := 0; start < len(pattern); start++ {
		if pattern[start] != '{' || strings.HasPrefix(pattern[start:], "{}") {
			continue
		}
		depth, from := 0, start+1
		for i := start; i < len(pattern); i++ {
			switch c := pattern[i]; {
			case c == '{':
				depth++
			case c == '}':
				depth--
			}
			if depth == 0 || depth == 1 && pattern[i] == ',' {
				members = append(members, pattern[from:i])
				from = i + 1
			}
			if depth == 0 {
				return pattern[:start], members, pattern[i+1:], true
			}
		}
		return "", nil, "", false
	}
	return "", nil, "", false
}
