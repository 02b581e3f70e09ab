package transcript

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/govrrpd/govrrpd/test/lab"
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
