package main

import (
	"bytes"
	"os"
	"strings"

	"github.com/govrrpd/govrrpd/internal/cli"
	"github.com/govrrpd/govrrpd/internal/daemon"
	"github.com/govrrpd/govrrpd/internal/netspace"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// place tells apart several daemons on one host.
type place struct {
	namespace string // -s, net_namespace
	instance  string // instance
}

// suffix is what log idents have behind their names: `Keepalived_NAMESPACE_INSTANCE`.
func (p place) suffix() string {
	var b strings.Builder
	for _, part := range []string{p.namespace, p.instance} {
		if part != "" {
			b.WriteString("_" + part)
		}
	}
	return b.String()
}

// enterPlace finds out where the daemon belongs and moves there. Moving starts the program anew, so this
// comes before everything else, and the configuration is read for these two keywords alone.
func enterPlace(s *cli.Settings, purpose netspace.Purpose) (place, error) {
	var p place
	if mentionsPlace(s.ConfigFile) {
		p = placeIn(daemon.Parse(s.ConfigFile, s.ConfigID, s.AllConfig))
	}
	if s.Namespace != "" {
		p.namespace = s.Namespace
	}
	if p.namespace == "" {
		return p, nil
	}
	return p, netspace.Enter(p.namespace, purpose)
}

// mentionsPlace tells whether reading the file twice may be worth it. Most files need it not, and a
// start is to be quick. A file that cannot be read (it may be a pattern) is for the parser.
func mentionsPlace(path string) bool {
	content, err := os.ReadFile(path)
	if err != nil {
		return true
	}
	for line := range bytes.Lines(content) {
		line = bytes.TrimLeft(line, " \t")
		if len(line) > 0 && line[0] == '@' { // @ID KEYWORD
			line = bytes.TrimLeft(line[bytes.IndexAny(line, " \t\n")+1:], " \t")
		}
		for _, word := range []string{"net_namespace", "instance", "include"} {
			if bytes.HasPrefix(line, []byte(word)) {
				return true
			}
		}
		// What a definition stands for may be anything; the line that makes one is not it.
		if len(line) > 0 && line[0] == '$' && !bytes.Contains(line, []byte("=")) {
			return true
		}
	}
	return false
}

// placeIn reads the two keywords. The first of each holds.
func placeIn(tree *syntax.Tree) (p place) {
	for _, statement := range tree.Root.Statements {
		if len(statement.Words) < 2 {
			continue
		}
		switch value := statement.Words[1].Text; statement.Keyword() {
		case "net_namespace":
			if p.namespace == "" {
				p.namespace = value
			}
		case "instance":
			if p.instance == "" {
				p.instance = value
			}
		}
	}
	return p
}
