package lsp

import (
	"strings"
)

func (s *server) prepareRename(p positionParams) (any, error) {
	at, ok := s.place(p.TextDocument.URI, p.Position)
	if !ok {
		return nil, nil
	}
	sym, r, ok := at.symbolAt()
	if !ok || sym.kind == interfaceSymbol || r.brought {
		return nil, refuse("there is no name here that could be changed")
	}
	return prepareRenameResult{Range: at.text.textRange(r.start, r.end, s.encoding), Placeholder: sym.name}, nil
}

func (s *server) rename(p renameParams) (any, error) {
	at, ok := s.place(p.TextDocument.URI, p.Position)
	if !ok {
		return nil, nil
	}
	sym, _, ok := at.symbolAt()
	if !ok || sym.kind == interfaceSymbol {
		return nil, refuse("there is no name here that could be changed")
	}
	if err := s.checkName(at, sym, p.NewName); err != nil {
		return nil, err
	}
	edit := workspaceEdit{Changes: map[string][]textEdit{}}
	for _, r := range s.everyReference(at.analysis, sym) {
		if r.brought {
			where := s.location(r)
			return nil, refuse("%s %s is not written out in %s, line %d: a definition or an iterator makes it; nothing is changed",
				sym.kind, sym.name, r.src.Name, where.Range.Start.Line+1)
		}
		to := s.location(r)
		edit.Changes[to.URI] = append(edit.Changes[to.URI], textEdit{Range: to.Range, NewText: quotedFor(r, p.NewName)})
	}
	return edit, nil
}

// checkName refuses a name that would not be read as one, or that another thing of the kind has.
func (s *server) checkName(at place, sym symbol, name string) error {
	if sym.kind == variableSymbol {
		if name == "" || nameAt(name, 0) != name {
			return refuse("%q is no name for a definition: letters, digits and '_' only, no digit first", name)
		}
	} else if name == "" || strings.ContainsAny(name, "\"\r\n$") {
		return refuse("%q cannot be a name: it is empty, or has quotes, '$' or line ends in it", name)
	}
	if name == sym.name {
		return nil
	}
	if sym.kind == variableSymbol && describePredefined(name) != "" {
		return refuse("%s is a predefined name", name)
	}
	for _, r := range s.everyReference(at.analysis, symbol{sym.kind, name}) {
		if r.defines {
			return refuse("there is a %s %s already, in %s, line %d", sym.kind, name, r.src.Name, s.location(r).Range.Start.Line+1)
		}
	}
	return nil
}

// quotedFor puts quotes around a name that needs them where it had none before.
func quotedFor(r reference, name string) string {
	if r.start > 0 && r.src.Text[r.start-1] == '"' {
		return name
	}
	return quoted(name)
}

// quoted is a name as it is written: with quotes if it needs them.
func quoted(name string) string {
	if strings.ContainsAny(name, " \t{}#!@~") {
		return `"` + name + `"`
	}
	return name
}
