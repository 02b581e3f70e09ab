package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Options say how the server works. The zero value serves the machine's files.
type Options struct {
	FS       syntax.FS     // what is below the open documents; nil means the machine's files
	ConfigID string        // what @ID lines are compared with; an editor may say it too
	Debounce time.Duration // how long typing must pause before a check begins
	Version  string        // of the program, as the editor shows it
}

// Serve talks to an editor until it says goodbye, the stream ends or ctx does. It reports whether the
// editor ended it as the protocol wants it: shutdown, then exit.
func Serve(ctx context.Context, stream io.ReadWriteCloser, opts Options) (proper bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newServer(opts, cancel)
	conn := jsonrpc2.NewConn(ctx, jsonrpc2.NewBufferedStream(stream, jsonrpc2.VSCodeObjectCodec{}),
		jsonrpc2.HandlerWithError(s.handle).SuppressErrClosed(), jsonrpc2.SetLogger(silent{}))
	var checker sync.WaitGroup
	checker.Go(func() { s.check(ctx, conn) })
	<-conn.DisconnectNotify()
	cancel()
	checker.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exited && s.shutdown
}

// silent keeps the library's log away from the editor's: what goes wrong with a request is told in its
// answer.
type silent struct{}

func (silent) Printf(string, ...any) {}

// A server is one session with an editor. Requests are treated one after the other, in the order in
// which they came; only the check works beside them.
type server struct {
	opts Options
	end  context.CancelFunc
	wake chan struct{} // something was changed: the check is due

	mu        sync.Mutex // guards everything below
	ws        *workspace
	encoding  encoding
	snippets  bool
	shutdown  bool
	exited    bool
	rows      keywordRows
	published map[string]map[string]bool // by main file: the URIs that have its findings
}

func newServer(opts Options, end context.CancelFunc) *server {
	if opts.FS == nil {
		opts.FS = syntax.OSFS()
	}
	return &server{
		opts: opts, end: end, wake: make(chan struct{}, 1),
		ws: &workspace{disk: opts.FS, configID: opts.ConfigID,
			docs: map[string]*document{}, analyses: map[string]*analysis{}, forms: map[string]*analysis{}, lineTexts: map[*syntax.Source]*lineText{}},
		encoding: utf16Encoding, published: map[string]map[string]bool{},
	}
}

// A handler answers one kind of message. What it answers to a notification is dropped.
type handler func(*server, *json.RawMessage) (any, error)

// on makes a handler of a method with parameters.
func on[T any](method func(*server, T) (any, error)) handler {
	return func(s *server, raw *json.RawMessage) (any, error) {
		params, err := decode[T](raw)
		if err != nil {
			return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeInvalidParams, Message: err.Error()}
		}
		return method(s, params)
	}
}

// onAny is on for a method that can do without all of its parameters: those that have another form than the
// protocol gives them (an empty list for an empty object is usual) count as left out.
func onAny[T any](method func(*server, T) (any, error)) handler {
	return func(s *server, raw *json.RawMessage) (any, error) {
		params, _ := decode[T](raw) // goes on behind what does not fit
		return method(s, params)
	}
}

// handlerOf is what answers a method; nil for those that are not known.
func handlerOf(method string) handler {
	switch method {
	case "initialize":
		return onAny((*server).initialize)
	case "shutdown":
		return on((*server).prepareEnd)
	case "textDocument/didOpen":
		return on((*server).didOpen)
	case "textDocument/didChange":
		return on((*server).didChange)
	case "textDocument/didClose":
		return on((*server).didClose)
	case "textDocument/didSave", "workspace/didChangeWatchedFiles":
		return on((*server).filesChanged)
	case "textDocument/hover":
		return on((*server).hover)
	case "textDocument/completion":
		return on((*server).completion)
	case "textDocument/definition":
		return on((*server).definition)
	case "textDocument/references":
		return on((*server).references)
	case "textDocument/documentHighlight":
		return on((*server).highlights)
	case "textDocument/prepareRename":
		return on((*server).prepareRename)
	case "textDocument/rename":
		return on((*server).rename)
	case "textDocument/documentSymbol":
		return on((*server).documentSymbols)
	case "textDocument/codeAction":
		return on((*server).codeActions)
	case "textDocument/formatting":
		return on((*server).formatting)
	}
	return nil
}

// codeInvalidRequest answers what comes after shutdown, codeNotInitialized what comes before initialize.
const (
	codeInvalidRequest = -32600
	codeNotInitialized = -32002
	codeRequestFailed  = -32803
)

func (s *server) handle(_ context.Context, _ *jsonrpc2.Conn, req *jsonrpc2.Request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if req.Method == "exit" {
		s.exited = true
		s.end()
		return nil, nil
	}
	answer := handlerOf(req.Method)
	switch {
	case answer == nil && req.Notif: // "$/…" and others that ask for nothing
		return nil, nil
	case answer == nil:
		return nil, &jsonrpc2.Error{Code: jsonrpc2.CodeMethodNotFound, Message: "not supported: " + req.Method}
	case s.shutdown:
		return nil, &jsonrpc2.Error{Code: codeInvalidRequest, Message: "the server was shut down"}
	case s.rows == nil && req.Method != "initialize":
		return nil, &jsonrpc2.Error{Code: codeNotInitialized, Message: "initialize comes first"}
	}
	return answer(s, req.Params)
}

// refuse is the error of a request that cannot be done, for the person who asked for it.
func refuse(format string, args ...any) error {
	return &jsonrpc2.Error{Code: codeRequestFailed, Message: fmt.Sprintf(format, args...)}
}

func (s *server) initialize(p initializeParams) (any, error) {
	s.rows = newKeywordRows()
	for _, offered := range p.Capabilities.General.PositionEncodings {
		if offered == string(utf8Encoding) {
			s.encoding = utf8Encoding // no counting
		}
	}
	s.snippets = p.Capabilities.TextDocument.Completion.CompletionItem.SnippetSupport
	if id := p.InitializationOptions.ConfigID; id != nil {
		s.ws.configID = *id
	}
	return initializeResult{
		ServerInfo: serverInfo{Name: "govrrpd", Version: s.opts.Version},
		Capabilities: serverCapabilities{
			PositionEncoding:           string(s.encoding),
			TextDocumentSync:           syncOptions{OpenClose: true, Change: incrementalSync, Save: true},
			HoverProvider:              true,
			CompletionProvider:         completionOptions{TriggerCharacters: []string{"$", "{", " ", "/"}},
			DefinitionProvider:         true,
			ReferencesProvider:         true,
			DocumentHighlightProvider:  true,
			DocumentSymbolProvider:     true,
			DocumentFormattingProvider: true,
			CodeActionProvider:         codeActionOptions{CodeActionKinds: []string{quickFix}},
			RenameProvider:             renameOptions{PrepareProvider: true},
		},
	}, nil
}

func (s *server) prepareEnd(struct{}) (any, error) {
	s.shutdown = true
	return nil, nil
}
