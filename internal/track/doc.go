// Package track watches what the configuration wants Virtual Routers to depend on besides their
// interfaces: the exit status of scripts, numbers in files, and the presence of processes.
//
// Each source ([Scripts], [Files], [Processes]) is built from its part of the configuration, runs until
// its context ends, and hands every change to a report function as a [Result]. Report functions are
// called from the source's goroutines, possibly from several at a time, and must not block.
//
// What is known before a source runs (init_fail, results carried over at a reload, the contents of
// files) is not reported: States tells it, at any time, from any goroutine.
//
// The package promises when a script is run, when it is given up, how many results change a verdict,
// and keepalived's log lines about all that. Weights, priorities and the FAULT state are the router's
// business; it never hears of a script, only of a Result. Link states come from netmon.
package track

// Kind says which source a Result is from; names are unique within one kind only.
type Kind uint8

// The kinds of sources.
const (
	Script  Kind = iota + 1 // vrrp_script
	File                    // track_file
	Process                 // vrrp_track_process
)

func (k Kind) String() string {
	switch k {
	case Script:
		return "script"
	case File:
		return "file"
	case Process:
		return "process"
	}
	return "unknown"
}

// Result is the news about one tracked object.
type Result struct {
	Kind Kind
	Name string // of the configuration's block
	// Good is the verdict on a script (rise and fall applied) or on a process (quorum and delays
	// applied). It is always true for a file, whose Value says everything.
	Good bool
	// Value is a file's number, how many processes match, or a script's counter.
	Value int
}
