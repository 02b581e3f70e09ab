package lsp

import (
	"path"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// A place is where a request points to: a file of an analysis, and a byte in it.
type place struct {
	analysis *analysis
	src      *syntax.Source
	text     *lineText
	offset   int
}

// place finds where a request points to, for those that need the form of the file only: it is at hand
// while the meaning is still being worked out. ok is false for files that are not open.
func (s *server) place(uri string, at position) (p place, ok bool) {
	return s.placeIn(uri, at, s.ws.parse)
}

// judgedPlace is place for those that need the meaning too.
func (s *server) judgedPlace(uri string, at position) (p place, ok bool) {
	return s.placeIn(uri, at, s.ws.analyse)
}

func (s *server) placeIn(uri string, at position, read func(root string) *analysis) (p place, ok bool) {
	doc := s.ws.docs[fileName(uri)]
	if doc == nil {
		return p, false
	}
	p.analysis = read(doc.root)
	if p.src = p.analysis.source(doc.name); p.src == nil { // the main file does not include it any more
		doc.root = doc.name
		p.analysis = read(doc.root)
		p.src = p.analysis.source(doc.name)
	}
	p.text = doc.text
	p.offset = doc.text.offset(at, s.encoding)
	return p, p.src != nil
}

// A reference is a place where a symbol is named.
type reference struct {
	src        *syntax.Source
	start, end int
	defines    bool
	brought    bool // by an iterator or definition: the name is not what stands there
}

// symbolAt is what is named at a place: a thing of the configuration, or a $NAME.
func (p place) symbolAt() (symbol, reference, bool) {
	if v, ok := variableAt(variables(p.src), p.src, p.offset); ok {
		_, defined := definitionOf(allVariables(p.analysis.tree), v)
		if defined {
			return symbol{variableSymbol, v.name}, reference{src: p.src, start: v.start, end: v.end(), defines: v.defines}, true
		}
	}
	at := spotAt(p.analysis.tree, p.src, p.offset)
	if at == nil {
		return symbol{}, reference{}, false
	}
	found, defines := at.symbol()
	return found, referenceOf(at.word(), defines), found.kind != noSymbol
}

func referenceOf(word syntax.Word, defines bool) reference {
	r := reference{src: word.Span.Source, start: word.Span.Start, end: word.Span.End, defines: defines}
	written := word.Span.Text()
	if word.Quoted && len(written) > 1 && written[0] == '"' {
		written = written[1 : len(written)-1]
		r.start++
		r.end--
	}
	r.brought = written != word.Text
	return r
}

// referencesIn are the places of a tree at which a symbol is named, each once.
func referencesIn(tree *syntax.Tree, sym symbol) []reference {
	var found []reference
	seen := map[reference]bool{}
	add := func(r reference) {
		if !seen[r] {
			seen[r] = true
			found = append(found, r)
		}
	}
	if sym.kind == variableSymbol {
		for _, v := range allVariables(tree) {
			if v.name == sym.name {
				add(reference{src: v.src, start: v.start, end: v.end(), defines: v.defines})
			}
		}
		return found
	}
	for m := range mentions(tree) {
		if m.symbol == sym {
			add(referenceOf(m.word, m.defines))
		}
	}
	return found
}

func (s *server) location(r reference) location {
	return location{URI: s.ws.fileURI(r.src.Name), Range: s.ws.lines(r.src).textRange(r.start, r.end, s.encoding)}
}

func (s *server) definition(p positionParams) (any, error) {
	at, ok := s.place(p.TextDocument.URI, p.Position)
	if !ok {
		return nil, nil
	}
	if found := s.includedFiles(at); found != nil {
		return found, nil
	}
	sym, _, ok := at.symbolAt()
	switch {
	case !ok:
		return s.namedFile(at), nil
	case sym.kind == variableSymbol:
		all := allVariables(at.analysis.tree)
		use, _ := variableAt(all, at.src, at.offset)
		def, _ := definitionOf(all, use)
		return []location{s.location(reference{src: def.src, start: def.start, end: def.end()})}, nil
	}
	found := []location{}
	for _, r := range referencesIn(at.analysis.tree, sym) {
		if r.defines {
			found = append(found, s.location(r))
		}
	}
	return found, nil
}

// includedFiles are what an include line at the place stands for; nil where there is none.
func (s *server) includedFiles(at place) []location {
	pattern := includePattern(at)
	if pattern == "" {
		return nil
	}
	if !strings.HasPrefix(pattern, "/") {
		pattern = path.Join(path.Dir(at.src.Name), pattern)
	}
	tree := syntax.Parse(pattern, syntax.Options{FS: emptied{s.ws.files()}})
	found := []location{}
	for _, src := range tree.Sources {
		found = append(found, location{URI: s.ws.fileURI(src.Name)})
	}
	return found
}

// includePattern is that of the include line at a place; "" where there is none.
func includePattern(at place) string {
	start, end := at.text.line(at.text.position(at.offset, utf8Encoding).Line)
	for _, line := range (&syntax.Source{Text: at.text.text[start:end]}).Lines() {
		if line.Kind != syntax.IncludeLine {
			continue
		}
		_, pattern, _ := strings.Cut(strings.TrimSpace(line.Tokens[len(line.Tokens)-1].Text), " ")
		return strings.TrimSpace(pattern)
	}
	return ""
}

// namedFile is the script or file that the word at the place names, if it is there.
func (s *server) namedFile(at place) []location {
	found := []location{}
	spot := spotAt(at.analysis.tree, at.src, at.offset)
	if spot == nil || spot.index == 0 {
		return found
	}
	rows, _ := s.rows.at(spot.path)
	row, ok := find(rows, spot.statement.Keyword())
	if !ok {
		return found
	}
	if name := fileOf(row, spot.statement); strings.HasPrefix(name, "/") && s.ws.isFile(name) {
		found = append(found, location{URI: s.ws.fileURI(name)})
	}
	return found
}

// fileOf is the file that a statement names; "" if it names none.
func fileOf(row schema.Row, s *syntax.Statement) string {
	switch {
	case takesScript(row):
		if args := commandOf(s); len(args) > 0 {
			return strings.TrimPrefix(args[0], "<")
		}
	case len(s.Words) > 1 && slices.Contains(argFields(row.Args), "PATH"):
		return s.Words[1].Text
	}
	return ""
}

// takesScript tells whether the word behind a keyword is a command line.
func takesScript(row schema.Row) bool {
	fields := argFields(row.Args)
	return len(fields) > 0 && (fields[0] == "SCRIPT" || fields[0] == "COMMAND")
}

// commandOf are the arguments of the script that a statement names; nil where they cannot be read.
func commandOf(s *syntax.Statement) []string {
	words, err := syntax.SplitCommand(s.Raw)
	if err != nil || len(words) < 2 {
		return nil
	}
	args, err := syntax.SplitArgs(words[1])
	if err != nil {
		return nil
	}
	return args
}

// named is the place that a request is about, with what is named there.
func (s *server) named(p positionParams) (at place, sym symbol, ok bool) {
	if at, ok = s.place(p.TextDocument.URI, p.Position); ok {
		sym, _, ok = at.symbolAt()
	}
	return at, sym, ok
}

func (s *server) references(p referenceParams) (any, error) {
	at, sym, ok := s.named(p.positionParams)
	if !ok {
		return nil, nil
	}
	found := []location{}
	for _, r := range s.everyReference(at.analysis, sym) {
		if p.Context.IncludeDeclaration || !r.defines {
			found = append(found, s.location(r))
		}
	}
	return found, nil
}

func (s *server) highlights(p positionParams) (any, error) {
	at, sym, ok := s.named(p)
	if !ok {
		return nil, nil
	}
	found := []highlight{}
	for _, r := range referencesIn(at.analysis.tree, sym) {
		if r.src == at.src {
			found = append(found, highlight{Range: at.text.textRange(r.start, r.end, s.encoding)})
		}
	}
	return found, nil
}

// everyReference are the places that name a symbol for any router that reads these files: also those on
// lines with another router's @ID.
func (s *server) everyReference(a *analysis, sym symbol) []reference {
	found := referencesIn(a.tree, sym)
	if sym.kind == variableSymbol {
		return found // they are looked for in the text
	}
	seen := map[textKey]bool{}
	for _, r := range found {
		seen[keyOf(r)] = true
	}
	j := s.ws.job(a.root)
	for _, id := range otherIDs(a.tree, s.ws.configID) {
		tree := j.parseFor(id)
		for _, r := range referencesIn(tree, sym) {
			if !seen[keyOf(r)] {
				seen[keyOf(r)] = true
				found = append(found, r)
			}
		}
	}
	return found
}

// A textKey tells a place whichever tree it was found in.
type textKey struct {
	name       string
	start, end int
}

func keyOf(r reference) textKey { return textKey{path.Clean(r.src.Name), r.start, r.end} }

// noID is a configuration id that no router has: lines with @^ID hold for it.
const noID = "\x00"

// maxIDs is for how many routers a configuration is looked through.
const maxIDs = 32

// otherIDs are the configuration ids that the files mention besides the one in use; none when they
// mention none.
func otherIDs(tree *syntax.Tree, own string) []string {
	var ids []string
	conditions := false
	seen := map[string]bool{own: true}
	for _, src := range tree.Sources {
		if !strings.Contains(src.Text, "@") {
			continue
		}
		for _, line := range src.Lines() {
			for _, token := range line.Tokens {
				if token.Kind != syntax.ConditionToken {
					continue
				}
				conditions = true
				if id := strings.TrimLeft(token.Text, "@^"); !seen[id] && len(ids) < maxIDs {
					seen[id] = true
					ids = append(ids, id)
				}
			}
		}
	}
	if conditions {
		ids = append(ids, noID)
	}
	return ids
}
