package script

import (
	"slices"
	"strings"
)

// Command is one program with its arguments and the user that it runs as.
type Command struct {
	// Path is the file to execute. Empty means Args[0], which must then hold a slash: the search in
	// $PATH is done once, by Checker, not at every run.
	Path string
	// Args is the argument vector with the program itself first, as configured.
	Args []string
	// UID and GID are the identity of the child. Nothing is changed if they are those of this process
	// and Groups is nil.
	UID, GID uint32
	// Groups are the supplementary groups of the child; nil means none.
	Groups []uint32
	// Stdin is what the program can read on its standard input, which ends behind it; nil is /dev/null. It
	// need not be read.
	Stdin []byte
}

// Equal says whether both commands run the same program, with the same arguments, as the same user, whatever
// they can read.
func (c Command) Equal(other Command) bool {
	return c.path() == other.path() && slices.Equal(c.Args, other.Args) &&
		c.UID == other.UID && c.GID == other.GID && slices.Equal(c.Groups, other.Groups)
}

// With returns the command with more arguments behind its own; c is left as it was.
func (c Command) With(args ...string) Command {
	c.Args = append(slices.Clip(c.Args), args...)
	return c
}

// String is the command as one line, arguments with blanks in quotes: for logs.
func (c Command) String() string {
	words := make([]string, len(c.Args))
	for i, arg := range c.Args {
		words[i] = arg
		if arg == "" || strings.ContainsAny(arg, " \t\n'\"") {
			words[i] = quote(arg)
		}
	}
	return strings.Join(words, " ")
}

func (c Command) path() string {
	if c.Path != "" || len(c.Args) == 0 {
		return c.Path
	}
	return c.Args[0]
}

// shell is the command as it is run when the kernel does not know the file's format: a shell script
// without "#!". Every argument is quoted, so the shell interprets nothing of what was configured.
func (c Command) shell() Command {
	words := []string{quote(c.path())}
	for _, arg := range c.Args[1:] {
		words = append(words, quote(arg))
	}
	c.Path, c.Args = shellPath, []string{"sh", "-c", strings.Join(words, " ")}
	return c
}

// FileTest recognises the form "</path" (blanks allowed behind the "<"), which runs no program but
// only tests that the file can be opened, and returns the path.
func FileTest(line string) (path string, ok bool) {
	path, ok = strings.CutPrefix(strings.TrimLeft(line, " \t"), "<")
	path = strings.Trim(path, " \t")
	return path, ok && strings.HasPrefix(path, "/")
}

// OpenFile is the command that succeeds if and only if uid and gid can open path for reading. A shell
// does it, because the open must happen as that user and may block (a FIFO), which no thread of ours may.
func OpenFile(path string, uid, gid uint32, groups []uint32) Command {
	return Command{Path: shellPath, Args: []string{"sh", "-c", "<" + quote(path)}, UID: uid, GID: gid, Groups: groups}
}

const shellPath = "/bin/sh"

func quote(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
