// Package explain has an article about every code that a finding can have: what it is, why it matters, an
// example that is wrong with what is said of it, and one that is right.
//
// It promises that the examples are true: its tests judge each as `govrrpd check` does and compare what is
// said word for word, so that the articles are also the golden files of all diagnostics, and they fail
// when a code has no article. It leaves finding mistakes to others and knows their codes only.
//
// # Writing an article
//
// articles/GV0101.txtar is about GV0101. Its first line is the title: a short phrase, no full stop. After
// a blank line follow a few plain sentences for an operator at 3 a.m.: what it is, what the daemon does
// now, why that matters, what to do. Paragraphs are separated by blank lines; keep lines below 112 letters.
// Then come sections:
//
//	-- wrong.conf --   small and complete; it must give this code, and no other error or warning
//	-- right.conf --   the same, mended: no error, no warning, and not this code
//	-- want --         what is said of wrong.conf, word for word
//
// Leave want out and let the test write it: go test ./internal/explain -run Articles/GV0101 -update.
// Then read it as the person would who has to mend the file. A line "…" of your own in want stands for any
// number of lines, and -update leaves such a want alone as long as it fits.
//
// Sections that are only there if needed:
//
//	-- also --      codes that wrong.conf cannot but give beside this one, one in a line
//	-- command --   how the files are checked, where that is not `govrrpd check wrong.conf`: options are
//	                -i ID, --host, --all-config and --fleet. For right.conf, right stands for wrong.
//	-- host --      what the machine lacks, one thing in a line (implies --host): the machine of the tests
//	                has whatever a file names (an Ethernet interface, a user, a script that is safe to run)
//
// A host section knows these lines, in which NAME may end in "*":
//
//	interface NAME missing | loopback | no-multicast | no-ethernet | vmac | mtu N | down
//	file PATH missing
//	address INTERFACE PREFIX
//	user NAME missing
//	group NAME missing
//	script PATH missing | no-execute | insecure DETAIL
//	directory PATH PROBLEM
//	table FILE NUMBER NAME
//
// In the files, ␀ stands for a byte of value 0. Any other section is a file beside the two, for include; one whose name ends in ".sh" is executable. A
// fleet's files are wrong/a.conf, wrong/b.conf, right/a.conf and so on, in the place of the two.
package explain

import (
	"cmp"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

//go:embed articles/*.txtar
var articles embed.FS

// An Article is what there is to say about one code.
type Article struct {
	Code  syntax.Code
	Title string
	Text  string // paragraphs, separated by blank lines

	Command string // how the wrong files are checked
	Wrong   []File // may be empty: some mistakes are not in a file
	Want    string // what is said of the wrong files
	Right   []File
	Beside  []File // what both include

	Also []string // codes that come with this one in the example
	Host []string // what the machine of the example lacks
}

// A File is one file of an example.
type File struct{ Name, Text string }

// All are the articles in the order of their codes.
func All() []Article {
	entries, err := articles.ReadDir("articles")
	if err != nil {
		panic("explain: " + err.Error())
	}
	all := make([]Article, len(entries))
	for i, entry := range entries {
		all[i] = read(strings.TrimSuffix(entry.Name(), ".txtar"))
	}
	slices.SortFunc(all, func(a, b Article) int { return cmp.Compare(a.Code, b.Code) })
	return all
}

// Find is the article about a code, as people write it: GV0101, gv101 or 101.
func Find(name string) (Article, bool) {
	code, ok := ParseCode(name)
	if !ok {
		return Article{}, false
	}
	if _, err := articles.Open(fileName(code.String())); err != nil {
		return Article{}, false
	}
	return read(code.String()), true
}

// ParseCode reads a code as people write it; ok is false where the word is none.
func ParseCode(word string) (code syntax.Code, ok bool) {
	digits := word
	if len(word) > 2 && strings.EqualFold(word[:2], "GV") {
		digits = word[2:]
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	return syntax.Code(n), err == nil && n > 0
}

func fileName(code string) string { return "articles/" + code + ".txtar" }

// read takes an article apart. That it is complete is for the tests to see.
func read(name string) Article {
	text, err := articles.ReadFile(fileName(name))
	if err != nil {
		panic("explain: " + err.Error())
	}
	code, ok := ParseCode(name)
	if !ok || code.String() != name {
		panic("explain: " + fileName(name) + " is named for no code")
	}
	archive := txtar.Parse(text)
	title, body, _ := strings.Cut(strings.TrimSpace(string(archive.Comment)), "\n")
	a := Article{Code: code, Title: title, Text: strings.TrimSpace(body)}
	for _, section := range archive.Files {
		a.take(File{section.Name, string(section.Data)})
	}
	if a.Command == "" {
		a.Command = a.defaultCommand()
	}
	return a
}

func (a *Article) take(f File) {
	switch {
	case f.Name == "want":
		a.Want = f.Text
	case f.Name == "command":
		a.Command = strings.TrimSpace(f.Text)
	case f.Name == "also":
		a.Also = strings.Fields(f.Text)
	case f.Name == "host":
		a.Host = strings.Split(strings.TrimSpace(f.Text), "\n")
	case strings.HasPrefix(f.Name, "wrong"):
		a.Wrong = append(a.Wrong, f)
	case strings.HasPrefix(f.Name, "right"):
		a.Right = append(a.Right, f)
	default:
		a.Beside = append(a.Beside, f)
	}
}

func (a *Article) defaultCommand() string {
	command := "govrrpd check"
	if len(a.Host) > 0 {
		command += " --host"
	}
	if a.fleet() {
		command += " --fleet"
	}
	for _, f := range a.Wrong {
		command += " " + f.Name
	}
	return command
}

// fleet reports whether the example is about several routers.
func (a *Article) fleet() bool {
	return len(a.Wrong) > 0 && strings.HasPrefix(a.Wrong[0].Name, "wrong/")
}

// String is the article for a terminal.
func (a *Article) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s: %s\n\n%s\n", a.Code, a.Title, a.Text)
	if len(a.Wrong)+len(a.Beside) > 0 {
		out.WriteString("\nWrong:\n")
		printFiles(&out, slices.Concat(a.Wrong, a.Beside))
	}
	fmt.Fprintf(&out, "\n    $ %s\n%s", a.Command, indent(a.Want))
	out.WriteString("\nRight:\n")
	printFiles(&out, a.Right)
	return out.String()
}

func printFiles(out *strings.Builder, files []File) {
	for _, f := range files {
		out.WriteByte('\n')
		if len(files) > 1 {
			fmt.Fprintf(out, "    # %s\n", f.Name)
		}
		out.WriteString(indent(f.Text))
	}
}

func indent(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" {
			out.WriteString("    ")
		}
		out.WriteString(line)
	}
	return out.String()
}
