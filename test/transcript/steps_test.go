package transcript

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// perform plays one step. A step is "HOST: TEXT", which waits for the host's next log line with that text, or
// a word of this table with its arguments.
func (st *stage) perform(s *scenario, step string) error {
	word, rest, _ := strings.Cut(step, " ")
	if name, isWait := strings.CutSuffix(word, ":"); isWait {
		n, err := st.node(name)
		if err != nil {
			return err
		}
		return n.waitLine(st.ctx, rest)
	}
	play, known := steps[word]
	if !known {
		return fmt.Errorf("no such step")
	}
	args := strings.Fields(rest)
	if word == "look" || word == "inject" || word == "mails" {
		return play(st, s, nil, args)
	}
	if len(args) == 0 {
		return fmt.Errorf("a host is needed")
	}
	n, err := st.node(args[0])
	if err != nil {
		return err
	}
	return play(st, s, n, args[1:])
}

func (st *stage) node(name string) (*node, error) {
	n := st.nodes[name]
	if n == nil {
		return nil, fmt.Errorf("no host %q", name)
	}
	return n, nil
}

type stepFunc func(st *stage, s *scenario, n *node, args []string) error

var steps = map[string]stepFunc{
	// start HOST [CONFIGURATION] [OPTION…]: runs the daemon.
	"start": func(st *stage, s *scenario, n *node, args []string) error {
		config := s.configs[n.name]
		if len(args) > 0 && s.configs[args[0]] != "" {
			config, args = s.configs[args[0]], args[1:]
		}
		return n.start(config, args)
	},
	// plain HOST [OPTION…]: runs the daemon without -D.
	"plain": func(st *stage, s *scenario, n *node, args []string) error {
		return n.startBy(n.host.StartQuiet, s.configs[n.name], append([]string{"-l"}, args...))
	},
	// reload HOST CONFIGURATION: replaces the file and sends SIGHUP.
	"reload": func(st *stage, s *scenario, n *node, args []string) error {
		if len(args) != 1 || s.configs[args[0]] == "" {
			return fmt.Errorf("which configuration?")
		}
		return n.daemon.Reload(n.fill(s.configs[args[0]]))
	},
	// stop HOST: SIGTERM, and waits for the end.
	"stop": func(st *stage, s *scenario, n *node, _ []string) error {
		ctx, cancel := context.WithTimeout(st.ctx, eventTimeout)
		defer cancel()
		if err := n.daemon.Stop(ctx); err != nil {
			return err
		}
		n.ended()
		return nil
	},
	// crash HOST: SIGKILL for all its processes, and waits until they are gone.
	"crash": func(st *stage, s *scenario, n *node, _ []string) error {
		pids := n.daemon.Pids()
		if err := n.daemon.Crash(); err != nil {
			return err
		}
		n.ended()
		return until(st.ctx, "the end of the processes", func() bool { return !slices.ContainsFunc(pids, runs) })
	},
	// exit HOST: waits until the daemon has ended by itself.
	"exit": func(st *stage, s *scenario, n *node, _ []string) error {
		select {
		case <-n.daemon.Exited():
			n.ended()
			return nil
		case <-time.After(eventTimeout):
			return fmt.Errorf("it runs on")
		}
	},
	// signal HOST NUMBER
	"signal": func(st *stage, s *scenario, n *node, args []string) error {
		number, err := strconv.Atoi(args[0])
		if err != nil {
			return err
		}
		return n.daemon.Signal(syscall.Signal(number))
	},
	"unplug": func(st *stage, s *scenario, n *node, _ []string) error { return st.lan.Unplug(n.host) },
	"plug":   func(st *stage, s *scenario, n *node, _ []string) error { return st.lan.Plug(n.host) },
	"carrier": func(st *stage, s *scenario, n *node, args []string) error {
		return st.lan.SetCarrier(n.host, args[0] == "on")
	},
	// ip HOST ARGUMENTS: an administrator at work.
	"ip": func(st *stage, s *scenario, n *node, args []string) error {
		_, err := n.run("ip", args...)
		return err
	},
	"nft": func(st *stage, s *scenario, n *node, args []string) error {
		_, err := n.run("nft", args...)
		return err
	},
	"sysctl": func(st *stage, s *scenario, n *node, args []string) error { return n.host.Sysctl(args[0], args[1]) },
	// write HOST FILE TEXT, and remove HOST FILE
	"write": func(st *stage, s *scenario, n *node, args []string) error {
		return n.write(args[0], strings.Join(args[1:], " ")+"\n", 0o644)
	},
	"remove": func(st *stage, s *scenario, n *node, args []string) error {
		return os.Remove(filepath.Join(n.dir, args[0]))
	},
	// program HOST FILE TEXT makes a program; \n are its line ends.
	"program": func(st *stage, s *scenario, n *node, args []string) error {
		return n.write(args[0], strings.ReplaceAll(strings.Join(args[1:], " "), `\n`, "\n"), 0o755)
	},
	// second HOST: starts the daemon once more beside the running one, and waits until it has given up.
	"second": func(st *stage, s *scenario, n *node, _ []string) error {
		daemon, err := n.host.Start(n.program, n.dir, n.fill(s.configs[n.name]))
		if err != nil {
			return err
		}
		defer daemon.Close()
		n.note("second exit", fmt.Sprint(daemon.ExitCode()))
		for _, line := range daemon.Log.Lines() {
			n.note("second log", cleanLine(line.Text))
		}
		return nil
	},
	// calls HOST COUNT, fifo HOST COUNT, and mails COUNT wait until there were that many in all.
	"calls": func(st *stage, s *scenario, n *node, args []string) error {
		return st.count(args[0], func() int { return len(n.calls()) })
	},
	"fifo": func(st *stage, s *scenario, n *node, args []string) error {
		return st.count(args[0], func() int { return len(n.lines("fifo")) })
	},
	"mails": func(st *stage, s *scenario, _ *node, args []string) error {
		return st.count(args[0], func() int { return len(st.mail.Mails()) })
	},
	// packet HOST WORD…: waits for the host's next packet whose line has all these words; with xCOUNT at the end,
	// until there were that many of them in all.
	"packet": func(st *stage, s *scenario, n *node, args []string) error {
		if text, counted := strings.CutPrefix(args[len(args)-1], "x"); counted {
			words := args[:len(args)-1]
			return st.count(text, func() int {
				return len(st.sniffer.Frames(0, func(f *lab.Frame) bool { return f.Port == n.name && describes(words, f) }))
			})
		}
		return st.waitPacket(n, args)
	},
	// fresh HOST WORD…: waits for a packet from now on.
	"fresh": func(st *stage, s *scenario, n *node, args []string) error {
		st.marks[n.name] = st.sniffer.Mark()
		return st.waitPacket(n, args)
	},
	// gone HOST ADDRESS: waits until an address is not there; there HOST ADDRESS: until it is.
	"gone": func(st *stage, s *scenario, n *node, args []string) error {
		return until(st.ctx, "no "+args[0], func() bool { return !n.hasAddress(args[0]) })
	},
	"there": func(st *stage, s *scenario, n *node, args []string) error {
		return until(st.ctx, args[0], func() bool { return n.hasAddress(args[0]) })
	},
	// look: writes down what the kernels of all hosts have.
	"look": func(st *stage, s *scenario, _ *node, _ []string) error { return st.look(s) },
	// dump HOST stats|json|data: asks for the file and writes it down.
	"dump": func(st *stage, s *scenario, n *node, args []string) error { return n.dump(st.ctx, args[0]) },
	// inject KEY=VALUE…: host c sends a forged advert.
	"inject": func(st *stage, s *scenario, _ *node, args []string) error {
		frame, err := forge(args)
		if err != nil {
			return err
		}
		return st.forger.Send(frame)
	},
}

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

