package netns

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
)

// bfdWatch sees the BFD packets of a site.
type bfdWatch struct {
	t *testing.T
	*lab.Sniffer
}

func (s *site) watchBFD() *bfdWatch {
	s.t.Helper()
	sniffer, err := s.lan.SniffBFD()
	check(s.t, err)
	s.t.Cleanup(sniffer.Close)
	return &bfdWatch{s.t, sniffer}
}

// await waits for a packet of a host.
func (w *bfdWatch) await(mark int, host string, match func(*lab.Frame) bool) lab.Frame {
	w.t.Helper()
	ctx, cancel := deadline(w.t)
	defer cancel()
	frame, err := w.Wait(ctx, mark, func(f *lab.Frame) bool { return f.Port == host && match(f) })
	if err != nil {
		w.t.Fatalf("BFD packet of %s: %v", host, err)
	}
	return frame
}

func inBFDState(state int) func(*lab.Frame) bool {
	return func(f *lab.Frame) bool { return f.BFD.State == state }
}

// settledBFD is a packet of a session whose Poll Sequence is over.
func settledBFD(f *lab.Frame) bool { return f.BFD.State == lab.BFDUp && !f.BFD.Poll && !f.BFD.Final }

// TestBFDPacketsOnTheWire: who sends what, from where, and how often.
func TestBFDPacketsOnTheWire(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ends      [2]bfdEnd
		port, ttl int
	}{
		"IPv4":     {bfdEnds(false, calm, ""), 3784, 255},
		"IPv6":     {bfdEnds(true, calm, ""), 3784, 255},
		"hoplimit": {bfdEnds(true, calm, " hoplimit 64\n"), 3784, 64},
		"multihop": {bfdEnds(false, calm, " multihop\n ttl 99\n max_hops -1\n idle_tx 1100\n"), 4784, 99},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "one", "two")
			watch := s.watchBFD()
			one, two := s.router(0, subjectProgram(t)), s.router(1, subjectProgram(t))
			one.start(bfdConfiguration(0, test.ends[0], ""))
			watch.await(0, "one", func(f *lab.Frame) bool { return f.At.Sub(one.daemon.StartedAt) > 2500*time.Millisecond })
			two.start(bfdConfiguration(1, test.ends[1], ""))
			watch.await(0, "one", settledBFD)
			watch.await(0, "two", settledBFD)
			mark := watch.Mark()
			begin := time.Now()
			watch.await(mark, "one", func(f *lab.Frame) bool { return f.At.Sub(begin) > 2*time.Second })
			one.stop()
			watch.await(mark, "one", inBFDState(lab.BFDAdminDown))

			for _, host := range []string{"one", "two"} {
				expectBFDWire(t, watch.Frames(0, func(f *lab.Frame) bool { return f.Port == host }), test.port, test.ttl)
			}
		})
	}
}

// expectBFDWire checks all packets of a host.
func expectBFDWire(t *testing.T, frames []lab.Frame, port, ttl int) {
	t.Helper()
	var before *lab.Frame
	for i := range frames {
		f := &frames[i]
		p := f.BFD
		if p.Port != port || f.TTL != ttl || p.TrafficClass != 0xc0 || p.Multiplier != 3 || p.MinEcho != 0 || p.Poll && p.Final {
			t.Errorf("%s: TTL %d, %+v", f.Port, f.TTL, p)
		}
		if p.SourcePort < 49152 || p.SourcePort != frames[0].BFD.SourcePort {
			t.Errorf("%s: source port %d, at first %d", f.Port, p.SourcePort, frames[0].BFD.SourcePort)
		}
		if p.State != lab.BFDUp && p.MinTX < time.Second {
			t.Errorf("%s: wants to send every %v in state %d", f.Port, p.MinTX, p.State)
		}
		if p.Final {
			continue
		}
		if before != nil && before.BFD.State == p.State {
			// A sender that was late once may seem early the next time; a tenth of the interval is spared for that.
			gap := f.At.Sub(before.At)
			if p.YourDiscr == 0 && gap < time.Millisecond {
				continue // the kernel kept both back until it knew the neighbour's link address
			}
			if gap < p.MinTX*65/100 && p.State != lab.BFDUp || gap < calm*65/100*time.Millisecond {
				t.Errorf("%s: a packet %v after the one before, in state %d, wants %v", f.Port, gap, p.State, p.MinTX)
			}
		}
		before = f
	}
}

// keen is the interval of those who want to know within 30 ms.
const keen = 10

// silence has the second host say nothing more, and returns how long the first one took to notice after the last
// packet: to tell the neighbour, and to give up its role. The times are the kernel's.
func (w *bfdWatch) silence(one, two *router) (noticed, released time.Duration) {
	w.t.Helper()
	mark, adverts, line := w.Mark(), one.sniffer.Mark(), one.daemon.Log.Mark()
	check(w.t, two.daemon.Signal(syscall.SIGSTOP))
	down := w.await(mark, "one", inBFDState(lab.BFDDown))
	release := one.waitFrame(adverts, "release", func(f *lab.Frame) bool { return f.Kind == lab.Advert && f.Priority == 0 })
	heard := w.Frames(0, func(f *lab.Frame) bool { return f.Port == "two" && f.At.Before(down.At) })
	last := heard[len(heard)-1].At
	one.waitLine(line, "(VI) Entering FAULT STATE")
	line = one.daemon.Log.Mark()
	mark = w.Mark()
	check(w.t, two.daemon.Signal(syscall.SIGCONT))
	one.waitLine(line, "(VI) Entering MASTER STATE")
	w.await(mark, "one", settledBFD)
	w.await(mark, "two", settledBFD)
	return down.At.Sub(last), release.At.Sub(last)
}

