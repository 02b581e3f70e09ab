package main

// probes are all measurements, in the order of the table.
var probes = []probe{
	{name: "failover", repeat: 1, quick: 1, run: failover, metrics: failoverMetrics()},
	{name: "announce", repeat: 9, quick: 3, run: announcing(1), metrics: []metric{
		{"first GARP", "advert to first gratuitous ARP, 1 address", "ms", goal{ratio: 1}},
	}},
	{name: "announce1000", repeat: 5, quick: 1, run: announcing(1000), metrics: []metric{
		{"first GARP", "advert to first gratuitous ARP, 1000 addresses", "ms", goal{ratio: 0.7}},
		{"all announced", "advert to every address announced, 1000 addresses", "ms", goal{ratio: 0.7}},
	}},
	{name: "announce4000", repeat: 3, quick: 1, run: announcing(4000), metrics: []metric{
		{"first GARP", "advert to first gratuitous ARP, 4000 addresses", "ms", goal{ratio: 0.8}},
		{"all announced", "advert to every address announced, 4000 addresses", "ms", goal{ratio: 0.8}},
		{"gap", "longest gap between adverts while 4000 addresses are set (advert_int 100 ms)", "ms", goal{limit: 102}},
	}},
	{name: "cpu", repeat: 2, quick: 1, run: processorTime(1000), metrics: []metric{
		{"master", "CPU per advert, 1000 instances at 100 ms, Master", "us", goal{ratio: 0.6}},
		{"backup", "CPU per advert, 1000 instances at 100 ms, Backup", "us", goal{ratio: 0.8}},
		{"memory", "memory, resident, all processes, 1000 instances", "MiB", goal{ratio: 0.9}},
	}},
	{name: "cpu1", repeat: 2, quick: 1, run: processorTime(1), metrics: []metric{
		{"master", "CPU per advert, 1 instance at 100 ms, Master", "us", goal{ratio: 1.3}},
		{"backup", "CPU per advert, 1 instance at 100 ms, Backup", "us", goal{ratio: 1.3}},
		{"memory", "memory, resident, all processes, 1 instance", "MiB", goal{ratio: 0.9}},
	}},
	{name: "start", repeat: 15, quick: 5, run: starting(1), metrics: []metric{
		{"first advert", "exec to first advert, 1 owner", "ms", goal{ratio: 0.6}},
	}},
	{name: "start1000", repeat: 5, quick: 2, run: starting(1000), metrics: []metric{
		{"first advert", "exec to first advert of 1000 owners", "ms", goal{}},
		{"all adverts", "exec to first advert of every one of 1000 owners", "ms", goal{ratio: 1}},
	}},
	{name: "stop", repeat: 5, quick: 2, run: stopping, metrics: []metric{
		{"release", "SIGTERM to advert with priority 0", "ms", goal{}},
		{"exit", "SIGTERM to exit", "ms", goal{ratio: 0.1}},
	}},
	{name: "check1000", repeat: 5, quick: 2, run: checking(1000), metrics: []metric{
		{"exit", "-t, 1000 instances", "ms", goal{ratio: 1}},
	}},
	{name: "check10000", repeat: 2, quick: 1, run: checking(10_000), metrics: []metric{
		{"exit", "-t, 10 000 instances", "ms", goal{ratio: 0.2}},
		{"memory", "-t, 10 000 instances: memory, resident", "MiB", goal{}},
	}},
	{name: "check65000", repeat: 1, run: checking(65_000), metrics: []metric{
		{"exit", "-t, 65 000 instances", "ms", goal{ratio: 0.05}},
		{"memory", "-t, 65 000 instances: memory, resident", "MiB", goal{}},
	}},
	{name: "sequence", repeat: 1, run: checkingSequence, metrics: []metric{
		{"exit", "-t, 65 024 instances from one ~SEQ line", "ms", goal{ratio: 0.05}},
		{"memory", "-t, 65 024 instances from one ~SEQ line: memory, resident", "MiB", goal{}},
	}},
	{name: "reload", repeat: 2, quick: 1, run: reloading, metrics: []metric{
		{"excess", "reload of 1000 unchanged: longest advert gap less the interval", "ms", goal{ratio: 1}},
		{"disturbance", "reload of 1000 unchanged: releases and announcements", "packets", goal{zero: true}},
	}},
	{name: "drift", repeat: 1, quick: 1, run: drifting, metrics: []metric{
		{"drift", "drift of the advert period (100 ms)", "ms", goal{limit: 0.005}},
	}},
	{name: "busy", repeat: 1, quick: 1, run: busyMachine, metrics: []metric{
		{"rt changes", "changes of Master, 10 ms adverts, processors taken by others, real-time priority", "changes", goal{zero: true}},
		{"rt p99.9", "the same: 99.9 % of the gaps between adverts are this close to 10 ms", "ms", goal{limit: 0.5}},
		{"rt max", "the same: all are", "ms", goal{}},
		{"plain changes", "changes of Master, the same without real-time priority", "changes", goal{ratio: 1}},
		{"plain p99.9", "the same: 99.9 % of the gaps between adverts are this close to 10 ms", "ms", goal{ratio: 1}},
		{"plain max", "the same: all are", "ms", goal{}},
	}},
	{name: "badpackets", repeat: 1, run: badPackets, metrics: []metric{
		{"20", "changes of Master in 10 s, 20 invalid packets a second", "changes", goal{zero: true}},
		{"50000", "changes of Master in 10 s, 50 000 invalid packets a second", "changes", goal{zero: true}},
		{"log", "log meanwhile", "KiB", goal{limit: 32}},
	}},
}
