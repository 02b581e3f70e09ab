package daemon

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/host"
	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// Load reads a configuration file and judges it on this machine. It changes nothing; what is wrong is in
// the Config's diagnostics. configID is that of @ID lines, "" for the host's name; with allConfig an
// include that finds nothing is an error.
func Load(path, configID string, allConfig bool) *config.Config {
	return config.Decode(Parse(path, configID, allConfig), host.New())
}

// Parse is the first half of Load: the form of the file, without its meaning.
func Parse(path, configID string, allConfig bool) *syntax.Tree {
	if configID == "" {
		configID = firstLabel(host.New().Hostname())
	}
	return syntax.Parse(path, syntax.Options{
		FS:           syntax.OSFS(),
		ConfigID:     configID,
		Env:          os.LookupEnv,
		Seed:         time.Now().UnixNano(),
		AllConfig:    allConfig,
		BlockKeyword: config.BlockKeyword,
		ValueBlock:   config.ValueBlock,
	})
}

// firstLabel is a host name up to its first dot.
func firstLabel(name string) string {
	label, _, _ := strings.Cut(name, ".")
	return label
}

// load is Load for running: names that the configuration leaves open are chosen. It also returns what was read.
func load(opts *Options) (*config.Config, []*syntax.Source) {
	opts.Parent.Info(fmt.Sprintf("Opening file '%s'.", opts.ConfigFile))
	tree := Parse(opts.ConfigFile, opts.ConfigID, opts.AllConfig)
	cfg := config.Decode(tree, host.New())
	opts.Parent.Info("Configuration file " + opts.ConfigFile)
	nameDevices(opts.Logger, cfg)
	return cfg, tree.Sources
}
