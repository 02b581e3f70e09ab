package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

func readOptions(t *testing.T, args ...string) (*Settings, []string, error) {
	t.Helper()
	settings := newSettings()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	addOptions(flags, settings)
	args, err := canonical(flags, args)
	if err != nil {
		return nil, nil, err
	}
	if err := flags.Parse(args); err != nil {
		t.Fatalf("pflag refuses the canonical %q: %v", args, err)
	}
	return settings, flags.Args(), nil
}

func TestArgumentsAttachedOrApart(t *testing.T) {
	for _, args := range [][]string{
		{"-f", "a.conf"}, {"-fa.conf"}, {"--use-file", "a.conf"}, {"--use-file=a.conf"}, {"--use", "a.conf"}, {"-nf", "a.conf"}, {"-nfa.conf"},
	} {
		settings, words, err := readOptions(t, args...)
		if err != nil || settings.ConfigFile != "a.conf" || len(words) != 0 {
			t.Errorf("%q: settings %+v, words %q, error %v; want a.conf", args, settings, words, err)
		}
	}
}

func TestOptionalArgumentCountsOnlyWhenAttached(t *testing.T) {
	for _, c := range []struct {
		args  []string
		log   string
		words []string
	}{
		{[]string{"-t"}, "", nil},
		{[]string{"-t", "FILE"}, "", []string{"FILE"}},
		{[]string{"-tFILE"}, "FILE", nil},
		{[]string{"-t=FILE"}, "=FILE", nil}, // getopt keeps the sign in a cluster
		{[]string{"--config-test=FILE"}, "FILE", nil},
		{[]string{"--config-test", "FILE"}, "", []string{"FILE"}},
		{[]string{"--check-config=FILE"}, "FILE", nil},
		{[]string{"--config-t"}, "", nil},
	} {
		settings, words, err := readOptions(t, c.args...)
		if err != nil {
			t.Errorf("%q: %v", c.args, err)
			continue
		}
		if !settings.CheckOnly || settings.CheckLog != c.log || !slices.Equal(words, c.words) {
			t.Errorf("%q: check %v, log %q, words %q; want log %q, words %q", c.args, settings.CheckOnly, settings.CheckLog, words, c.log, c.words)
		}
	}
}

func TestClustersCount(t *testing.T) {
	settings, _, err := readOptions(t, "-nlD", "-DD", "--log-detail")
	if err != nil {
		t.Fatal(err)
	}
	if !settings.DontFork || !settings.LogConsole || settings.LogDetail != 4 {
		t.Errorf("-nlD -DD --log-detail: %+v, want foreground, console and detail 4", settings)
	}
}

func TestOptionsFollowWords(t *testing.T) {
	settings, words, err := readOptions(t, "one", "-n", "--", "-l")
	if err != nil || !settings.DontFork || settings.LogConsole || !slices.Equal(words, []string{"one", "-l"}) {
		t.Errorf("one -n -- -l: %+v, words %q, error %v", settings, words, err)
	}
}

func TestUnreadableCommandLines(t *testing.T) {
	for line, want := range map[string]string{
		"--bogus":       "Unknown option --bogus",
		"--bogus=1":     "Unknown option --bogus=1",
		"-j":            "Unknown option -j",
		"-nj":           "Unknown option -j",
		"-é":            "Unknown option -",
		"--dont-fork=x": "Unknown option --dont-fork=x",
		"--no":          "Unknown option --no\nIt could be --no_bfd or --no-syslog or --no-mem-check",
		"--use-file":    "Missing parameter for option --use-file",
		"-nf":           "Missing parameter for option --use-file",
	} {
		_, _, err := readOptions(t, line)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error %v, want %s", line, err, want)
		}
	}
}

func FuzzCanonicalNeverConfusesPflag(f *testing.F) {
	f.Add("-nlD\x1f--conf\x1f-tFILE\x1f--\x1fx")
	f.Add("--signum\x1fJSON")
	f.Add("--=\x1f-=")
	f.Fuzz(func(t *testing.T, line string) {
		_, _, _ = readOptions(t, strings.Split(line, "\x1f")...) // fails the test itself when pflag refuses
	})
}
