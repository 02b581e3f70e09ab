package fleet

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/pkg/vrrp"
)

// contest is one unit's election: who can become Master, and who hears whom.
//
// A column is a Virtual Router of the unit. Those that are alike on all nodes are one column: what becomes of
// the one becomes of all, so that a sync group of thousands costs no more than its differences.
type contest struct {
	contenders []*contender
	hears      [][][]bool // by column, listener, speaker
	likeness   string     // the same for contests of which the same is to be said
}

// contender is a node's part in a unit.
type contender struct {
	*node
	columns  []column
	trackers []track // each once, as it is first tracked
	absent   bool    // it stays in FAULT whatever happens
}

type column struct {
	m      *member
	tracks []track
}

// standing is what a contender is worth at a moment.
type standing struct {
	up         bool
	priorities []int // effective, by column
}

func newContest(c *checker, u *unit) *contest {
	k := &contest{}
	for _, i := range u.nodes() {
		k.contenders = append(k.contenders, &contender{node: c.nodes[i]})
	}
	seen := map[string]bool{}
	for _, v := range u.vrs {
		var row []column
		for _, p := range k.contenders {
			m := v.of(p.index)
			row = append(row, column{m, tracksOf(m)})
			p.absent = p.absent || m.vi.ConfigFault != "" || m.vi.DuplicateVRID
		}
		heard := hearing(row)
		if key := likenessOf(row, heard); !seen[key] {
			seen[key] = true
			k.likeness += key
			k.hears = append(k.hears, heard)
			for i, p := range k.contenders {
				p.add(row[i])
			}
		}
	}
	return k
}

func hearing(row []column) [][]bool {
	heard := make([][]bool, len(row))
	for i := range row {
		heard[i] = make([]bool, len(row))
		for j := range row {
			heard[i][j] = i != j && hears(row[i].m, row[j].m)
		}
	}
	return heard
}

// likenessOf says in one string all that an election looks at.
func likenessOf(row []column, heard [][]bool) string {
	var b strings.Builder
	for _, col := range row {
		vi := col.m.vi
		fmt.Fprint(&b, vi.Priority, vi.Preempt, vi.Version, vi.AdvertInterval, vi.DownTimerAdverts, vi.WantMaster, vi.Source, ";")
		for _, t := range col.tracks {
			fmt.Fprint(&b, t.tracker, t.weight, t.reverse, t.value, ",")
		}
	}
	fmt.Fprint(&b, heard)
	return b.String()
}

// split reports whether somebody does not hear somebody else.
func (k *contest) split() bool {
	for _, heard := range k.hears {
		for i := range heard {
			for j := range heard {
				if i != j && !heard[i][j] && !k.ignores(i) {
					return true
				}
			}
		}
	}
	return false
}

// ignores reports whether a contender is an owner that is told to listen to nobody.
func (k *contest) ignores(i int) bool {
	return slices.ContainsFunc(k.contenders[i].columns, func(c column) bool { return c.m.vi.OwnerIgnoreAdverts })
}

// add gives the contender a part in one more column.
func (p *contender) add(col column) {
	p.columns = append(p.columns, col)
	for _, t := range col.tracks {
		if !slices.ContainsFunc(p.trackers, func(o track) bool { return o.tracker == t.tracker }) {
			p.trackers = append(p.trackers, t)
		}
	}
}

// standings are what all contenders are worth with trackers that are not well; changed is by contender.
func (k *contest) standings(changed map[int]state) []standing {
	list := make([]standing, len(k.contenders))
	for i, p := range k.contenders {
		list[i] = p.standing(changed[i])
	}
	return list
}

// standing is what a contender is worth when all is well but for what has changed.
func (p *contender) standing(changed state) standing {
	have := state{}
	for _, t := range p.trackers {
		have[t.tracker] = t.well()
	}
	maps.Copy(have, changed)
	s := standing{up: !p.absent}
	for _, col := range p.columns {
		sum := 0
		for _, t := range col.tracks {
			contribution, fault := t.now(have)
			s.up = s.up && !fault
			sum += contribution
		}
		s.priorities = append(s.priorities, effective(col.m.vi.Priority, sum))
	}
	return s
}

