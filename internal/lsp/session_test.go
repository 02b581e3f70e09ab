package lsp

import (
	"context"
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sourcegraph/jsonrpc2"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// cursor marks the place of a request in a test's text.
const cursor = "‸"

const mainURI = "file:///etc/keepalived/keepalived.conf"

// A session is an editor that talks to a server over a pipe.
type session struct {
	t         *testing.T
	conn      *jsonrpc2.Conn
	published chan publishParams
	ended     chan bool // what Serve returned
	encoding  encoding
	texts     map[string]*lineText
}

// begin starts a server whose disk holds the files, by absolute name.
func begin(t *testing.T, files map[string]string, opts ...func(*initializeParams)) *session {
	t.Helper()
	disk := fstest.MapFS{}
	for name, text := range files {
		disk[strings.TrimPrefix(name, "/")] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	here, there := net.Pipe()
	s := &session{t: t, published: make(chan publishParams, 100), ended: make(chan bool, 1), texts: map[string]*lineText{}}
	go func() { s.ended <- Serve(t.Context(), there, Options{FS: syntax.IOFS(disk)}) }()
	s.conn = jsonrpc2.NewConn(t.Context(), jsonrpc2.NewBufferedStream(here, jsonrpc2.VSCodeObjectCodec{}),
		jsonrpc2.HandlerWithError(s.receive).SuppressErrClosed(), jsonrpc2.SetLogger(silent{}))
	t.Cleanup(func() { s.conn.Close() })
	var params initializeParams
	params.Capabilities.TextDocument.Completion.CompletionItem.SnippetSupport = true
	for _, opt := range opts {
		opt(&params)
	}
	var result initializeResult
	s.call("initialize", params, &result)
	s.encoding = encoding(result.Capabilities.PositionEncoding)
	s.notify("initialized", struct{}{})
	return s
}

func (s *session) receive(_ context.Context, _ *jsonrpc2.Conn, req *jsonrpc2.Request) (any, error) {
	if req.Method == "textDocument/publishDiagnostics" {
		params, err := decode[publishParams](req.Params)
		if err != nil {
			return nil, err
		}
		s.published <- params
	}
	return nil, nil
}

func (s *session) call(method string, params, result any) {
	s.t.Helper()
	if err := s.try(method, params, result); err != nil {
		s.t.Fatalf("%s: %v", method, err)
	}
}

func (s *session) try(method string, params, result any) error {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	return s.conn.Call(ctx, method, params, result)
}

func (s *session) notify(method string, params any) {
	s.t.Helper()
	if err := s.conn.Notify(s.t.Context(), method, params); err != nil {
		s.t.Fatalf("%s: %v", method, err)
	}
}

// open opens a document and returns the place of the cursor in it, if it has one.
func (s *session) open(uri, text string) position {
	s.t.Helper()
	at := strings.Index(text, cursor)
	text = strings.ReplaceAll(text, cursor, "")
	s.texts[uri] = newLineText(text)
	var p didOpenParams
	p.TextDocument.URI, p.TextDocument.Version, p.TextDocument.Text = uri, 1, text
	s.notify("textDocument/didOpen", p)
	return s.texts[uri].position(max(at, 0), s.encoding)
}

// replace changes a document as an editor does that sends what was typed.
func (s *session) replace(uri, old, with string) {
	s.t.Helper()
	text := s.texts[uri]
	at := strings.Index(text.text, old)
	if at < 0 {
		s.t.Fatalf("%q is not in the text", old)
	}
	change := contentChange{Range: new(text.textRange(at, at+len(old), s.encoding)), Text: with}
	s.texts[uri] = text.apply(change, s.encoding)
	var p didChangeParams
	p.TextDocument.URI, p.TextDocument.Version, p.ContentChanges = uri, 2, []contentChange{change}
	s.notify("textDocument/didChange", p)
}

// await waits until the findings of a file are as wanted: "line:column CODE", from 1, in bytes. Those of
// lint are left out, which grows.
func (s *session) await(uri string, want ...string) publishParams {
	s.t.Helper()
	deadline := time.After(patience)
	var last []string
	for {
		select {
		case p := <-s.published:
			if p.URI != uri {
				continue
			}
			last = nil
			for _, d := range p.Diagnostics {
				if strings.HasPrefix(d.Code, "GV05") {
					continue
				}
				last = append(last, s.at(uri, d.Range.Start)+" "+d.Code)
			}
			if slices.Equal(last, want) {
				return p
			}
		case <-deadline:
			s.t.Fatalf("findings of %s are %q, want %q", uri, last, want)
		}
	}
}

// at is a position as people say it.
func (s *session) at(uri string, p position) string {
	text := s.texts[uri]
	if text == nil {
		text = newLineText("")
	}
	source := &syntax.Source{Name: "", Text: text.text}
	return strings.TrimPrefix(syntax.Span{Source: source, Start: text.offset(p, s.encoding)}.Position(), ":")
}

// line is the whole line of a place, with the range in ‹› marks.
func (s *session) marked(l location) string {
	text := s.texts[l.URI]
	if text == nil {
		return l.URI
	}
	from, to := text.offset(l.Range.Start, s.encoding), text.offset(l.Range.End, s.encoding)
	start, end := text.line(l.Range.Start.Line)
	return strings.TrimSpace(text.text[start:from] + "‹" + text.text[from:to] + "›" + text.text[to:max(end, to)])
}

func (s *session) allMarked(locations []location) []string {
	var all []string
	for _, l := range locations {
		all = append(all, s.marked(l))
	}
	return all
}

// edited is a document after edits, which must not overlap.
func (s *session) edited(uri string, edits []textEdit) string {
	s.t.Helper()
	text := s.texts[uri]
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b textEdit) int {
		return text.offset(b.Range.Start, s.encoding) - text.offset(a.Range.Start, s.encoding)
	})
	out, before := text.text, len(text.text)
	for _, e := range edits {
		from, to := text.offset(e.Range.Start, s.encoding), text.offset(e.Range.End, s.encoding)
		if to > before {
			s.t.Fatalf("edits overlap: %+v", edits)
		}
		out, before = out[:from]+e.NewText+out[to:], from
	}
	return out
}

func at(uri string, p position) positionParams {
	return positionParams{TextDocument: textDocument{URI: uri}, Position: p}
}

func wantEqual(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// site is a configuration with one of everything that has a name.
const site = `$PRIO=110
global_defs {
    enable_script_security
    script_user root
}
vrrp_script chk_http {
    script "/usr/bin/curl -sf http://localhost/"
    interval 2
    weight -20
}
track_file load {
    file /run/load
}
vrrp_track_process nginx {
    process nginx
}
vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    priority $PRIO
    track_script {
        chk_http
    }
    track_file {
        load weight 1
    }
    track_process {
        nginx
    }
    virtual_ipaddress {
        192.0.2.10/24 dev eth0
    }
}
vrrp_instance VI_2 {
    interface eth1
    virtual_router_id 52
    priority ${PRIO}
    virtual_ipaddress {
        198.51.100.10/24
    }
}
vrrp_sync_group G1 {
    group {
        VI_1
        VI_2
    }
}
`

// cursorAt puts the cursor behind the first occurrence of before in site.
func cursorAt(t *testing.T, before string) string {
	t.Helper()
	head, tail, found := strings.Cut(site, before)
	if !found {
		t.Fatalf("%q is not in the text", before)
	}
	return head + before + cursor + tail
}

func raw(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
