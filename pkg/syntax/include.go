package syntax

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// checks are the circumstances under which an include line that finds less than it names is an error.
type checks uint8

const (
	checkRead     checks = 1 << iota // a match that is not a readable regular file
	checkMatch                       // a file that does not exist
	checkWildcard                    // a pattern without a match
	checkBrace                       // an alternative in braces without a match

	checkAll = checkRead | checkMatch | checkWildcard | checkBrace
)

var includeKeywords = map[string]checks{
	"include":  0,
	"includer": checkRead,
	"includem": checkRead | checkMatch,
	"includew": checkRead | checkMatch | checkWildcard,
	"includeb": checkRead | checkBrace,
	"includea": checkAll,
}

// include obeys an include line, if that is what t is.
func (p *parser) include(t text) bool {
	if !strings.HasPrefix(t.s, "include") {
		return false
	}
	end := 0
	for end < len(t.s) && !isSeparator(t.s[end]) {
		end++
	}
	extra, ok := includeKeywords[t.s[:end]]
	if !ok || end == len(t.s) {
		return false
	}
	pattern := t.from(end)
	p.settle(Span{}) // the keyword before it belongs to this file
	p.includeFiles(unescape(pattern.s), pattern.span(0, len(pattern.s)), p.checks|extra)
	return true
}

func (p *parser) includeFiles(pattern string, at Span, level checks) {
	p.charge(4096, at) // to look into a directory costs as much as a page of text
	names, missing, err := p.match(pattern)
	if err != nil {
		p.includeProblem(at, level&checkRead != 0, "", "include %s: %v", pattern, err)
		return
	}
	if p.missingFiles(pattern, at, level, names, missing) {
		return
	}
	for _, name := range names {
		p.includeFile(name, at, level)
	}
}

// missingFiles reports the alternatives of a pattern that stand for nothing, and whether that is an error.
// Of a pattern with braces a wildcard alternative may be without a match, as long as any other has one.
func (p *parser) missingFiles(pattern string, at Span, level checks, names, missing []string) (refused bool) {
	braces := strings.Contains(pattern, "{")
	wanted := checkMatch
	if braces {
		wanted = checkBrace
	}
	for _, alternative := range missing {
		if hasMeta(alternative) {
			continue
		}
		fatal := level&wanted != 0
		refused = refused || fatal
		p.includeProblem(at, fatal, missingHint(pattern), "include %s: no such file", alternative)
	}
	if len(names) == 0 && !slices.ContainsFunc(missing, func(a string) bool { return !hasMeta(a) }) && level&checkWildcard != 0 {
		p.includeProblem(at, true, missingHint(pattern), "include %s: no such file", pattern)
		refused = true
	}
	return refused
}

func missingHint(pattern string) string {
	if strings.ContainsAny(pattern, "\" \t") {
		return "the rest of the line is the name: quotes, blanks and braces too"
	}
	return ""
}

// includeProblem reports what an include line did not find: an error if a check asks for it.
func (p *parser) includeProblem(at Span, fatal bool, hint, format string, args ...any) {
	d := Diagnostic{Code: CodeInclude, Span: at, Severity: Warning, Hint: hint, Message: fmt.Sprintf(format, args...)}
	if fatal {
		d.Severity, d.Class, d.Refuse = Error, ClassInclude, true
	}
	p.report(d)
}

func (p *parser) includeFile(name string, at Span, level checks) {
	switch {
	case len(p.chain) >= maxIncludeDepth:
		p.errorf(CodeIncludeLoop, at, ClassGeneral, "", "include %s: more than %d files within each other, it is not read", name, maxIncludeDepth)
		return
	case slices.Contains(p.chain, name):
		p.errorf(CodeIncludeLoop, at, ClassGeneral, "", "include %s: the file includes itself, it is not read again", name)
		return
	}
	src, err := p.readText(name)
	if err != nil {
		p.includeProblem(at, level&checkRead != 0, "", "include %s: %v, skipped", name, err)
		return
	}
	p.readFile(src)
}

