package netns

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/govrrpd/govrrpd/test/lab"
	"github.com/govrrpd/govrrpd/test/peers"
)

// documentedSite is a configuration as a real site runs it; only the name of the interface on the
// LAN is another one in the lab.
const documentedSite = `global_defs {
    notification_email { root@example.org }
    notification_email_from keepalived@example.org
    smtp_server smtp.example.org
    router_id routeur-sam
}
vrrp_instance VI_ALL {
    state MASTER
    priority 150
    smtp_alert
    interface ens18
    virtual_router_id 60
    advert_int 2
    notify /var/local/services/keepalived/keepalived.py
    virtual_ipaddress {
        185.230.79.62/26 brd 185.230.79.63 dev ens22 scope global
    }
}
`

var documentedVIP = netip.MustParsePrefix("185.230.79.62/26")

// documentedRouter is one router of the documented site, with the record of its notify script.
type documentedRouter struct {
	*router
	record string
}

// TestDocumentedSite runs the documented configuration on three hosts: keepalived as the peer,
// govrrpd, and the mail server.
func TestDocumentedSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, "subject", "peer", "mail")
	sink, err := s.lan.Hosts[2].ServeMail("10.9.0.3:25")
	check(t, err)
	t.Cleanup(sink.Close)
	subject := newDocumentedRouter(s, 0, subjectProgram(t))
	peer := newDocumentedRouter(s, 1, peers.Need(t, "keepalived"))

	configuration := strings.ReplaceAll(documentedSite, "ens18", "eth0")
	peerConfiguration := strings.NewReplacer("state MASTER", "state BACKUP", "priority 150", "priority 100",
		"routeur-sam", "routeur-bob").Replace(configuration)
	before := subject.links()

	peer.start(peerConfiguration)
	subject.start(configuration)
	subject.waitMaster(peer)
	subject.expectAddress()
	subject.waitNotify("INSTANCE VI_ALL BACKUP 150", "INSTANCE VI_ALL MASTER 150")
	expectMail(t, sink, "[routeur-sam] VRRP Instance VI_ALL - Entering BACKUP state",
		"=> VRRP Instance is no longer owning VRRP VIPs <=")
	expectMail(t, sink, "[routeur-sam] VRRP Instance VI_ALL - Entering MASTER state",
		"=> VRRP Instance is now owning VRRP VIPs <=")

	subject.stop()
	peer.waitMaster(subject)
	subject.waitNotify("INSTANCE VI_ALL BACKUP 150", "INSTANCE VI_ALL MASTER 150", "INSTANCE VI_ALL STOP 150")
	if after := subject.links(); !slices.Equal(before, after) {
		t.Errorf("after the stop the links and addresses are\n%v\nbefore they were\n%v", after, before)
	}
	expectMail(t, sink, "[routeur-bob] VRRP Instance VI_ALL - Entering MASTER state",
		"=> VRRP Instance is now owning VRRP VIPs <=")

	subject.start(configuration)
	subject.waitMaster(peer)

	check(t, subject.daemon.Crash())
	check(t, s.lan.Unplug(subject.host))
	peer.waitAddress(documentedVIP, true)
	for _, mail := range sink.Mails() {
		if strings.Contains(mail.Header("Subject"), "Stopping") {
			t.Errorf("a mail came for the stop: %q", mail.Header("Subject"))
		}
	}
}