// history is what the Backups have heard when an election begins.
type history struct {
	master   int  // whose interval they have learnt; -1: nobody's, at a start
	released bool // the Master has said that it stops, so that only Skew_Times are waited for
}

var atStart = history{master: -1}

// silence is how long a contender waits before it becomes Master: in a group until the last timer has run out.
func (k *contest) silence(i int, h history, s standing) time.Duration {
	if h == atStart && k.ownsAll(i) {
		return 0
	}
	longest := time.Duration(0)
	for n, col := range k.contenders[i].columns {
		vi := col.m.vi
		interval, adverts := vi.AdvertInterval, vi.DownTimerAdverts
		if h.master >= 0 && vi.Version == vrrp.Version3 && k.hears[n][i][h.master] {
			interval = k.contenders[h.master].columns[n].m.vi.AdvertInterval
		}
		if h.released {
			adverts = 0
		}
		longest = max(longest, vrrp.MasterDownInterval(vi.Version, vrrp.Priority(s.priorities[n]), interval, adverts))
	}
	return longest
}

func (k *contest) ownsAll(i int) bool {
	return !slices.ContainsFunc(k.contenders[i].columns, func(c column) bool {
		return c.m.vi.Priority != vrrp.PriorityOwner || !c.m.vi.WantMaster
	})
}

// elect works out who is Master in the end. It begins with those in masters, whose states it changes, or without
// any; learnt is the Master whose interval the Backups have learnt, -1 for none.
func (k *contest) elect(st []standing, masters []bool, h history) []bool {
	order := k.order(st, h)
	for i := range masters {
		masters[i] = masters[i] && st[i].up
	}
	// Who becomes Master may make others yield, and those are missed by others in turn. With all hearing all
	// that ends after a round or two; the bound is for those that do not.
	for range len(order) + 1 {
		before := slices.Clone(masters)
		for _, i := range order {
			if !st[i].up || masters[i] || k.obeys(i, st, masters) {
				continue
			}
			masters[i] = true
		}
		k.yield(st, masters)
		if slices.Equal(before, masters) {
			break
		}
	}
	return masters
}

// order lists the contenders, those first whose timers run out first.
func (k *contest) order(st []standing, h history) []int {
	order := make([]int, len(st))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(k.silence(a, h, st[a]), k.silence(b, h, st[b])) })
	return order
}

// obeys reports whether a Backup hears a Master that it does not take over from (RFC 9568, 6.4.2). One column is
// enough: a sync group waits for all its timers.
func (k *contest) obeys(i int, st []standing, masters []bool) bool {
	for n, col := range k.contenders[i].columns {
		for j, master := range masters {
			if master && k.hears[n][i][j] && (!col.m.vi.Preempt || st[j].priorities[n] >= st[i].priorities[n]) {
				return true
			}
		}
	}
	return false
}

// yield lets Masters give way to the better ones that they hear (RFC 9568, 6.4.3), the worst first.
func (k *contest) yield(st []standing, masters []bool) {
	was := slices.Clone(masters)
	for i := range masters {
		for j := range masters {
			if was[i] && was[j] && k.beats(j, i, st) {
				masters[i] = false
			}
		}
	}
}

// beats reports whether Master i gives way to Master j, in any column.
func (k *contest) beats(j, i int, st []standing) bool {
	for n := range k.hears {
		if !k.hears[n][i][j] {
			continue
		}
		mine, theirs := st[i].priorities[n], st[j].priorities[n]
		a, b := k.contenders[i].columns[n].m.vi.Source, k.contenders[j].columns[n].m.vi.Source
		if theirs > mine || theirs == mine && a.IsValid() && b.IsValid() && b.Compare(a) > 0 {
			return true
		}
	}
	return false
}
