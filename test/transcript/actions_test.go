package transcript

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// runs tells whether a process has not ended yet.
func runs(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

func (n *node) start(config string, options []string) error {
	return n.startBy(n.host.Start, config, options)
}

type starter func(peers.Program, string, string, ...string) (*lab.Daemon, error)

func (n *node) startBy(start starter, config string, options []string) error {
	if err := n.openFIFOs(config); err != nil {
		return err
	}
	for i := range options {
		options[i] = n.fill(options[i])
	}
	// After a crash of the oracle its processes may be dead and not yet buried, and it takes them for alive.
	for _, name := range []string{"parent.pid", "vrrp.pid", "bfd.pid"} {
		if err := os.Remove(filepath.Join(n.dir, name)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	daemon, err := start(n.program, n.dir, n.fill(config), options...)
	if err != nil {
		return err
	}
	n.daemon, n.mark, n.kept = daemon, 0, 0
	return nil
}

// ended writes down how the daemon ended, and what it said.
func (n *node) ended() {
	n.note("exit", fmt.Sprint(n.daemon.ExitCode()))
	n.keepLog()
}

// note adds a line to a stream.
func (n *node) note(stream, line string) {
	n.streams[stream] = append(n.streams[stream], n.clean(line))
}

func (n *node) waitLine(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	if _, err := n.daemon.Log.Wait(ctx, n.mark, text); err != nil {
		return fmt.Errorf("no such line") // the log follows
	}
	for i, line := range n.daemon.Log.Lines()[n.mark:] {
		if strings.Contains(line.Text, text) {
			n.mark += i + 1
			return nil
		}
	}
	return fmt.Errorf("the line is gone")
}

func (st *stage) count(text string, have func() int) error {
	want, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	err = until(st.ctx, text+" of them", func() bool { return have() >= want })
	if err != nil {
		return fmt.Errorf("%w; there were %d", err, have())
	}
	return nil
}

func (st *stage) waitPacket(n *node, words []string) error {
	ctx, cancel := context.WithTimeout(st.ctx, eventTimeout)
	defer cancel()
	seen := -1
	mark := st.marks[n.name]
	_, err := st.sniffer.Wait(ctx, mark, func(f *lab.Frame) bool {
		seen++
		return f.Port == n.name && describes(words, f)
	})
	st.marks[n.name] = mark + seen + 1
	return err
}

// describes tells whether a frame's line has all the words.
func describes(words []string, f *lab.Frame) bool {
	line := " " + render(f) + " "
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, " "+word+" ") })
}

func (n *node) hasAddress(text string) bool {
	want := address(text)
	links, err := n.host.Links()
	if err != nil {
		return false
	}
	for _, link := range links {
		addresses, err := n.host.Addresses(link)
		if err != nil {
			return false
		}
		for _, a := range addresses {
			if have, ok := netip.AddrFromSlice(a.IP); ok && have.Unmap() == want {
				return true
			}
		}
	}
	return false
}
