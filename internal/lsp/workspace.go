package lsp

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/check"
	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// A workspace is what the editor has open, and what it means. It belongs to whoever holds the server's
// lock.
type workspace struct {
	disk     syntax.FS
	configID string
	docs     map[string]*document // by name

	generation int // counts the changes of anything that a configuration is made of
	analyses   map[string]*analysis
	forms      map[string]*analysis         // of main files whose analysis is not up to date: the trees only
	lineTexts  map[*syntax.Source]*lineText // of the trees above
}

// A document is an open file.
type document struct {
	uri     string // as the editor spells it
	name    string // of the file; the URI itself where it is none
	version int
	text    *lineText
	root    string // name of the main file whose part this one is; its own name for a main file
}

// An analysis is a main file with all that it includes. It is never changed.
type analysis struct {
	generation  int
	root        string
	tree        *syntax.Tree
	config      *config.Config      // nil where only the form was read
	diagnostics []syntax.Diagnostic // likewise
}

// fileName is the name of the file behind a URI.
func fileName(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Path == "" {
		return path.Clean(uri)
	}
	return path.Clean(u.Path)
}

// fileURI is the URI of a file, as the editor spells it if it is open.
func (w *workspace) fileURI(name string) string {
	name = path.Clean(name)
	if doc := w.docs[name]; doc != nil {
		return doc.uri
	}
	return (&url.URL{Scheme: "file", Path: name}).String()
}

// files is a view of all files as they are now, which stays as it is.
func (w *workspace) files() overlay {
	open := make(map[string]string, len(w.docs))
	for name, doc := range w.docs {
		open[name] = doc.text.text
	}
	return overlay{disk: w.disk, open: open}
}

// A job is an analysis that is to be made: it may be done without the workspace.
type job struct {
	generation int
	root       string
	files      overlay
	configID   string
}

func (w *workspace) job(root string) job {
	return job{generation: w.generation, root: root, files: w.files(), configID: w.configID}
}

// run judges the configuration that begins with the main file.
func (j job) run() *analysis {
	result := check.Text(j.root, j.text(), check.Options{FS: j.files, ConfigID: j.configID})
	return &analysis{
		generation: j.generation, root: j.root,
		tree: result.Tree, config: result.Config, diagnostics: result.Findings,
	}
}

// parseFor reads the configuration as the router with that configuration id does.
func (j job) parseFor(id string) *syntax.Tree {
	return syntax.ParseString(j.root, j.text(), syntax.Options{
		FS: j.files, ConfigID: id, BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock,
	})
}

// text is that of the main file; none if it is gone.
func (j job) text() string {
	if text, ok := j.files.open[j.root]; ok {
		return text
	}
	text, err := j.files.ReadFile(j.root)
	if err != nil {
		return ""
	}
	return string(text)
}

// analyse returns the meaning of the main file that a document belongs to, as of now.
func (w *workspace) analyse(root string) *analysis {
	if a := w.analyses[root]; a != nil && a.generation == w.generation {
		return a
	}
	a := w.job(root).run()
	w.keep(a)
	return a
}

// parse returns the form of a main file as of now: it takes a third of the time.
func (w *workspace) parse(root string) *analysis {
	if a := w.analyses[root]; a != nil && a.generation == w.generation {
		return a
	}
	if a := w.forms[root]; a != nil && a.generation == w.generation {
		return a
	}
	a := &analysis{generation: w.generation, root: root, tree: w.job(root).parseFor(w.configID)}
	w.forms[root] = a
	return a
}

// changed makes everything that was worked out so far outdated.
func (w *workspace) changed() {
	w.generation++
	clear(w.forms)
	clear(w.lineTexts)
}

// keep remembers an analysis, and which open files turned out to be parts of it.
func (w *workspace) keep(a *analysis) {
	w.analyses[a.root] = a
	delete(w.forms, a.root)
	for _, doc := range w.docs {
		switch includes := a.includes(doc.name); {
		case doc.name == a.root:
		case includes && doc.root == doc.name:
			doc.root = a.root
			delete(w.analyses, doc.name)
		case !includes && doc.root == a.root:
			doc.root = doc.name
		}
	}
}

// includes tells whether a file took part in the configuration.
func (a *analysis) includes(name string) bool { return a.source(name) != nil }

// source is the text of a file as it was read; nil where it was not.
func (a *analysis) source(name string) *syntax.Source {
	for _, src := range a.tree.Sources {
		if path.Clean(src.Name) == name {
			return src
		}
	}
	return nil
}

// roots are the main files of all open documents, in the order of their names.
func (w *workspace) roots() []string {
	var roots []string
	for _, doc := range w.docs {
		roots = append(roots, doc.root)
	}
	slices.Sort(roots)
	return slices.Compact(roots)
}

// maxClimb is how many folders above a file its main file is looked for.
const maxClimb = 3

// open takes a document in, and finds out to which main file it belongs: one that is open and includes
// it, or a keepalived.conf beside or above it that does. Else it is one itself.
func (w *workspace) open(doc *document) {
	w.docs[doc.name] = doc
	w.changed()
	doc.root = doc.name
	for _, root := range w.roots() {
		if root != doc.name && w.analyse(root).includes(doc.name) {
			doc.root = root
			return
		}
	}
	if !strings.HasPrefix(doc.name, "/") {
		return
	}
	dir := path.Dir(doc.name)
	for range maxClimb {
		if main := path.Join(dir, "keepalived.conf"); main != doc.name && w.isFile(main) && w.job(main).run().includes(doc.name) {
			doc.root = main
			return
		}
		dir = path.Dir(dir)
	}
}

func (w *workspace) isFile(name string) bool {
	info, err := w.disk.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// close lets a document go: what is on disk counts again.
func (w *workspace) close(name string) {
	delete(w.docs, name)
	w.changed()
	for root := range w.analyses {
		if !slices.Contains(w.roots(), root) {
			delete(w.analyses, root)
		}
	}
}

// lines is the text of a file of a tree with its lines, for the places in it.
func (w *workspace) lines(src *syntax.Source) *lineText {
	text := w.lineTexts[src]
	if text != nil {
		return text
	}
	if doc := w.docs[path.Clean(src.Name)]; doc != nil && doc.text.text == src.Text {
		text = doc.text
	} else {
		text = newLineText(src.Text)
	}
	w.lineTexts[src] = text
	return text
}
