package daemon

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/internal/bfd"
	"github.com/govrrpd/govrrpd/internal/router"
)

// The service manager starts a daemon again that failed, not one that was told to stop.
func TestBreakdownIsAFailureUnlessAskedToStop(t *testing.T) {
	stopping := func() *Daemon {
		return &Daemon{
			log: slog.New(slog.DiscardHandler), router: router.New(time.Now(), &router.Config{}),
			trackers: &trackers{cancel: func() {}}, bfd: &bfdLane{machine: bfd.New(time.Now(), nil, nil)},
		}
	}
	cause := errors.New("the kernel speaks no more")
	d := stopping()
	d.breakDown(cause)
	if err := d.loop(); !errors.Is(err, cause) {
		t.Errorf("after a breakdown the loop ends with %v, want its cause", err)
	}
	d = stopping()
	d.stop()
	d.breakDown(cause)
	if err := d.loop(); err != nil {
		t.Errorf("after a stop the loop ends with %v, want no error", err)
	}
}
