package lsp

// changed makes the check due.
func (s *server) changed() {
	select {
	case s.wake <- struct{}{}:
	default: // it is due already
	}
}

func (s *server) didOpen(p didOpenParams) (any, error) {
	d := p.TextDocument
	s.ws.open(&document{uri: d.URI, name: fileName(d.URI), version: d.Version, text: newLineText(d.Text)})
	s.changed()
	return nil, nil
}

func (s *server) didChange(p didChangeParams) (any, error) {
	doc := s.ws.docs[fileName(p.TextDocument.URI)]
	if doc == nil {
		return nil, refuse("%s is not open", p.TextDocument.URI)
	}
	for _, change := range p.ContentChanges {
		doc.text = doc.text.apply(change, s.encoding)
	}
	doc.version = p.TextDocument.Version
	s.ws.changed()
	s.changed()
	return nil, nil
}

func (s *server) didClose(p documentParams) (any, error) {
	s.ws.close(fileName(p.TextDocument.URI))
	s.changed()
	return nil, nil
}

// filesChanged is told of files on disk: an included one may be among them.
func (s *server) filesChanged(struct{}) (any, error) {
	s.ws.changed()
	s.changed()
	return nil, nil
}
