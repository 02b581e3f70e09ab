package transcript

import "strings"

// known are the differences that every scenario may show. "both" are things that differ from run to run.
var known = mustExceptions(
	// Numbers.
	`both (?:second )?log.*: (.*)\bpid=\d+(.*) => ${1}pid=N${2} # processes`,
	`both (?:second )?log.*: (.*)process\(\d+\)(.*) => ${1}process(N)${2} # processes`,
	`both (?:second )?log.*: (.*)fd\(\d+,\d+\)(.*) => ${1}fd(N)${2} # descriptors`,
	`both (?:second )?log.*: (.*)fd \(\d+,\d+\)(.*) => ${1}fd(N)${2} # descriptors`,
	`both (?:second )?log.*: (.*)ifindex\( *\d+\)(.*) => ${1}ifindex(N)${2} # interfaces that are made while it runs`,
	`both (?:second )?log.*: (.*) (v\d+\.\d+\.\d+) \(.*\) => ${1} VERSION # the version`,
	`both dump-stats: (    (?:Received|Sent)): [1-9]\d* => ${1}: some # how many adverts depends on how long it took`,
	`both dump-json: (.*"advert_(?:rcvd|sent)":) [1-9]\d*, => ${1} N, # how many adverts depends on how long it took`,
	`both dump-json: (.*"last_transition":) [\d.]+, => ${1} T, # a time`,
	`both dump-json: (.*),$ => ${1} # which key is the last one`,

	`both dump-data: (\s+(?:Last transition|Read timeout)) = [1-9].* => ${1} = T # a time`,
	`both dump-data: \s+Last advert sent = .* # a time, and 2.4 alone has it`,
	`both dump-data: \s+Master down timer = .* # 2.2.7 prints what was left of it when a lower priority was heard`,
	`both dump-data: \s+fd_in .* # descriptors`,

	// What keepalived 2.4 does and Debian's 2.2.7 does not (yet).
	`ours dump-stats: (  Authentication Extension Errors:|    (Missing|Malformed|Unknown Key|Invalid HMAC|Stale|Replay): 0) # 2.4 has six more counters`,
	`ours dump-json: \s+"auth_ext_\w+": 0 # 2.4 has six more counters`,
	`oracle dump-json: \s+"auth_type": 0 # 2.4 leaves it out where there is none`,
	`ours log V\d: \(V\d\) master (set to|changed from) .* # 2.4 says so with -D`,
	`oracle log V\d: (\(V\d\) received an invalid passwd)! => ${1} # 2.4 says who sent it`,
	`ours log V\d: (\(V\d\) received an invalid passwd) from .*! => ${1} # 2.4 says who sent it`,
	`oracle mails: (.*To: root@example.org,) (admin.*) => ${1}\r\n ${2} # 2.4 folds the line`,
	`oracle dump-data: \s+Unicast TTL = 255 # 2.4 prints one that is configured`,
	`oracle dump-data: \s+Master advert int = [\d.]+ sec # 2.4 prints the next line in its place`,
	`both dump-data: \s+Master advert interval = .* # 2.4 has it at another place`,
	`ours dump-data: \s+VRRPv3 uses VRRPv2 checksum = disabled # 2.4 prints it`,
	`oracle dump-data: \s+Number of interface and track script faults = .* # 2.4 prints two other lines`,
	`ours dump-data: \s+(Number of tracker faults|Flags of interface faults) .* # 2.4 prints them`,
	`oracle log rest: New route doesn't have i/f index # 2.4 knows the interface`,
	`oracle dump-(?:json|data): (.*) \[installed ifindex \d+\](.*) => ${1}${2} # 2.2.7 alone prints it`,
	`ours log V\d: (\(V\d\) Invalid VRRPv\d checksum) from \S+ => ${1} # 2.4 says who sent it`,
	`ours log V\d: (\(V\d\) Invalid packet type) from \S+\. (.*) => ${1}. ${2} # 2.4 says who sent it`,
	`ours log V\d: (\(V\d\) received a \d auth) from \S+, (.*) => ${1}, ${2} # 2.4 says who sent it`,
	`ours log V\d: (\(V\d\) Invalid auth type) from \S+: (.*) => ${1}: ${2} # 2.4 says who sent it`,
	`ours log V\d: (\(V\d\) vrrp packet) from \S+ (.*) => ${1} ${2} # 2.4 says who sent it`,
	`both log V\d: (\(V\d\) invalid TTL/HL)(?: from \S+)?\. (.*) => ${1}. ${2} # 2.4 says who sent it`,
	`both log V\d: (\(V\d\) wrong) (?:version|VRRP version from \S+)\. (.*) => ${1} version. ${2} # 2.4 says who sent it`,
	`oracle log G\d: VRRP_Group\(G\d\): Syncing V\d to FAULT state # 2.4 says it in other words`,
	`oracle log V\d: (\(V\d\) advertisement interval mismatch) (mine=.*) => ${1} ${2} # 2.4 says who sent it`,
	`ours log V\d: (\(V\d\) advertisement interval mismatch) with \S+ (mine=.*) => ${1} ${2} # 2.4 says who sent it`,
	`ours log V\d: \(V\d\) advertisement interval mismatch ours = .* # 2.4 says so once in version 3`,
	`both kernel \d+: file \S+ prw-.* # 2.4 makes FIFOs with mode 0644 and leaves them there at the end`,

	// docs/DIFFERENCES.md: how findings are reported.
	`both log config: .* # one line for each finding, with a place and a hint; test/differential compares verdicts`,
	`oracle log rest: SECURITY VIOLATION - .* # a finding, too: govrrpd gives it a place`,

	// What a process says of itself as the program that it is. Nobody's router depends on it.
	`oracle (?:log parent|second log): (Running on Linux|Command line:|   ).* # the program about itself`,
	`oracle log parent: (Stopped - used|CPU usage) .* # used time`,
	`oracle log rest: (Stopped) - used .* => ${1} # used time`,
	`oracle log parent: Script user 'keepalived_script' does not exist # govrrpd says so as a finding`,
)

func mustExceptions(lines ...string) []*exception {
	var all []*exception
	for _, line := range lines {
		e, err := parseException(line)
		if err != nil {
			panic("transcript: " + err.Error())
		}
		all = append(all, e)
	}
	return all
}

// parentLines are those that keepalived's first process writes, whose order among the second one's is chance.
var parentLines = []string{"Starting Keepalived", "Running on", "Command line:", "   ", "Opening file", "Configuration file",
	"Starting VRRP child", "Starting BFD child", "Startup complete", "Reloading ...", "Reload complete", "Printing parent data", "CPU usage", "Stopped Keepalived", "Script user 'keepalived_script'",
	"NOTICE: setting config option max_auto"}

func isParentLine(line string) bool {
	for _, beginning := range parentLines {
		if strings.HasPrefix(line, beginning) {
			return true
		}
	}
	return false
}