// newKeenPair starts two routers with a fast session and waits until it is settled.
func newKeenPair(t *testing.T, global string) (watch *bfdWatch, one, two *router) {
	t.Helper()
	s := newSite(t, "one", "two")
	watch = s.watchBFD()
	ends := bfdEnds(false, keen, "")
	one, two = s.router(0, subjectProgram(t)), s.router(1, subjectProgram(t))
	one.start(global + bfdConfiguration(0, ends[0], ""))
	two.start(global + bfdConfiguration(1, ends[1], ""))
	one.waitLine(0, "(VI) Entering MASTER STATE")
	two.waitLine(0, "(VI) Entering MASTER STATE")
	watch.await(0, "one", settledBFD)
	watch.await(0, "two", settledBFD)
	return watch, one, two
}

const (
	detection = 3 * keen * time.Millisecond
	bfdSlack  = 10 * time.Millisecond
)

// TestBFDNoticesSilenceInTime: never early, and mostly within 10 ms of the detection time, even though nobody keeps
// other processes from delaying it here.
func TestBFDNoticesSilenceInTime(t *testing.T) {
	t.Parallel()
	watch, one, two := newKeenPair(t, "")
	const times = 5
	var noticed []time.Duration
	for range times {
		gap, _ := watch.silence(one, two)
		if gap < detection-time.Millisecond {
			t.Errorf("silence was noticed after %v already", gap)
		}
		noticed = append(noticed, gap)
	}
	slices.Sort(noticed)
	if median := noticed[times/2]; median > detection+bfdSlack {
		t.Errorf("silence was noticed after %v, want at most %v", noticed, detection+bfdSlack)
	}
}

// bfdLoadTime is how long TestBFDHoldsUnderLoad watches; $GOVRRPD_BFD_LOAD, as in 5m, makes it longer.
func bfdLoadTime(t *testing.T) time.Duration {
	text := os.Getenv("GOVRRPD_BFD_LOAD")
	if text == "" {
		return 10 * time.Second
	}
	d, err := time.ParseDuration(text)
	check(t, err)
	return d
}

// TestBFDHoldsUnderLoad: with vrrp_rt_priority four busy processes neither make a session fail that works, nor one
// that fails go unnoticed for longer. Where nobody may have real-time priority, there is no load.
func TestBFDHoldsUnderLoad(t *testing.T) {
	watch, one, two := newKeenPair(t, "global_defs {\n vrrp_rt_priority 50\n}\n")
	if mayBeRealtime() {
		keepBusy(t, 4)
	}
	// Four processes are not all that may keep the machine busy while tests run, and the kernel's own threads, which
	// carry the packets here, are no more urgent than those. Hence three tries.
	for try := 1; watch.falls(one, two) > 0; try++ {
		if try == 3 {
			t.Errorf("the session went down while nothing was wrong:\n%s\n%s", one.daemon.Log, two.daemon.Log)
			break
		}
	}
	for _, r := range []*router{one, two} {
		_, figures, _ := strings.Cut(r.dump(syscall.SIGUSR1, "keepalived.data"), "------< govrrpd >------\n")
		t.Logf("%s of itself:\n%s", r.host.Name, figures)
	}
	for range 5 {
		noticed, released := watch.silence(one, two)
		t.Logf("silence noticed after %v, role given up after %v", noticed, released)
		if noticed < detection-time.Millisecond || noticed > detection+bfdSlack || released > detection+bfdSlack {
			t.Errorf("silence was noticed after %v, and the role given up after %v; want %v and at most %v more", noticed, released, detection, bfdSlack)
		}
	}
}

// falls watches a session and returns how often it went down by itself.
func (w *bfdWatch) falls(one, two *router) (count int) {
	w.t.Helper()
	lasts := bfdLoadTime(w.t)
	ctx, cancel := context.WithTimeout(w.t.Context(), lasts+eventTimeout)
	defer cancel()
	ours, theirs, mark, begin := one.daemon.Log.Mark(), two.daemon.Log.Mark(), w.Mark(), time.Now()
	_, err := w.Wait(ctx, mark, func(f *lab.Frame) bool { return f.At.Sub(begin) > lasts })
	check(w.t, err)
	for _, host := range []string{"one", "two"} {
		frames := w.Frames(mark, func(f *lab.Frame) bool { return f.Port == host })
		w.t.Logf("%s: %d packets in %v, longest gap %v", host, len(frames), lasts, longestGap(frames))
	}
	const down = "(PEER) Entering Down state"
	return one.daemon.Log.Count(ours, down) + two.daemon.Log.Count(theirs, down)
}

// keepBusy has processes compute until the end of the test.
func keepBusy(t *testing.T, count int) {
	t.Helper()
	for range count {
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
		check(t, cmd.Start())
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // killed
		})
	}
}
