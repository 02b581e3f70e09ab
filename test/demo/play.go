package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// play is the plot: election, power cut, return, orderly stop.
func (s *stage) play(ctx context.Context) error {
	s.screen.say("two routers, one address, one client: all in namespaces of this machine, gone afterwards")
	for _, act := range []func(context.Context) error{s.election, s.powerCut, s.comeback, s.orderlyStop} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	s.screen.say("done: the address moved three times and nothing is left behind")
	return nil
}

func (s *stage) election(ctx context.Context) error {
	s.screen.say("start both routers")
	if err := errors.Join(s.a.start(), s.b.start()); err != nil {
		return err
	}
	if err := s.a.waitState(ctx, "MASTER"); err != nil {
		return err
	}
	s.screen.say("router-a has the higher priority and is MASTER")
	s.client.start()
	return pause(ctx, calm)
}

func (s *stage) powerCut(ctx context.Context) error {
	s.screen.say("cut the power of router-a")
	s.b.mark = s.b.daemon.Log.Mark()
	cut := time.Now()
	if err := s.powerOff(s.a); err != nil {
		return err
	}
	if err := s.b.waitState(ctx, "MASTER"); err != nil {
		return err
	}
	return s.report(ctx, "router-b took over", cut, masterDownB)
}

func (s *stage) comeback(ctx context.Context) error {
	s.screen.say("router-a comes back")
	back := time.Now()
	if err := s.powerOn(s.a); err != nil {
		return err
	}
	if err := s.a.waitState(ctx, "MASTER"); err != nil {
		return err
	}
	return s.report(ctx, "router-a took its place again", back, interval)
}

func (s *stage) orderlyStop(ctx context.Context) error {
	s.screen.say("stop router-a in order")
	s.b.mark = s.b.daemon.Log.Mark()
	stop := time.Now()
	if err := s.a.daemon.Stop(ctx); err != nil {
		return err
	}
	s.a.setOff()
	if err := s.b.waitState(ctx, "MASTER"); err != nil {
		return err
	}
	return s.report(ctx, "router-b was told and took over at once", stop, interval)
}

// tolerance is what a busy machine may add to an outage before it counts as a fault.
const tolerance = 700 * time.Millisecond

// report waits a moment, then prints the outage that the client has measured since an instant. The
// protocol explains one of up to expected.
func (s *stage) report(ctx context.Context, what string, since time.Time, expected time.Duration) error {
	if err := pause(ctx, calm); err != nil {
		return err
	}
	outage, err := s.client.outage(since)
	if err != nil {
		return err
	}
	s.screen.say(fmt.Sprintf("%s: outage for the client %v (by the protocol up to %v)",
		what, outage.Round(time.Millisecond), expected.Round(time.Millisecond)))
	if outage > expected+tolerance {
		return fmt.Errorf("%s: the client had no answer for %v, expected up to %v", what, outage, expected)
	}
	return nil
}
