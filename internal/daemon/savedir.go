package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/dump"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// config_save_dir keeps what was read at the start and at each reload, and the state before and after a reload: for
// those who look for a fault that only many reloads show. The files are keepalived's by name.

// saveConfig keeps what a configuration was read from. It may be called away from the loop.
func (d *Daemon) saveConfig(g *config.Global, sources []*syntax.Source, number int) {
	if g.SaveDir != "" {
		d.save(g.SaveDir, fmt.Sprintf("keepalived.conf.%d.%d", os.Getpid(), number), []byte(mergedSources(sources)))
	}
}

// pictureToSave is the state before a reload, nil if nobody wants it.
func (d *Daemon) pictureToSave(next *config.Config) *picture {
	if next.Global.SaveDir == "" {
		return nil
	}
	return d.picture()
}

// saveStates keeps the state before and after a reload.
func (d *Daemon) saveStates(before *picture, number int) {
	if before == nil {
		return
	}
	dir, after := d.plan.cfg.Global.SaveDir, d.picture()
	d.workers.Go(func() {
		for _, one := range []struct {
			when  string
			state *picture
		}{{"pre", before}, {"post", after}} {
			d.save(dir, fmt.Sprintf("keepalived_vrrp.%d.%d.%s", os.Getpid(), number, one.when), dump.Data(one.state.state()))
		}
	})
}

func (d *Daemon) save(dir, name string, content []byte) {
	err := os.Mkdir(dir, 0o700)
	switch {
	case err == nil:
		err = os.Chmod(dir, 0o700) // whatever the umask
	case errors.Is(err, fs.ErrExist):
		err = nil
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), content, 0o600)
	}
	if err != nil {
		d.log.Error(fmt.Sprintf("config_save_dir: %v", err))
	}
}

// mergedSources is a configuration as one file: what is included stands where it is included.
func mergedSources(sources []*syntax.Source) string {
	if len(sources) == 0 {
		return ""
	}
	m := merger{rest: sources}
	for len(m.rest) > 0 { // more than once: of an include that was not found in the text
		m.next()
	}
	return m.text.String()
}

// merger writes files into each other. rest are those that were read and are not written yet, in the order of reading.
type merger struct {
	text strings.Builder
	rest []*syntax.Source
}

func (m *merger) next() {
	source := m.rest[0]
	m.rest = m.rest[1:]
	m.text.WriteString("# " + source.Name + "\n")
	for line := range strings.Lines(source.Text) {
		pattern := includePattern(line)
		if pattern == "" || len(m.rest) == 0 || !named(pattern, m.rest[0].Name) {
			m.text.WriteString(line)
			continue
		}
		m.text.WriteString("# " + strings.TrimLeft(line, " \t"))
		for len(m.rest) > 0 && named(pattern, m.rest[0].Name) {
			m.next()
		}
	}
	if !strings.HasSuffix(source.Text, "\n") {
		m.text.WriteString("\n")
	}
	m.text.WriteString("!\n")
}

// includePattern is what a line includes, "" if it does not.
func includePattern(line string) string {
	words := strings.Fields(line)
	if len(words) > 0 && strings.HasPrefix(words[0], "@") {
		words = words[1:]
	}
	if len(words) < 2 || !strings.HasPrefix(words[0], "include") {
		return ""
	}
	return strings.Trim(words[1], `"'`)
}

// named tells whether a file was read for a pattern: the name may be longer in front, where the pattern begins in the
// directory of the file that includes.
func named(pattern, name string) bool {
	want, have := strings.Split(path.Clean(pattern), "/"), strings.Split(path.Clean(name), "/")
	want = slices.DeleteFunc(want, func(part string) bool { return part == "" || part == ".." })
	if len(have) < len(want) {
		return false
	}
	have = have[len(have)-len(want):]
	for i := range want {
		if ok, err := path.Match(want[i], have[i]); err != nil || !ok {
			return false
		}
	}
	return true
}
