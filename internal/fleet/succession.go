package fleet

import (
	"slices"
	"sort"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// Succession tells who is Master of a Virtual Router, or of a sync group, and who follows.
type Succession struct {
	SyncGroup      string     `json:"sync_group,omitempty"`
	VirtualRouters []Identity `json:"virtual_routers"`
	Nodes          []Standing `json:"nodes"` // in the order given to Check
	// Master is who is Master when all is well: one node, none, or several when the files split the Virtual
	// Router. With Tie it is one of those.
	Master []string `json:"master"`
	Tie    bool     `json:"tie,omitempty"`
	// Order is the succession as Masters fail one after the other, from the first on.
	Order []Stage `json:"order,omitempty"`
	// Open: who follows the last of Order depends on what happened before.
	Open bool `json:"open,omitempty"`
	// Returns tells whether the first Master takes the role again when it comes back.
	Returns bool `json:"returns"`
	// Outcomes are what becomes of the trackers of the first Master.
	Outcomes []Outcome `json:"outcomes,omitempty"`
	// Unknown, if not empty, is why nothing of this was worked out.
	Unknown string `json:"unknown,omitempty"`
}

// Identity names a Virtual Router.
type Identity struct {
	Name      string    `json:"name"`
	VRID      vrrp.VRID `json:"vrid"`
	IPv6      bool      `json:"ipv6"`
	Addresses []string  `json:"addresses"`

	names []string // of the instance, by node; "" where there is none
}

// Standing is what a node is worth when all is well.
type Standing struct {
	Node string `json:"node"`
	// Base and Priority are as configured, and with what trackers add; one for each Virtual Router of a sync
	// group, but for those that are alike on all nodes.
	Base     []int `json:"base"`
	Priority []int `json:"priority"`
	Preempt  bool  `json:"preempt"`
	Fault    bool  `json:"fault,omitempty"` // it is never more than in FAULT
}

// Stage is one step of the succession: one node, or several that have the same right to it.
type Stage struct {
	Nodes []string `json:"nodes"`
	Split bool     `json:"split,omitempty"` // all of them are Master, since not everybody hears everybody
}

// Outcome is what becomes of the role when trackers of a node, or of all, fail.
type Outcome struct {
	Trackers []string `json:"trackers"` // more than one: only together do they change something
	Kind     string   `json:"kind"`
	Node     string   `json:"node"` // "" for all nodes at once
	Before   []int    `json:"before,omitempty"`
	After    []int    `json:"after,omitempty"` // empty if the failure is a fault
	Fault    bool     `json:"fault,omitempty"`
	Value    *int     `json:"value,omitempty"` // of a file: the first number that has this outcome
	Master   []string `json:"master"`
	Tie      bool     `json:"tie,omitempty"`  // it is one of those
	Open     bool     `json:"open,omitempty"` // it depends on what happened before
	Moves    bool     `json:"moves"`          // Master is another node than before
	Reverse  bool     `json:"reverse,omitempty"`
	Priority []int    `json:"priority,omitempty"` // of the new Master
}

// judge works the succession of a unit out, and finds what is wrong with its trackers on the way.
func (c *checker) judge(u *unit) Succession {
	s := Succession{}
	if len(u.vrs) > 1 {
		s.SyncGroup = u.name()
	}
	for _, v := range u.vrs {
		s.VirtualRouters = append(s.VirtualRouters, identityOf(v, len(c.nodes)))
	}
	if u.torn {
		s.Unknown = "the routers do not agree on the sync group"
		return s
	}
	k := newContest(c, u)
	well := k.standings(nil)
	for i, p := range k.contenders {
		s.Nodes = append(s.Nodes, standingOf(p, well[i]))
	}
	first := k.elect(well, make([]bool, len(well)), atStart)
	s.Master = k.names(first)
	if who := only(first); who >= 0 {
		k.follow(&s, well, who)
		s.Outcomes = k.outcomes(well, who)
		c.checkMaster(u, k, well, who)
	}
	c.checkTrackers(u, k, well)
	return s
}

func identityOf(v *virtualRouter, nodes int) Identity {
	vi := v.members[0].vi
	id := Identity{Name: v.name(), VRID: vi.VRID, IPv6: vi.IPv6, Addresses: []string{}, names: namesOf(v, nodes)}
	for _, a := range vi.VIPs {
		id.Addresses = append(id.Addresses, a.Prefix.Addr().String())
	}
	return id
}

func standingOf(p *contender, s standing) Standing {
	out := Standing{Node: p.Name, Preempt: true, Fault: !s.up}
	for i, col := range p.columns {
		out.Base = append(out.Base, int(col.m.vi.Priority))
		out.Priority = append(out.Priority, s.priorities[i])
		out.Preempt = out.Preempt && col.m.vi.Preempt
	}
	return out
}

func (k *contest) names(who []bool) []string {
	names := []string{}
	for i, p := range k.contenders {
		if who[i] {
			names = append(names, p.Name)
		}
	}
	return names
}

// only is the one that is set, -1 if that is not one.
func only(who []bool) int {
	first := slices.Index(who, true)
	if first < 0 || slices.Contains(who[first+1:], true) {
		return -1
	}
	return first
}

// follow lets the Masters fail one after the other.
func (k *contest) follow(s *Succession, st []standing, first int) {
	left := slices.Clone(st)
	h := atStart
	for who := first; who >= 0; {
		equals := k.equals(who, left, h)
		s.Order = append(s.Order, Stage{Nodes: k.names(equals)})
		if h == atStart {
			s.Tie = only(equals) < 0
			if s.Tie {
				s.Master = k.names(equals)
			}
		}
		left[who].up = false
		for i, equal := range equals { // any of them may have been it; the rest of the order is the same
			left[i].up = left[i].up && !equal
		}
		if s.Open = k.torn(left); s.Open {
			return
		}
		h = history{master: who}
		next := k.elect(left, make([]bool, len(left)), h)
		if who = only(next); who < 0 && slices.Contains(next, true) {
			s.Order = append(s.Order, Stage{Nodes: k.names(next), Split: true})
		}
	}
	s.Returns = k.returns(st, first)
}

// equals are who, and those that become Master at the same moment and are then obeyed: who starts first, or has
// the higher address, decides.
func (k *contest) equals(who int, st []standing, h history) []bool {
	equals := make([]bool, len(st))
	for i := range st {
		alone := make([]bool, len(st))
		alone[i] = true
		equals[i] = i == who || st[i].up && k.silence(i, h, st[i]) == k.silence(who, h, st[who]) && k.obeys(who, st, alone)
	}
	return equals
}

// torn reports whether two that are up are each at least as good as the other in some column. Between them the
// timers of a sync group run on from what was heard before, so that an election is not decided by priorities.
func (k *contest) torn(st []standing) bool {
	for i := range st {
		for j := range i {
			a, b := st[i].priorities, st[j].priorities
			if st[i].up && st[j].up && !allBelow(a, b) && !allBelow(b, a) && !slices.Equal(a, b) {
				return true
			}
		}
	}
	return false
}

func upOf(st []standing) []bool {
	list := make([]bool, len(st))
	for i := range st {
		list[i] = st[i].up
	}
	return list
}

// returns reports whether a Master that failed, and whose successor is Master, takes the role again.
func (k *contest) returns(st []standing, first int) bool {
	without := slices.Clone(st)
	without[first].up = false
	after := k.elect(without, make([]bool, len(st)), history{master: first})
	return k.elect(st, after, history{master: only(after)})[first]
}

// outcomes tells what becomes of each tracker of the Master, of pairs that only together change something, and of
// what all nodes track when it fails everywhere.
func (k *contest) outcomes(well []standing, who int) []Outcome {
	var list []Outcome
	var steady []int // of list: weights that do not move the Master alone
	trackers := k.contenders[who].trackers
	for _, t := range trackers {
		o := k.outcome(well, who, t)
		if !o.Moves && !o.Fault && t.kind != kindFile {
			steady = append(steady, len(list))
		}
		list = append(list, o)
	}
	for a, i := range steady {
		for _, j := range steady[a+1:] {
			both := state{trackers[i].tracker: trackers[i].failed(), trackers[j].tracker: trackers[j].failed()}
			if o := k.outcomeOf(well, who, map[int]state{who: both}); o.Moves {
				o.Trackers, o.Kind, o.Node = []string{trackers[i].name, trackers[j].name}, trackers[i].kind, k.contenders[who].Name
				list = append(list, o)
			}
		}
	}
	for _, t := range trackers {
		if have := k.everywhere(t.tracker); have != nil && t.kind != kindFile {
			o := k.outcomeOf(well, who, have)
			o.Trackers, o.Kind, o.Reverse = []string{t.name}, t.kind, t.reverse
			o.Before, o.After = nil, nil
			list = append(list, o)
		}
	}
	return list
}

// everywhere is a tracker failing on all nodes; nil unless all of several have it.
func (k *contest) everywhere(what tracker) map[int]state {
	changed := map[int]state{}
	for i, p := range k.contenders {
		n := slices.IndexFunc(p.trackers, func(o track) bool { return o.tracker == what })
		if n < 0 {
			return nil
		}
		changed[i] = state{what: p.trackers[n].failed()}
	}
	if len(changed) < 2 {
		return nil
	}
	return changed
}

// outcome is what becomes of one tracker of the Master. Of a file it is the first number, counted away from what
// it says when all is well, that moves the Master.
func (k *contest) outcome(well []standing, who int, t track) Outcome {
	value := t.failed()
	if t.kind == kindFile {
		value = k.movingValue(well, who, t)
	}
	o := k.outcomeOf(well, who, map[int]state{who: {t.tracker: value}})
	o.Trackers, o.Kind, o.Node, o.Reverse = []string{t.name}, t.kind, k.contenders[who].Name, t.reverse
	if t.kind == kindFile {
		o.Value = &value
	}
	return o
}

func (k *contest) movingValue(well []standing, who int, t track) int {
	step := 1
	if (t.weight > 0) != t.reverse {
		step = -1
	}
	if t.weight == 0 && t.reverse {
		return 0
	}
	// The further the number goes, the less the Master is worth.
	n := sort.Search(-lowestContribution, func(n int) bool {
		return k.outcomeOf(well, who, map[int]state{who: {t.tracker: t.value + n*step}}).Moves
	})
	return t.value + n*step
}

// outcomeOf lets trackers change while who is Master.
func (k *contest) outcomeOf(well []standing, who int, changed map[int]state) Outcome {
	now := k.standings(changed)
	o := Outcome{Before: well[who].priorities, After: now[who].priorities, Fault: !now[who].up}
	masters := make([]bool, len(now))
	masters[who] = now[who].up
	if o.Fault {
		o.After = nil
	}
	h := history{master: who, released: o.Fault}
	masters = k.elect(now, masters, h)
	o.Master, o.Moves = k.names(masters), !masters[who]
	others := slices.Clone(now)
	others[who].up = false
	if o.Open = o.Moves && k.torn(others); o.Open {
		o.Master = k.names(upOf(others))
		return o
	}
	if next := only(masters); next >= 0 {
		o.Priority = now[next].priorities
		if equals := k.equals(next, now, h); o.Moves && only(equals) < 0 {
			o.Tie, o.Master = true, k.names(equals)
		}
	}
	return o
}
