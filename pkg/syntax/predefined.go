package syntax

import (
	"math/rand/v2"
	"path"
	"strconv"
	"strings"
)

// resolve finds what a reference stands for: a definition, else one of the names that always exist.
// A definition is returned even if it cannot be used here.
func (p *parser) resolve(ref reference, span Span) (value string, d *definition, found bool) {
	if d := p.defs[string(ref.name)]; d != nil {
		return d.value, d, len(ref.args) == 0 && !d.broken
	}
	switch string(ref.name) {
	case "_RANDOM":
		value, found = p.randomNumber(ref.args, span)
	case "_ENV":
		value, found = p.environment(ref.args, span)
	case "_PWD":
		value, found = p.workingDirectory(), len(ref.args) == 0
	case "_INSTANCE":
		value, found = p.opts.ConfigID, len(ref.args) == 0
	case "_HASH":
		value, found = "#", len(ref.args) == 0
	case "_BANG":
		value, found = "!", len(ref.args) == 0
	default:
		return "", nil, false
	}
	if !found {
		d = &definition{broken: true} // known, and what is wrong with it was told
	}
	return value, d, found
}

// randomNumber is ${_RANDOM MIN MAX}: a number from MIN (0) to MAX (32767).
func (p *parser) randomNumber(args []string, span Span) (string, bool) {
	bounds := [2]int64{0, 32767}
	if len(args) > len(bounds) {
		p.errorf(CodePredefined, span, ClassGeneral, "", "${_RANDOM} takes a minimum and a maximum, not %d words", len(args))
		return "", false
	}
	for i, arg := range args {
		n, err := strconv.ParseInt(arg, 10, 63)
		if err != nil {
			p.errorf(CodePredefined, span, ClassGeneral, "", "%q is no number for ${_RANDOM}", arg)
			return "", false
		}
		bounds[i] = n
	}
	if bounds[0] > bounds[1] {
		p.errorf(CodePredefined, span, ClassGeneral, "", "the minimum %d of ${_RANDOM} is above the maximum %d, and is used", bounds[0], bounds[1])
		bounds[1] = bounds[0]
	}
	n := bounds[0] + p.random.Int64N(bounds[1]-bounds[0]+1)
	return strconv.FormatInt(n, 10), true
}

func seeded(seed int64) *rand.Rand {
	return rand.New(rand.NewPCG(uint64(seed), 0x6b6565706c697665))
}

// environment is ${_ENV NAME}; a variable that is not set is empty.
func (p *parser) environment(args []string, span Span) (string, bool) {
	if len(args) != 1 {
		p.errorf(CodePredefined, span, ClassGeneral, "", "${_ENV NAME} takes one name, not %d", len(args))
		return "", false
	}
	if p.opts.Env == nil {
		return "", true
	}
	value, set := p.opts.Env(args[0])
	if !set {
		return "", true
	}
	return strings.NewReplacer("\n", " ", "\r", " ", "\x00", " ").Replace(value), true
}

// workingDirectory is ${_PWD}: the directory of the file being read.
func (p *parser) workingDirectory() string {
	dir := path.Clean(p.dir) // "." for ""
	if fsys, ok := p.fs.(absoluter); ok {
		if abs, err := fsys.Abs(dir); err == nil {
			return path.Clean(abs)
		}
	}
	return dir
}

// directory is that of a file name; "" if the name has none, for the directory then stays.
func directory(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i+1]
	}
	return ""
}

// globalKeyword obeys the statements of global_defs that change how the rest is read.
func (p *parser) globalKeyword(s *Statement) {
	switch s.Words[0].Text {
	case "random_seed":
		if len(s.Words) > 1 {
			if seed, err := strconv.ParseUint(s.Words[1].Text, 10, 32); err == nil {
				p.random = seeded(int64(seed))
			}
		}
	case "include_check":
		p.includeCheck(s.Args())
	}
}
