package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// reloadFileOf is the path of reload_file, "" for none.
func (d *Daemon) reloadFileOf(cfg *config.Config) string {
	g := &cfg.Global
	if g.ReloadFile != config.ReloadFileDefault {
		return g.ReloadFile
	}
	pid, _ := d.pidSettings(cfg).Names()
	return filepath.Join(filepath.Dir(pid), "keepalived.reload")
}

// markReload makes the file that is there while a reload goes on. The lane does it: a file system may be slow.
func (d *Daemon) markReload() {
	d.reloadFile = d.reloadFileOf(d.plan.cfg)
	if path := d.reloadFile; path != "" {
		d.lane.do(func() {
			if err := overwrite(path, ""); err != nil {
				d.log.Error(fmt.Sprintf("reload_file: %v", err))
			}
		})
	}
}

// unmarkReload removes it when the lane has done what the reload has led to.
func (d *Daemon) unmarkReload() {
	if path := d.reloadFile; path != "" {
		d.lane.do(func() {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				d.log.Error(fmt.Sprintf("reload_file: %v", err))
			}
		})
	}
}

// writeFindings writes what is wrong with a configuration to the file of reload_check_config.
func writeFindings(path string, cfg *config.Config) error {
	if path == "" {
		return nil
	}
	var text strings.Builder
	if cfg.ExitCode() != ExitOK || cfg.Refused() {
		syntax.Print(&text, cfg.Diagnostics)
	}
	if err := overwrite(path, text.String()); err != nil {
		return fmt.Errorf("reload_check_config: %w", err)
	}
	return nil
}

// overwrite gives a file its content in place, because it may be a device. A link is not followed: it may have
// been laid by somebody who may write to the directory, but not to where it points.
func overwrite(path, content string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(content)
	return errors.Join(err, file.Close())
}
