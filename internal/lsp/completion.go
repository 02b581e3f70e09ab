package lsp

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/schema"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// maxItems is how many completions are offered at once; of more, the editor is told to ask again.
const maxItems = 500

// A completer collects what may stand at a place.
type completer struct {
	*server
	at    place
	path  []string // keywords of the blocks around it
	words []string // of the statement, before the one being written
	typed string   // of that one
	items []completionItem
	seen  map[string]bool
}

func (s *server) completion(p positionParams) (any, error) {
	at, ok := s.place(p.TextDocument.URI, p.Position)
	if !ok {
		return nil, nil
	}
	c := &completer{server: s, at: at, seen: map[string]bool{}}
	if c.readLine() {
		c.path = enclosing(at.analysis.tree, at.src, at.offset-len(c.typed))
		c.offer()
	}
	list := completionList{Items: c.items[:min(len(c.items), maxItems)], IsIncomplete: len(c.items) > maxItems}
	if list.Items == nil {
		list.Items = []completionItem{}
	}
	return list, nil
}

// readLine finds out what stands before the place in its line; ok is false in comments and quotes.
func (c *completer) readLine() (ok bool) {
	start, _ := c.at.text.line(c.at.text.position(c.at.offset, utf8Encoding).Line)
	before := c.at.text.text[start:c.at.offset]
	lines := (&syntax.Source{Text: before}).Lines()
	if len(lines) == 0 {
		return true
	}
	line := lines[0]
	if line.Comment != "" {
		return false
	}
	if typed := typedReference(before); typed != "" {
		c.typed = typed
		return true
	}
	if strings.Count(before, `"`)%2 == 1 {
		return false
	}
	if line.Kind == syntax.IncludeLine {
		keyword, pattern, _ := strings.Cut(strings.TrimLeft(before, " \t"), " ")
		c.words, c.typed = []string{keyword}, strings.TrimLeft(pattern, " \t")
		return true
	}
	for _, token := range line.Tokens {
		switch token.Kind {
		case syntax.OpenToken, syntax.CloseToken:
			c.words = nil
		case syntax.WordToken:
			c.words = append(c.words, unquote(token.Text))
		case syntax.TextToken: // definitions and iterators hold statements, but which?
			c.words = append(c.words, strings.Fields(token.Text)...)
		}
	}
	if line.Gap == "" && len(c.words) > 0 && !strings.HasSuffix(before, "{") && !strings.HasSuffix(before, "}") {
		c.typed = c.words[len(c.words)-1]
		c.words = c.words[:len(c.words)-1]
		return !strings.HasSuffix(before, `"`)
	}
	return true
}

// typedReference is the $NAME or ${NAME that a text ends in; "" if it ends in none.
func typedReference(before string) string {
	at := len(before)
	for at > 0 && isNameByte(before[at-1]) {
		at--
	}
	at -= len(before[:at]) - len(strings.TrimSuffix(before[:at], "{"))
	if at == 0 || before[at-1] != '$' {
		return ""
	}
	return before[at-1:]
}

// offer decides what may stand at the place.
func (c *completer) offer() {
	if strings.HasPrefix(c.typed, "$") {
		c.offerVariables(strings.HasPrefix(c.typed, "${"))
		return
	}
	if len(c.words) == 1 && strings.HasPrefix(c.words[0], "include") {
		c.offerFiles()
		return
	}
	if row, ok := c.rows.list(c.path); ok {
		c.offerEntry(row)
		return
	}
	rows, ok := c.rows.at(c.path)
	switch {
	case !ok:
	case len(c.words) == 0:
		c.offerKeywords(rows)
	default:
		if row, known := find(rows, c.words[0]); known {
			c.offerArguments(row)
		}
	}
}

// add offers a word, once, if it begins with what was typed.
func (c *completer) add(item completionItem, insert string) {
	if c.seen[item.Label] || !strings.HasPrefix(strings.ToLower(item.Label), strings.ToLower(c.typed)) {
		return
	}
	c.seen[item.Label] = true
	place := c.at.text.textRange(c.at.offset-len(c.typed), c.at.offset, c.encoding)
	item.TextEdit = &textEdit{Range: place, NewText: insert}
	if item.InsertTextFormat == 0 {
		item.InsertTextFormat = plainText
	}
	c.items = append(c.items, item)
}

// offerKeywords offers the keywords of a block: those that are not given yet first, then the everyday
// ones.
func (c *completer) offerKeywords(rows []schema.Row) {
	given := c.given()
	for _, row := range rows {
		item := completionItem{Label: row.Name, Kind: kindKeyword, Detail: row.Args, Documentation: new(markdown(describeRow(row, "")))}
		used := 0
		if given[row.Name] {
			used = 1
		}
		idle := 0
		if row.Effect != schema.Full {
			idle = 1
		}
		item.SortText = fmt.Sprintf("%d%d%d%s", used, idle, row.Priority, row.Name)
		insert := row.Name
		switch {
		case row.Body != schema.NoBody:
			item.Kind = kindStruct
			insert = c.block(row, &item)
		case row.Args != "" && !strings.HasPrefix(row.Args, "["):
			insert += c.blank()
		}
		c.add(item, insert)
	}
	c.add(completionItem{Label: "include", Kind: kindKeyword, Detail: "PATTERN", SortText: "09"}, "include ")
}

