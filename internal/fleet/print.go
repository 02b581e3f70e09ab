package fleet

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// Print writes, for people, who is Master when. Virtual Routers of which the same is to be said stand together.
//
//	VI_1 (VRID 51) 10.0.0.10
//	  all is well    n1 150 is Master, n2 120, n3 100
//	  succession     n1, n2, n3; n1 takes over again when it comes back
//	  on n1          chk_http fails: n1 150 → 90, n2 120 becomes Master
//
// The findings are for syntax.Print. Errors of w are not reported.
func (r *Report) Print(w io.Writer) {
	type chapter struct {
		titles []string
		body   string
	}
	var chapters []*chapter
	byBody := map[string]*chapter{}
	for i := range r.VirtualRouters {
		s := &r.VirtualRouters[i]
		body := s.body()
		c := byBody[body]
		if c == nil || s.SyncGroup != "" {
			c = &chapter{body: body}
			chapters = append(chapters, c)
			if s.SyncGroup == "" {
				byBody[body] = c
			}
		}
		c.titles = append(c.titles, s.titles()...)
	}
	for i, c := range chapters {
		if i > 0 {
			fmt.Fprintln(w)
		}
		printTitles(w, c.titles)
		io.WriteString(w, c.body)
	}
}

// mostTitles is how many Virtual Routers are listed by name before the rest is counted.
const mostTitles = 8

func printTitles(w io.Writer, titles []string) {
	shown := titles
	if len(titles) > mostTitles {
		shown = titles[:mostTitles-1]
	}
	for _, title := range shown {
		fmt.Fprintln(w, title)
	}
	if rest := len(titles) - len(shown); rest > 0 {
		fmt.Fprintf(w, "… and %d more\n", rest)
	}
}

// titles are the headings: that of the sync group, and one for each Virtual Router.
func (s *Succession) titles() []string {
	var list []string
	indent := ""
	if s.SyncGroup != "" {
		list = append(list, "sync group "+s.SyncGroup)
		indent = "  "
	}
	for _, v := range s.VirtualRouters {
		family := ""
		if v.IPv6 {
			family = "IPv6 "
		}
		addresses := strings.Join(v.Addresses, " ")
		if len(v.Addresses) > 3 {
			addresses = fmt.Sprintf("%s and %d more", strings.Join(v.Addresses[:2], " "), len(v.Addresses)-2)
		}
		list = append(list, strings.TrimRight(fmt.Sprintf("%s%s (%sVRID %d) %s", indent, v.Name, family, v.VRID, addresses), " "))
	}
	return list
}

// body is what is to be said, in two columns.
func (s *Succession) body() string {
	var out bytes.Buffer
	table := tabwriter.NewWriter(&out, 0, 0, 3, ' ', 0)
	row := func(left, format string, args ...any) {
		fmt.Fprintf(table, "  %s\t%s\n", left, fmt.Sprintf(format, args...))
	}
	if s.Unknown != "" {
		row("not known", "%s", s.Unknown)
		table.Flush()
		return out.String()
	}
	row("all is well", "%s", s.standings())
	if len(s.Order) > 1 || s.Open {
		row("succession", "%s", s.order())
	}
	last := ""
	for _, o := range s.Outcomes {
		left := "on " + o.Node
		if o.Node == "" {
			left = "on all"
		}
		if left == last {
			left = ""
		} else {
			last = left
		}
		row(left, "%s", s.outcome(&o))
	}
	table.Flush()
	return out.String()
}

func (s *Succession) standings() string {
	var masters, rest []string
	for _, n := range s.Nodes {
		text := n.Node + " " + joined(n.Priority)
		switch {
		case n.Fault:
			rest = append(rest, n.Node+" in FAULT")
		case slices.Contains(s.Master, n.Node):
			masters = append(masters, text)
		default:
			rest = append(rest, text)
		}
	}
	head := ""
	switch {
	case len(masters) == 0:
		head = "nobody is Master"
	case s.Tie:
		head = strings.Join(masters, " or ") + " is Master"
	case len(masters) > 1:
		head = "SPLIT: " + listed(masters) + " are Master"
	default:
		head = masters[0] + " is Master"
	}
	return strings.Join(append([]string{head}, rest...), ", ")
}

func (s *Succession) order() string {
	var stages []string
	for _, stage := range s.Order {
		if stage.Split {
			return strings.Join(append(stages, "SPLIT: "+listed(stage.Nodes)), ", ")
		}
		stages = append(stages, strings.Join(stage.Nodes, " or "))
	}
	text := strings.Join(stages, ", ")
	if s.Open {
		text += "; who follows depends on what happened before"
	}
	if s.Tie || len(s.Order) < 2 {
		return text
	}
	if s.Returns {
		return text + "; " + stages[0] + " takes over again when it comes back"
	}
	return text + "; when " + stages[0] + " comes back, " + stages[1] + " stays Master"
}

func (s *Succession) outcome(o *Outcome) string {
	what := listed(o.Trackers) + " " + verb(o.Trackers, "fails", "fail")
	switch {
	case o.Value != nil:
		what = fmt.Sprintf("%s at %d", o.Trackers[0], *o.Value)
	case o.Reverse:
		what = o.Trackers[0] + " is up"
	}
	change := ""
	switch {
	case o.Fault && o.Node != "":
		change = fmt.Sprintf("%s %s → FAULT, ", o.Node, joined(o.Before))
	case len(o.After) > 0:
		change = fmt.Sprintf("%s %s → %s, ", o.Node, joined(o.Before), joined(o.After))
	}
	return what + ": " + change + s.result(o)
}

func (s *Succession) result(o *Outcome) string {
	name := strings.Join(o.Master, " and ")
	switch {
	case o.Open:
		return strings.Join(o.Master, " or ") + " becomes Master: it depends on what happened before"
	case o.Tie:
		return strings.Join(o.Master, " or ") + " " + joined(o.Priority) + " becomes Master"
	case len(o.Master) == 0:
		return "nobody is Master"
	case len(o.Master) > 1:
		return "SPLIT: " + name + " are Master"
	case o.Moves:
		return name + " " + joined(o.Priority) + " becomes Master"
	case o.Node == "":
		return name + " " + joined(o.Priority) + " stays Master"
	}
	return name + " stays Master"
}
