package config

import (
	"testing"
	"time"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// patience is many times what the configurations below take, also on a machine that is busy with other tests.
const patience = time.Minute

func within(t *testing.T, limit time.Duration, text string) *Config {
	t.Helper()
	start := time.Now()
	c := decode(text)
	if took := time.Since(start); took > limit {
		t.Errorf("took %v", took)
	}
	return c
}

func TestMistakeThatIsRepeatedWithoutEndIsBounded(t *testing.T) {
	c := within(t, patience, "~SEQ(i,1,200000) vrrp_instanze V$i { }\n")
	if n := len(c.Diagnostics); n != 1 { // one line, one finding
		t.Errorf("%d findings, want 1", n)
	}
	c = within(t, patience, "vrrp_instance V {\n~SEQ(i,1,200000) priority x$i\n}\n")
	if n := len(c.Diagnostics); n < 1000 || n > 1002 {
		t.Errorf("%d findings", n)
	}
	if c.ExitCode() != 5 || c.Diagnostics[len(c.Diagnostics)-1].Code != syntax.CodeTooManyProblems {
		t.Errorf("exit code %d, the last finding is %+v", c.ExitCode(), c.Diagnostics[len(c.Diagnostics)-1])
	}
}

func TestOneLineMakesAllInstancesThatThereCanBe(t *testing.T) {
	const all = 256 * 254
	c := within(t, patience, `$BLOCK=vrrp_instance VI_${net}_${id} { \
    interface eth${net} \
    virtual_router_id ${id} \
    virtual_ipaddress { 10.${net}.${id}.1/24 } \
}
~SEQ(net, 0, 255) ~SEQ(id, 1, 254) $BLOCK
`)
	if len(c.Instances) != all || len(c.Diagnostics) != 0 {
		t.Errorf("%d instances, %d findings; want %d, 0", len(c.Instances), len(c.Diagnostics), all)
	}
}
