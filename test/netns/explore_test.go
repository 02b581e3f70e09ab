package netns
import ("testing";"time";"os";"os/exec";"strings";"golang.org/x/sys/unix";"github.com/govrrpd/govrrpd/test/peers")
func bothStages(t *testing.T, f func(st *stage, who string)) {
	for i, program := range []peers.Program{subjectProgram(t), peers.Need(t, "keepalived")} {
		s := newSite(t, "subject", "mail")
		st := &stage{router: s.router(0, program), dir: t.TempDir()}
		f(st, []string{"OURS","THEIRS"}[i])
	}
}
func logLines(st *stage, words ...string) string {
	var b strings.Builder
	for _, l := range strings.Split(st.daemon.Log.String(), "\n") {
		if i := strings.Index(l, "2026: "); i > 0 { l = l[i+6:] }
		for _, w := range words { if strings.Contains(strings.ToLower(l), w) { b.WriteString(strings.ReplaceAll(l,st.dir,"DIR")+"\n"); break } }
	}
	return b.String()
}
func osWrite(p, s string) error { return os.WriteFile(p, []byte(s), 0o755) }
func TestExploreProcess(t *testing.T) {
	bothStages(t, func(st *stage, who string) {
		c := "vrrp_track_process P {\n process sleep\n weight 10\n}\nvrrp_track_process Q {\n process sleep\n}\n"
		cmd := exec.Command("sleep", "30"); cmd.Start(); defer cmd.Process.Kill()
		st.start(c+quick("A", 51, "eth0", "track_process {\n P\n }\n", "10.9.0.100/24")+quick("B", 52, "eth0", "track_process {\n Q\n }\n", "10.9.0.101/24")+quick("C", 53, "eth0", "track_process {\n P weight 10 reverse\n}\n", "10.9.0.102/24"))
		st.waitLine(0, "(A) Entering MASTER STATE")
		time.Sleep(time.Second)
		st.daemon.Signal(unix.SIGUSR1)
		time.Sleep(500*time.Millisecond)
		x, _ := exec.Command("bash", "-c", "sed -n '/VRRP Track processes/,/Interfaces/p' "+st.daemon.Dir+"/keepalived.data").CombinedOutput()
		st.stop()
		t.Log(who, "\n"+logLines(st, "process", "quorum", "priority", "entering", "errno")+string(x))
	})
}
