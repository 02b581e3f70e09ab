package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// describe says on what and with what is measured, one fact a line.
func describe(ctx context.Context, contestants [2]contestant) (string, error) {
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return "", fmt.Errorf("name of the kernel: %w", err)
	}
	lines := []string{
		"date: " + time.Now().UTC().Format(time.DateOnly),
		fmt.Sprintf("machine: %d x %s", runtime.NumCPU(), processor()),
		fmt.Sprintf("kernel: %s %s", unix.ByteSliceToString(uts.Sysname[:]), unix.ByteSliceToString(uts.Release[:])),
		"Go: " + strings.TrimPrefix(runtime.Version(), "go"),
		"load average at the start (0 is best): " + load(),
	}
	for _, c := range contestants {
		cmd := exec.CommandContext(ctx, c.program.Path, "-v")
		cmd.Env = append(os.Environ(), c.program.Env...)
		text, err := cmd.CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("version of %s: %w\n%s", c.name, err, text)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		lines = append(lines, c.name+": "+first)
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// load is the average number of running processes of the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// processor is the model that the kernel names.
func processor() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
