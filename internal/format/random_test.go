package format_test

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
)

var files = flag.Int("files", 3000, "how many random files are formatted")

// fragments are what random files are made of: all that the form of the language knows, and what comes near.
var fragments = strings.Split(`vrrp_instance|vrrp_instance V|vrrp_instance W|vrrp_sync_group G|global_defs|virtual_ipaddress|track_script|group|
unicast_peer|vrrp_script s|static_routes|priority 100|state|10.0.0.1|10.0.0.1/24 dev eth0|notify "/a  b" user|notify '/a  b' user|notify_master /a\  b|
{|}|{|}|{ }|{ 10.0.0.2 }|"|'|"a b"|"a"b|'a  b'|\|\ |\#|\!|\"|#|!|# c|! c|""|"{"|@here|@there|@^here|@|@^|
$A|${A}|$B|$M|${M}|$N|$A=1|$A=b  c|$M=x \|$M= \|$N=vrrp_instance V { \|$N=" |$B=@here|$B=include|$A=$B|$B={|$C=}|$C=$D=|$C|${_RANDOM 1 1}|${X:-y}|$|$$A|
include a.inc|include  a.inc|include|include $F|$F=a.inc|includex a  b|~SEQ(i, 1, 2)|~SEQ|~SEQ (i,2) $M|~LST(A, x, y)|~LST({A, B}, {1, 2})|$i|${i}|random_seed 1|include_check|static_routes { $A }`, "|")

// TestRandomFilesMeanTheSame formats files that nobody would write.
func TestRandomFilesMeanTheSame(t *testing.T) {
	for seed := range uint64(*files) {
		random := rand.New(rand.NewPCG(seed, 0))
		if checkSame(t, randomFile(random)); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func randomFile(random *rand.Rand) string {
	blanks := []string{" ", " ", " ", "  ", "\t", "", " \t", "\f", "\r"}
	ends := []string{"\n", "\n", "\n", "\n", "\n\n", "\n\n\n", "\r\n", " \n", " \\\n", "\\\n", "", "\n\x00", "\n\ufeff"}
	indents := []string{"", "", "    ", "  ", "\t"}
	var b strings.Builder
	loops := 0
	for range 1 + random.IntN(12) {
		b.WriteString(indents[random.IntN(len(indents))])
		for range random.IntN(5) {
			fragment := strings.TrimPrefix(fragments[random.IntN(len(fragments))], "\n")
			if loops += strings.Count(fragment, "~"); loops > 2 && strings.Contains(fragment, "~") {
				continue
			}
			b.WriteString(fragment)
			b.WriteString(blanks[random.IntN(len(blanks)-random.IntN(3))])
		}
		b.WriteString(ends[random.IntN(len(ends)-random.IntN(4))])
	}
	return b.String()
}