// newDocumentedRouter gives a host what the configuration counts on: a second link, the script at
// its place, and the mail server's name.
func newDocumentedRouter(s *site, i int, program peers.Program) *documentedRouter {
	s.t.Helper()
	r := &documentedRouter{router: s.router(i, program), record: filepath.Join(s.t.TempDir(), "record")}
	check(s.t, lab.Cable(r.host, "ens22", s.lan.Switch, "up-"+r.host.Name))
	hosts := filepath.Join(s.t.TempDir(), "hosts")
	check(s.t, os.WriteFile(hosts, []byte("127.0.0.1 localhost\n10.9.0.3 smtp.example.org\n"), 0o644))
	check(s.t, r.host.Bind(hosts, "/etc/hosts"))
	check(s.t, r.host.Do(func() error {
		if err := unix.Mount("tmpfs", "/var/local", "tmpfs", 0, "mode=755"); err != nil {
			return err
		}
		const script = "/var/local/services/keepalived/keepalived.py"
		if err := os.MkdirAll(filepath.Dir(script), 0o755); err != nil {
			return err
		}
		return os.WriteFile(script, fmt.Appendf(nil, "#!/bin/sh\necho \"$@\" >> %s\n", r.record), 0o755)
	}))
	return r
}

// waitMaster waits until this router is Master and the other one is not.
func (r *documentedRouter) waitMaster(other *documentedRouter) {
	r.t.Helper()
	r.waitAddress(documentedVIP, true)
	other.waitAddress(documentedVIP, false)
	r.waitLine(0, "(VI_ALL) Entering MASTER STATE")
}

// waitNotify waits until the notify script has been run with exactly these arguments, in this order.
func (r *documentedRouter) waitNotify(want ...string) {
	r.t.Helper()
	var got []string
	waitUntil(r.t, func() bool {
		text, _ := os.ReadFile(r.record) // not there before the first run
		got = strings.Split(strings.TrimSpace(string(text)), "\n")
		return slices.Equal(got, want)
	}, func() string { return fmt.Sprintf("%s: notify was run with %q, want %q", r.host.Name, got, want) })
}

// expectAddress checks the address as the kernel has it.
func (r *documentedRouter) expectAddress() {
	r.t.Helper()
	addresses, err := r.host.Addresses("ens22")
	check(r.t, err)
	i := slices.IndexFunc(addresses, func(a netlink.Addr) bool { return a.IPNet.String() == documentedVIP.String() })
	if i < 0 {
		r.t.Fatalf("%v is not on ens22, which has %v", documentedVIP, addresses)
	}
	a := addresses[i]
	if a.Broadcast.String() != "185.230.79.63" || a.Scope != unix.RT_SCOPE_UNIVERSE || (a.Label != "ens22" && a.Label != "") {
		r.t.Errorf("%v has broadcast %v, scope %d, label %q; want 185.230.79.63, global, none", documentedVIP, a.Broadcast, a.Scope, a.Label)
	}
}

// links describes the links that the host has and their addresses.
func (r *documentedRouter) links() []string {
	r.t.Helper()
	names, err := r.host.Links()
	check(r.t, err)
	var found []string
	for _, name := range names {
		addresses, err := r.host.Addresses(name)
		check(r.t, err)
		for _, a := range addresses {
			found = append(found, name+" "+a.IPNet.String())
		}
	}
	slices.Sort(found)
	return slices.Concat(names, found)
}

func expectMail(t *testing.T, sink *lab.MailSink, subject, body string) {
	t.Helper()
	ctx, cancel := deadline(t)
	defer cancel()
	mail, err := sink.Wait(ctx, func(m lab.Mail) bool { return m.Header("Subject") == subject })
	if err != nil {
		t.Fatalf("mail %q: %v; mails so far: %q", subject, err, sink.Mails())
	}
	if mail.Body() != body {
		t.Errorf("mail %q has the body %q, want %q", subject, mail.Body(), body)
	}
	if mail.From != "keepalived@example.org" || !slices.Equal(mail.To, []string{"root@example.org"}) {
		t.Errorf("mail %q is from %s to %s", subject, mail.From, mail.To)
	}
	if from := strings.Trim(mail.Header("From"), "<>"); from != "keepalived@example.org" {
		t.Errorf("mail %q has the header From: %s", subject, from)
	}
}

// waitUntil looks again and again until the condition holds, for what the kernel sends no event of:
// the contents of files.
func waitUntil(t *testing.T, condition func() bool, complaint func() string) {
	t.Helper()
	ctx, cancel := deadline(t)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !condition() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatal(complaint())
		}
	}
}
