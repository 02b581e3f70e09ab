// Package fleet holds the files of all routers of a LAN together: it finds the Virtual Routers that they
// share, says where the files do not fit, and works out who is Master when.
//
// It promises arithmetic, not guesses: what it reports follows from the files, by the rules of the RFCs and of
// keepalived. Files that fit give no finding at all. What the files do not say (addresses of interfaces, the
// cabling) it does not assume; where an answer depends on that, it says so.
//
// It reads no file and knows no machine: files are parsed, decoded and judged one by one by others, and what is
// wrong within one of them is not repeated here.
package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Node is one router of the LAN: its name in messages and its file.
type Node struct {
	Name   string
	Config *config.Config
	Tree   *syntax.Tree // that Config was decoded from
}

// Report is what Check found.
type Report struct {
	// Findings are in the order of the nodes, and of the places in their files.
	Findings []syntax.Diagnostic `json:"-"`
	// VirtualRouters tells for each Virtual Router, or each sync group, who is Master when.
	VirtualRouters []Succession `json:"virtual_routers"`

	byNode map[int][]syntax.Diagnostic
	nodes  int
}

// Of are the findings in the file of one node, by its place in what was given to Check.
func (r *Report) Of(node int) []syntax.Diagnostic { return r.byNode[node] }

// Check compares the files of the routers of one LAN.
func Check(nodes []Node) *Report {
	c := newChecker(nodes)
	c.vrs = c.match()
	for _, v := range c.vrs {
		c.checkPresence(v)
		c.checkAgreement(v)
		c.checkAddresses(v)
		c.checkTransport(v)
	}
	c.checkAbsentNodes()
	r := &Report{nodes: len(nodes)}
	for _, u := range c.units() {
		c.checkGroup(u)
		c.checkPriorities(u)
		r.VirtualRouters = append(r.VirtualRouters, c.judge(u))
	}
	r.Findings, r.byNode = c.sorted()
	return r
}

// checker is one run of Check.
type checker struct {
	nodes    []*node
	vrs      []*virtualRouter
	findings []finding
	shares   []bool          // by node, see sharesSome
	idlers   map[string]bool // what idle has found out
}

// finding is a diagnostic with the node whose file it is about.
type finding struct {
	node int
	d    syntax.Diagnostic
}

// virtualRouter is what several nodes have in common: at most one instance of each.
type virtualRouter struct {
	id      int       // in checker.vrs
	members []*member // in the order of the nodes
}

// member is a node's part in a Virtual Router.
type member struct {
	*node
	vi *config.Instance
	at places // of its keywords
}

func newChecker(nodes []Node) *checker {
	c := &checker{idlers: map[string]bool{}}
	for i := range nodes {
		c.nodes = append(c.nodes, newNode(i, &nodes[i]))
	}
	return c
}

// of is the part of a node in the Virtual Router, nil if it has none.
func (v *virtualRouter) of(node int) *member {
	for _, m := range v.members {
		if m.index == node {
			return m
		}
	}
	return nil
}

// name is what most members call it; of equals the first.
func (v *virtualRouter) name() string {
	return mostCommon(v.members, func(m *member) string { return m.vi.Name })
}

// report adds a finding. Its class makes an error of the fleet one of keepalived's general errors.
func (c *checker) report(n *node, severity syntax.Severity, code syntax.Code, at syntax.Span, hint, format string, args ...any) {
	class := [...]syntax.Class{syntax.Error: syntax.ClassGeneral, syntax.Warning: syntax.ClassWarning, syntax.Notice: syntax.ClassNone}[severity]
	c.findings = append(c.findings, finding{n.index, syntax.Diagnostic{
		Code: code, Span: at, Severity: severity, Class: class, Message: fmt.Sprintf(format, args...), Hint: hint,
	}})
}

// sorted lists the findings node by node, since files of different nodes have no order among each other.
func (c *checker) sorted() (all []syntax.Diagnostic, byNode map[int][]syntax.Diagnostic) {
	slices.SortStableFunc(c.findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.node, b.node),
			cmp.Compare(c.nodes[a.node].sourceOrder(a.d.Span), c.nodes[b.node].sourceOrder(b.d.Span)),
			cmp.Compare(a.d.Span.Start, b.d.Span.Start), cmp.Compare(a.d.Code, b.d.Code))
	})
	byNode = map[int][]syntax.Diagnostic{}
	for _, f := range slices.Compact(c.findings) {
		all = append(all, f.d)
		byNode[f.node] = append(byNode[f.node], f.d)
	}
	return all, byNode
}

// mostCommon is the value that most members have; of equals the first one's.
func mostCommon(members []*member, value func(*member) string) string {
	count := map[string]int{}
	for _, m := range members {
		count[value(m)]++
	}
	best := ""
	for i, m := range members {
		if v := value(m); i == 0 || count[v] > count[best] {
			best = v
		}
	}
	return best
}

// listed joins names as a sentence does: "n1, n2 and n3".
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// verb is singular for one name.
func verb(names []string, one, more string) string {
	if len(names) == 1 {
		return one
	}
	return more
}
