package netns

import (
	"runtime"
	"testing"
	"time"
)

// TestRealtimeHoldsOnABusyMachine: with real-time priority, a Master with adverts every 10 ms stays Master beside an equal
// Backup, although there are more processes that never wait than processors, and programs are started meanwhile.
func TestRealtimeHoldsOnABusyMachine(t *testing.T) {
	if !mayBeRealtime() {
		testFootingRefused(t)
		return
	}
	s := newSite(t, "master", "backup")
	master, backup := s.router(0, subjectProgram(t)), s.router(1, subjectProgram(t))
	configuration := func(priority string) string {
		return "global_defs {\n script_user root\n vrrp_rt_priority 50\n}\nvrrp_script ck {\n script /bin/true\n interval 1\n weight 1\n}\n" +
			"vrrp_instance VI {\n state BACKUP\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.01\n priority " + priority +
			"\n track_script {\n  ck\n }\n virtual_ipaddress {\n  10.9.0.100/24\n }\n}\n"
	}
	master.start(configuration("200"))
	master.waitLine(0, "(VI) Entering MASTER STATE")
	backup.start(configuration("100"))
	backup.waitLine(0, "(VI) Changing effective priority from 100 to 101")
	keepBusy(t, 2*runtime.NumCPU())
	masterLine, backupLine, mark := master.daemon.Log.Mark(), backup.daemon.Log.Mark(), s.sniffer.Mark()
	<-time.After(10 * time.Second)
	for _, r := range []*router{master, backup} {
		line := masterLine
		if r == backup {
			line = backupLine
		}
		if n := r.daemon.Log.Count(line, "STATE"); n != 0 {
			t.Errorf("%d changes of state of %s", n, r.host.Name)
		}
	}
	sent := master.adverts(mark)
	if len(sent) < 950 {
		t.Errorf("%d adverts in 10 s", len(sent))
	}
	late := 0
	for i := 1; i < len(sent); i++ {
		if sent[i].At.Sub(sent[i-1].At) > 20*time.Millisecond {
			late++
		}
	}
	if late > len(sent)/100 {
		t.Errorf("%d of %d adverts came more than 10 ms late", late, len(sent))
	}
}
