package transcript

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// eventTimeout is how long a step waits for what must happen, on a machine that runs all at once.
const eventTimeout = 25 * time.Second

// stage is the LAN of one run: hosts a and b, and host c, which serves mail and injects packets.
type stage struct {
	ctx     context.Context
	lan     *lab.LAN
	sniffer *lab.Sniffer
	mail    *lab.MailSink
	forger  *lab.Injector
	nodes   map[string]*node
	marks   map[string]int // of frames, see the step "packet"
	looks   int
}

// drain waits until what was sent has been seen: until nothing comes for a moment, which no router stays silent
// for longer than.
func (st *stage) drain() error {
	const moment = 5 // looks
	quiet, before := 0, -1
	return until(st.ctx, "the end of the packets", func() bool {
		if now := st.sniffer.Mark(); now != before {
			quiet, before = 0, now
		}
		quiet++
		return quiet > moment
	})
}

// node is a host with a daemon.
type node struct {
	name    string
	host    *lab.Host
	program peers.Program
	oracle  bool // it runs keepalived
	dir     string
	daemon  *lab.Daemon
	kept    int // the log lines that are in streams
	mark    int // the log lines that steps have waited for
	fifos   map[string]*fifo
	baseline
	streams map[string][]string // what was recorded so far, by stream
}

// play runs a scenario once.
func play(ctx context.Context, s *scenario, c cast, dir string) (transcript, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	st, err := newStage(ctx, c, dir)
	if err != nil {
		return nil, err
	}
	defer st.close()
	for _, name := range s.hosts() {
		if err := st.nodes[name].takeBaseline(ctx); err != nil {
			return nil, err
		}
	}
	for i, step := range s.steps {
		if err := st.perform(s, step); err != nil {
			return nil, fmt.Errorf("step %d, %s: %w%s", i+1, step, err, st.story())
		}
	}
	if err := st.drain(); err != nil {
		return nil, err
	}
	return st.transcript(), nil
}

func newStage(ctx context.Context, c cast, dir string) (*stage, error) {
	lan, err := lab.NewLAN("a", "b", "c")
	if err != nil {
		return nil, err
	}
	st := &stage{ctx: ctx, lan: lan, nodes: map[string]*node{}, marks: map[string]int{}}
	for i, program := range []peers.Program{c.a, c.b, {}} {
		n := &node{name: lan.Hosts[i].Name, host: lan.Hosts[i], program: program, oracle: program.Path == c.oracle, dir: filepath.Join(dir, lan.Hosts[i].Name),
			fifos: map[string]*fifo{}, streams: map[string][]string{}}
		st.nodes[n.name] = n
		if err := n.prepare(lan, i); err != nil {
			st.close()
			return nil, err
		}
	}
	if st.sniffer, err = lan.Sniff(); err == nil {
		st.mail, err = lan.Hosts[2].ServeMail("10.9.0.3:25")
	}
	if err == nil {
		st.forger, err = lan.Hosts[2].NewInjector("eth0")
	}
	if err != nil {
		st.close()
		return nil, err
	}
	return st, nil
}

// prepare gives a host what must be the same in each run: its MAC address, empty places for files, programs.
func (n *node) prepare(lan *lab.LAN, i int) error {
	if err := os.Mkdir(n.dir, 0o755); err != nil {
		return err
	}
	err := n.host.Do(func() error { return unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=755") })
	if err != nil {
		return err
	}
	if err := lab.Cable(n.host, "eth1", lan.Switch, "second-"+n.name); err != nil {
		return err
	}
	for _, command := range []string{
		"link set eth0 down",
		fmt.Sprintf("link set eth0 address 02:00:00:00:00:0%d", i+1),
		"link set eth0 up",
		fmt.Sprintf("addr add fd09::%d/64 dev eth0 nodad", i+1),
		"link set eth1 down", fmt.Sprintf("link set eth1 address 02:00:00:00:01:0%d", i+1), "link set eth1 up",
		fmt.Sprintf("addr add 10.8.0.%d/24 dev eth1", i+1),
	} {
		if _, err := n.run("ip", strings.Fields(command)...); err != nil {
			return err
		}
	}
	if err := n.write("rec", recorder, 0o755); err != nil {
		return err
	}
	if err := n.write("check", checker, 0o755); err != nil {
		return err
	}
	return nil
}

// recorder notes its arguments behind its process number, which grows in the order in which the daemon
// started its scripts.
const recorder = "#!/bin/sh\necho \"$$ $*\" >>%DIR%/calls\n"

// checker succeeds as long as there is no file fail-NAME.
const checker = "#!/bin/sh\n[ ! -e %DIR%/fail-$1 ]\n"

// write makes a file of the host's directory.
func (n *node) write(name, text string, mode os.FileMode) error {
	return os.WriteFile(filepath.Join(n.dir, name), []byte(n.fill(text)), mode)
}

// onlyOurs begins a line of a configuration that govrrpd alone gets: a keyword that keepalived does not know.
var onlyOurs = regexp.MustCompile(`(?m)^ours (.*)$`)

// fill puts a host's own names into a text, and clean takes them out again.
func (n *node) fill(text string) string {
	if n.oracle {
		text = onlyOurs.ReplaceAllString(text, "")
	} else {
		text = onlyOurs.ReplaceAllString(text, "$1")
	}
	return strings.NewReplacer("%DIR%", n.dir, "%HOST%", n.name).Replace(text)
}

func (n *node) clean(text string) string { return strings.ReplaceAll(text, n.dir, "%DIR%") }

// run runs a program on the host to its end.
func (n *node) run(name string, args ...string) (string, error) {
	var output []byte
	err := n.host.Do(func() (err error) {
		output, err = exec.Command(name, args...).CombinedOutput()
		return err
	})
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, output)
	}
	return string(output), nil
}

// until looks again and again until something holds.
func until(ctx context.Context, what string, holds func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		}
	}
	return nil
}

// shownLines is how many lines of a log a failed run shows.
const shownLines = 30

// story is what a failed run shows: the logs.
func (st *stage) story() string {
	var b strings.Builder
	for _, name := range []string{"a", "b"} {
		if n := st.nodes[name]; n.daemon != nil {
			lines := n.daemon.Log.Lines()
			fmt.Fprintf(&b, "\nlog of %s:\n", name)
			for _, line := range lines[max(0, len(lines)-shownLines):] {
				fmt.Fprintf(&b, "    %s\n", n.clean(line.Text))
			}
		}
	}
	return b.String()
}

func (st *stage) close() {
	for _, n := range st.nodes {
		if n.daemon != nil {
			n.daemon.Close()
		}
		for _, f := range n.fifos {
			f.close()
		}
	}
	if st.forger != nil {
		st.forger.Close()
	}
	if st.mail != nil {
		st.mail.Close()
	}
	if st.sniffer != nil {
		st.sniffer.Close()
	}
	st.lan.Close()
}

// address is the address of a host, as forgeries need it.
func address(text string) netip.Addr {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return a
}