// forge reads the description of an advert. Where nothing is said it is a good one of version 2 for VRID 51.
func forge(args []string) ([]byte, error) {
	f := lab.Forgery{Source: address("10.9.0.3"), Version: 2, VRID: 51, Priority: 200, Interval: time.Second,
		Addresses: []netip.Addr{address("10.9.0.100")}, TTL: 255}
	frame := func() []byte { return f.Frame() }
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		number, _ := strconv.Atoi(value)
		switch key {
		case "src":
			f.Source = address(value)
		case "version":
			f.Version = number
		case "vrid":
			f.VRID = number
		case "prio":
			f.Priority = number
		case "interval":
			f.Interval, _ = time.ParseDuration(value)
		case "ttl":
			f.TTL = number
		case "vips":
			f.Addresses = nil
			for text := range strings.SplitSeq(value, ",") {
				if text != "" {
					f.Addresses = append(f.Addresses, address(text))
				}
			}
		case "checksum":
			f.WrongChecksum = value == "wrong"
		case "type", "auth", "extra":
			good := frame
			frame = func() []byte { return spoil(good(), key, number) }
		default:
			return nil, fmt.Errorf("no such key: %q", arg)
		}
	}
	return frame(), nil
}

// spoil changes an IPv4 advert of version 2: its type, its authentication type, or its length.
func spoil(frame []byte, key string, number int) []byte {
	const ip, pdu = 14, 34
	switch key {
	case "type":
		frame[pdu] = frame[pdu]&0xf0 | byte(number)
	case "auth":
		frame[pdu+4] = byte(number)
	case "extra":
		if number < 0 {
			frame = frame[:len(frame)+number]
		} else {
			frame = append(frame, make([]byte, number)...)
		}
		frame[ip+3] = byte(len(frame) - ip)
		seal(frame[ip:pdu], 10)
	}
	seal(frame[pdu:], 6)
	return frame
}

