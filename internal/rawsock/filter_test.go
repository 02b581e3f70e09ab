package rawsock

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/net/bpf"
)

// vridSets are the sets that filters are tried with: the borders of words, and chance with a fixed seed.
func vridSets() []*[256]bool {
	none, all, borders := new([256]bool), new([256]bool), new([256]bool)
	for vrid := range all {
		all[vrid] = true
		borders[vrid] = vrid%32 == 0 || vrid%32 == 31
	}
	sets := []*[256]bool{none, all, borders}
	random := rand.New(rand.NewPCG(5798, 9568))
	for _, members := range []int{1, 1, 2, 5, 31, 128, 250} {
		set := new([256]bool)
		for range members {
			set[random.IntN(256)] = true
		}
		sets = append(sets, set)
	}
	return sets
}

// filterInput is what the kernel shows a filter of an advert: IPv4 packets with options of so many words.
func filterInput(is6 bool, optionWords int, vrid byte) []byte {
	pdu := []byte{0x31, vrid, 100, 0, 0, 100, 0, 0}
	if is6 {
		return pdu
	}
	header := make([]byte, 20+4*optionWords)
	header[0] = 4<<4 | byte(5+optionWords)
	return append(header, pdu...)
}

func newVM(t *testing.T, program []bpf.Instruction) *bpf.VM {
	t.Helper()
	vm, err := bpf.NewVM(program)
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

func passes(t *testing.T, vm *bpf.VM, packet []byte) bool {
	t.Helper()
	n, err := vm.Run(packet)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

func TestFilterPassesExactlyItsVRIDs(t *testing.T) {
	for _, is6 := range []bool{false, true} {
		for number, set := range vridSets() {
			vm := newVM(t, filterProgram(is6, 0, set, false))
			for vrid := range 256 {
				for _, optionWords := range []int{0, 1, 10} {
					if got := passes(t, vm, filterInput(is6, optionWords, byte(vrid))); got != set[vrid] {
						t.Fatalf("IPv6 %v, set %d, VRID %d, %d words of options: passes %v, want %v",
							is6, number, vrid, optionWords, got, set[vrid])
					}
				}
			}
		}
	}
}

func TestOpenFilterPassesEverything(t *testing.T) {
	for _, is6 := range []bool{false, true} {
		vm := newVM(t, filterProgram(is6, 0, nil, true))
		for _, packet := range [][]byte{{0x45}, filterInput(is6, 0, 9)} {
			if !passes(t, vm, packet) {
				t.Errorf("IPv6 %v: % x was dropped", is6, packet)
			}
		}
	}
}

func TestFilterDropsWhatEndsBeforeItsVRID(t *testing.T) {
	all := vridSets()[1]
	for _, is6 := range []bool{false, true} {
		vm := newVM(t, filterProgram(is6, 0, all, false))
		whole := filterInput(is6, 2, 9)
		vridAt := len(whole) - vrrpHeaderLength + 1
		for length := range len(whole) + 1 {
			if got, want := passes(t, vm, whole[:length]), length > vridAt; got != want {
				t.Errorf("IPv6 %v, %d bytes: passes %v, want %v", is6, length, got, want)
			}
		}
	}
}