// blank is what separates a word from what may follow: nothing where the line goes on with a blank.
func (c *completer) blank() string {
	if rest := c.at.text.text[c.at.offset:]; rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
		return ""
	}
	return " "
}

// block is what a keyword with a block inserts.
func (c *completer) block(row schema.Row, item *completionItem) string {
	named := len(c.path) == 0 && row.Args != ""
	if !c.snippets {
		if named {
			return row.Name + " "
		}
		return row.Name + " {"
	}
	item.InsertTextFormat = snippet
	if named {
		return row.Name + " ${1:NAME} {\n\t$0\n}"
	}
	return row.Name + " {\n\t$0\n}"
}

// given are the keywords that the block around the place has. At the top level, blocks repeat.
func (c *completer) given() map[string]bool {
	given := map[string]bool{}
	if len(c.path) == 0 {
		return given
	}
	block := innermost(&c.at.analysis.tree.Root, c.at.src, c.at.offset, nil)
	if block == nil {
		return given
	}
	for _, s := range block.Statements {
		if s.Words[0].Span.Source != c.at.src || c.at.offset < s.Words[0].Span.Start || c.at.offset > s.Words[0].Span.End {
			given[s.Keyword()] = true
		}
	}
	return given
}

// innermost is the smallest block around an offset of a source.
func innermost(b *syntax.Block, src *syntax.Source, offset int, found *syntax.Block) *syntax.Block {
	for _, s := range b.Statements {
		if s.Block == nil || s.Span.Source != src || s.Span.Start > offset {
			continue
		}
		if s.Block.Close.Source == src && s.Block.Close.Start < offset {
			continue
		}
		found = innermost(s.Block, src, offset, s.Block)
	}
	return found
}

// offerArguments offers what may stand behind a keyword.
func (c *completer) offerArguments(row schema.Row) {
	for _, word := range c.rows.choices(row, len(c.words)) {
		c.add(completionItem{Label: word, Kind: kindEnumMember}, word)
	}
	if len(c.words) == 1 && (row.Args == "INTERFACE" || row.Name == "interface") {
		c.offerNames(interfaceSymbol)
	}
}

// offerEntry offers what may stand in a line of a list.
func (c *completer) offerEntry(row schema.Row) {
	if kind, all := namingList(row.Name); kind != noSymbol && (len(c.words) == 0 || all) {
		c.offerNames(kind)
	}
	if len(c.words) == 0 {
		return
	}
	if kind := namingOption(c.words[len(c.words)-1]); kind != noSymbol {
		c.offerNames(kind)
		return
	}
	for _, word := range c.rows.choices(row, len(c.words)+1) {
		c.add(completionItem{Label: word, Kind: kindEnumMember}, word)
	}
	if row.Entry == nil {
		return
	}
	for _, option := range row.Entry.Options {
		if !slices.Contains(c.words, option.Name) {
			c.add(completionItem{Label: option.Name, Kind: kindKeyword, Detail: option.Args, Documentation: new(markdown(describeRow(option, "")))}, option.Name)
		}
	}
}

// offerNames offers what the configuration has of a kind. Interfaces are those that are named anywhere.
func (c *completer) offerNames(kind symbolKind) {
	used := map[string]bool{}
	for _, word := range c.words {
		used[word] = true
	}
	for m := range mentions(c.at.analysis.tree) {
		inPlace := m.word.Span.Source == c.at.src && m.word.Span.Start <= c.at.offset && c.at.offset <= m.word.Span.End
		if m.kind == kind && (m.defines || kind == interfaceSymbol) && !used[m.name] && !inPlace {
			c.add(completionItem{Label: m.name, Kind: kindReference, Detail: kind.String()}, quoted(m.name))
		}
	}
}

// offerVariables offers the definitions.
func (c *completer) offerVariables(braces bool) {
	add := func(name, detail string) {
		label := "$" + name
		if braces {
			label = "${" + name
		}
		insert := label
		if braces && !strings.HasPrefix(c.at.text.text[c.at.offset:], "}") {
			insert += "}"
		}
		c.add(completionItem{Label: label, Kind: kindVariable, Detail: detail}, insert)
	}
	for _, v := range allVariables(c.at.analysis.tree) {
		if v.defines {
			add(v.name, firstLine(v.text))
		}
	}
	if braces {
		for _, name := range predefinedNames {
			add(name, "predefined")
		}
	}
}

// offerFiles offers files and folders for an include line.
func (c *completer) offerFiles() {
	pattern := c.typed
	if !strings.HasPrefix(pattern, "/") {
		pattern = path.Dir(c.at.src.Name) + "/" + pattern
	}
	files := c.ws.files()
	names, err := files.Glob(pattern + "*")
	if err != nil {
		return
	}
	dir := c.typed[:strings.LastIndexByte(c.typed, '/')+1]
	for _, name := range names {
		info, err := files.Stat(name)
		if err != nil || path.Clean(name) == path.Clean(c.at.src.Name) {
			continue
		}
		label := dir + path.Base(name)
		if info.IsDir() {
			label += "/"
		}
		c.add(completionItem{Label: label, Kind: kindFile}, label)
	}
}
