package lab

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestLogWaitsForALineThatComesInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := NewLog()
		log.Write([]byte("Entering MASTER STATE\n"))
		mark := log.Mark()
		go func() {
			for _, piece := range []string{"Entering MAS", "TER STATE", "\nand more"} {
				time.Sleep(time.Second)
				log.Write([]byte(piece))
			}
		}()
		start := time.Now()
		line, err := log.Wait(t.Context(), mark, "MASTER STATE")
		if err != nil || time.Since(start) != 3*time.Second || line.Text != "Entering MASTER STATE" {
			t.Errorf("got %q after %v, error %v", line.Text, time.Since(start), err)
		}
		if n := log.Count(0, "MASTER"); n != 2 {
			t.Errorf("%d lines, want 2", n)
		}
	})
}

func TestLogGivesUpAtTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if line, err := NewLog().Wait(ctx, 0, "never"); err == nil {
			t.Errorf("got %q", line.Text)
		}
	})
}