// seal writes the Internet checksum of b to an offset in it.
func seal(b []byte, at int) {
	b[at], b[at+1] = 0, 0
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	b[at], b[at+1] = byte(^sum>>8), byte(^sum)
}

// dumpSignals are the signals that ask for a state file.
var dumpSignals = map[string]syscall.Signal{"data": unix.SIGUSR1, "stats": unix.SIGUSR2, "json": syscall.Signal(36)}

func (n *node) dump(ctx context.Context, kind string) error {
	file := filepath.Join(n.dir, "keepalived."+kind)
	if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
		return err
	}
	mark := n.daemon.Log.Mark()
	if err := n.daemon.Signal(dumpSignals[kind]); err != nil {
		return err
	}
	var text []byte
	err := until(ctx, file, func() bool {
		var err error
		text, err = os.ReadFile(file)
		return err == nil && len(text) > 0 && text[len(text)-1] == '\n'
	})
	if err == nil {
		_, err = n.daemon.Log.Wait(ctx, mark, "Printing VRRP")
	}
	if err != nil {
		return err
	}
	written := string(text)
	if kind == "json" {
		if written, err = jsonLines(text); err != nil {
			return err
		}
	}
	interesting := kind != "data"
	for line := range strings.SplitSeq(strings.TrimRight(written, "\n"), "\n") {
		// Of keepalived.data only what monitoring reads: the rest is about keepalived's insides.
		if kind == "data" && strings.HasPrefix(line, "------<") {
			interesting = slices.ContainsFunc(monitored, func(section string) bool { return strings.Contains(line, section) })
		}
		if interesting {
			n.note("dump-"+kind, line)
		}
	}
	return os.Remove(file)
}

// monitored are the sections of keepalived.data that are compared.
var monitored = []string{"Static Addresses", "Static Routes", "Static Rules", "VRRP Topology", "VRRP Sync groups", "VRRP Scripts", "VRRP Track files"}

// jsonLines lays out keepalived.json with one key on a line, in the order of the file.
func jsonLines(text []byte) (string, error) {
	var b bytes.Buffer
	err := json.Indent(&b, text, "", " ")
	return strings.ReplaceAll(b.String(), `\/`, "/"), err
}
