package differential

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/govrrpd/govrrpd/internal/config"
	"github.com/govrrpd/govrrpd/internal/host"
	"github.com/govrrpd/govrrpd/pkg/syntax"
	"github.com/govrrpd/govrrpd/test/peers"
)

// configID is what @ID lines are for, on both sides.
const configID = "here"

// patience bounds one run of keepalived, which takes some 20 ms, or for ever.
const patience = 5 * time.Second

// verdict is how keepalived's configuration test ended.
type verdict struct {
	code    int
	instead string // of a code: "crash", "hang"
	said    []byte
}

func (v verdict) String() string {
	if v.instead != "" {
		return v.instead
	}
	return strconv.Itoa(v.code)
}

// judge is govrrpd's configuration test; what it finds goes to out.
func judge(out io.Writer, path string) int {
	tree := syntax.Parse(path, syntax.Options{
		ConfigID: configID, Env: os.LookupEnv, Seed: 1,
		BlockKeyword: config.BlockKeyword, ValueBlock: config.ValueBlock,
	})
	cfg := config.Decode(tree, host.New())
	syntax.Print(out, cfg.Diagnostics)
	return cfg.ExitCode()
}

// ask is keepalived's configuration test.
func ask(ctx context.Context, keepalived peers.Program, path string) (verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, keepalived.Path, "-t", "-i", configID, "-f", path)
	cmd.Env = append(os.Environ(), keepalived.Env...)
	cmd.Dir = filepath.Dir(path)
	said, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return verdict{instead: "hang", said: said}, nil
	case err == nil:
		return verdict{said: said}, nil
	case errors.As(err, &ended) && !ended.Exited():
		return verdict{instead: "crash", said: said}, nil
	case errors.As(err, &ended):
		return verdict{code: ended.ExitCode(), said: said}, nil
	}
	return verdict{}, err
}