// readFile reads the lines of a file. Relative names in it start from its directory, and the checks
// that it asks for end with it.
func (p *parser) readFile(src *Source) {
	dir, checks := p.dir, p.checks
	if d := directory(src.Name); d != "" {
		p.dir = d
	}
	p.chain = append(p.chain, src.Name)
	p.readSource(src)
	p.chain = p.chain[:len(p.chain)-1]
	p.dir, p.checks = dir, checks
}

var (
	errDirectory  = errors.New("it is a directory")
	errIrregular  = errors.New("it is not a regular file")
	errExecutable = errors.New("it is executable, so it is no configuration")
	errFiles      = fmt.Errorf("more than %d files", maxFiles)
	errSize       = fmt.Errorf("it is larger than %d bytes", maxFileBytes)
)

// readText gets the text of a file; one that was read before is not read again, but its lines count as
// repeated.
func (p *parser) readText(name string) (*Source, error) {
	if src := p.files[name]; src != nil {
		p.repeated += strings.Count(src.Text, "\n") + 1
		p.repeat(Span{Source: src})
		p.charge(len(src.Text), Span{Source: src})
		return src, nil
	}
	if err := p.usable(name); err != nil {
		return nil, err
	}
	if len(p.files) >= maxFiles {
		return nil, errFiles
	}
	content, err := p.fs.ReadFile(name)
	if err != nil {
		return nil, cause(err)
	}
	src := p.addSource(name, string(content))
	p.files[name] = src
	return src, nil
}

func (p *parser) usable(name string) error {
	info, err := p.fs.Stat(name)
	switch {
	case err != nil:
		return cause(err)
	case info.IsDir():
		return errDirectory
	case !info.Mode().IsRegular():
		return errIrregular
	case info.Mode().Perm()&0o111 != 0:
		return errExecutable
	case info.Size() > maxFileBytes:
		return errSize
	}
	return nil
}

// cause is an error without operation and file name, which the message names already.
func cause(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// readMain reads the main file, or all that match. keepalived -t ends with 0 where there is none;
// a test that finds nothing to test had better not pass, so that is an error here.
func (p *parser) readMain(pattern string) {
	names, missing, err := p.match(pattern)
	if err == nil && len(missing) > 0 && len(names) == 0 {
		err = fs.ErrNotExist
	}
	if err != nil {
		p.mainProblem(pattern, err)
		return
	}
	for _, name := range names {
		src, err := p.readText(name)
		if err != nil {
			p.mainProblem(name, err)
			continue
		}
		p.readFile(src)
	}
	if len(names) > 1 {
		p.report(Diagnostic{Code: CodeManyFiles, Span: Span{Source: &Source{Name: pattern}}, Severity: Warning, Class: ClassMultipleFiles,
			Message: fmt.Sprintf("the name of the configuration file matches %d files, all are read", len(names))})
	}
}

func (p *parser) mainProblem(name string, err error) {
	p.report(Diagnostic{Code: CodeMainFile, Span: Span{Source: &Source{Name: name}}, Class: ClassFileNotFound, Refuse: true,
		Message: fmt.Sprintf("read configuration: %v", err)})
}

// includeCheck obeys include_check in global_defs.
func (p *parser) includeCheck(args []Word) {
	if len(args) == 0 {
		p.checks = checkAll
		return
	}
	level := p.checks
	for i, arg := range args {
		name := strings.TrimLeft(arg.Text, "+-")
		flag, ok := checkNames[name]
		signed := len(arg.Text) - len(name)
		switch {
		case !ok || signed > 1:
			p.errorf(CodeIncludeCheck, arg.Span, ClassGeneral, "read, match, wildcard_match, brace_match", "unknown include_check %q", arg.Text)
		case signed == 0 && i > 0:
			p.errorf(CodeIncludeCheck, arg.Span, ClassGeneral, "write '+' before it", "include_check %q replaces nothing behind another, it is ignored", arg.Text)
		case signed == 0:
			level = checkRead | flag
		case arg.Text[0] == '+':
			level |= flag
		default:
			level &^= flag
		}
	}
	p.checks = level
	if p.opts.AllConfig {
		p.checks = checkAll
	}
}

var checkNames = map[string]checks{
	"read":           checkRead,
	"match":          checkMatch,
	"wildcard_match": checkWildcard,
	"brace_match":    checkBrace,
}
