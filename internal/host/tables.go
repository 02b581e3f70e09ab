package host

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/govrrpd/govrrpd/internal/config"
)

// MoveTables sets the directories of the name tables; "" leaves one as it is.
func (h *Host) MoveTables(etc, usr string) {
	h.Etc, h.Usr = cmp.Or(etc, h.Etc), cmp.Or(usr, h.Usr)
}

// TableFile reads a name table of iproute2: the administrator's file in place of the distribution's, then
// the .conf files beside them, of which the administrator's again come in place of those of the same
// name. Files that are not there are empty, and lines that make no sense are passed over.
func (h *Host) TableFile(name string) []config.NamedNumber {
	etc, usr := filepath.Join(h.Etc, name), filepath.Join(h.Usr, name)
	main := etc
	if info, err := os.Stat(etc); err != nil || !info.Mode().IsRegular() {
		main = usr
	}
	entries := readTable(nil, main)
	own := confFiles(etc + ".d")
	for _, file := range confFiles(usr + ".d") {
		if !slices.Contains(own, file) {
			entries = readTable(entries, filepath.Join(usr+".d", file))
		}
	}
	for _, file := range own {
		entries = readTable(entries, filepath.Join(etc+".d", file))
	}
	return entries
}

// confFiles are the names of the .conf files of a directory, hidden ones left out.
func confFiles(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		if name := entry.Name(); strings.HasSuffix(name, ".conf") && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names
}

// readTable adds the lines `NUMBER NAME` of a file; numbers are in any base of C.
func readTable(entries []config.NamedNumber, path string) []config.NamedNumber {
	text, err := os.ReadFile(path)
	if err != nil {
		return entries
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) != 2 {
			continue
		}
		if number, err := strconv.ParseUint(fields[0], 0, 32); err == nil {
			entries = append(entries, config.NamedNumber{Number: uint32(number), Name: fields[1]})
		}
	}
	return entries
}
