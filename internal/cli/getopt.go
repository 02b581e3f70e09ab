package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// usageError is a command line that cannot be read.
type usageError string

func (e usageError) Error() string { return string(e) }

// canonical rewrites a command line as GNU getopt_long reads it into the one form about which pflag
// has no doubts: `--name=value` or `--name` per option, then `--`, then the other words. pflag alone
// knows no abbreviations and takes `-tFILE` for a cluster.
func canonical(flags *pflag.FlagSet, args []string) ([]string, error) {
	var out, words []string
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var (
			read []string
			err  error
		)
		switch {
		case arg == "--":
			words, args = append(words, args...), nil
		case strings.HasPrefix(arg, "--"):
			read, args, err = longOption(flags, arg, args)
		case len(arg) > 1 && arg[0] == '-':
			read, args, err = shortOptions(flags, arg, args)
		default:
			words = append(words, arg)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, read...)
	}
	return append(append(out, "--"), words...), nil
}

// longOption reads `--name`, `--name=value` or `--name value`, where name may be a unique prefix.
func longOption(flags *pflag.FlagSet, arg string, rest []string) (out, left []string, err error) {
	name, value, attached := strings.Cut(arg[2:], "=")
	flag, candidates := findLong(flags, name)
	switch {
	case flag == nil && len(candidates) > 1:
		return nil, nil, usageError(fmt.Sprintf("Unknown option %s\nIt could be --%s", arg, strings.Join(candidates, " or --")))
	case flag == nil, attached && takesNone(flag):
		return nil, nil, usageError("Unknown option " + arg)
	case attached:
		return []string{"--" + flag.Name + "=" + value}, rest, nil
	}
	return withArgument(flag, rest)
}

// findLong finds an option by its name or by a prefix that no other option shares.
func findLong(flags *pflag.FlagSet, name string) (*pflag.Flag, []string) {
	if flag := flags.Lookup(name); flag != nil {
		return flag, nil
	}
	var found *pflag.Flag
	var candidates []string
	flags.VisitAll(func(flag *pflag.Flag) {
		if name != "" && strings.HasPrefix(flag.Name, name) {
			found = flag
			candidates = append(candidates, flag.Name)
		}
	})
	if len(candidates) != 1 {
		return nil, candidates
	}
	return found, nil
}

// shortOptions reads a cluster: options without argument, then possibly one whose argument is the
// rest of the cluster or, if it must have one, the next word.
func shortOptions(flags *pflag.FlagSet, cluster string, rest []string) (out, left []string, err error) {
	for i := 1; i < len(cluster); i++ {
		letter := cluster[i : i+1]
		var flag *pflag.Flag
		if letter[0] < 0x80 { // pflag panics on others
			flag = flags.ShorthandLookup(letter)
		}
		switch {
		case flag == nil:
			return nil, nil, usageError("Unknown option -" + letter)
		case takesNone(flag):
			out = append(out, "--"+flag.Name)
		case i+1 < len(cluster):
			return append(out, "--"+flag.Name+"="+cluster[i+1:]), rest, nil
		default:
			last, left, err := withArgument(flag, rest)
			return append(out, last...), left, err
		}
	}
	return out, rest, nil
}

// withArgument completes an option that has nothing attached with the next word, if it must have one.
func withArgument(flag *pflag.Flag, rest []string) (out, left []string, err error) {
	if flag.NoOptDefVal != "" {
		return []string{"--" + flag.Name}, rest, nil
	}
	if len(rest) == 0 {
		return nil, nil, usageError("Missing parameter for option --" + flag.Name)
	}
	return []string{"--" + flag.Name + "=" + rest[0]}, rest[1:], nil
}

// takesNone tells whether an option takes no argument at all. The one bool is cobra's --help.
func takesNone(flag *pflag.Flag) bool {
	kind := flag.Value.Type()
	return kind == "" || kind == "bool"
}
