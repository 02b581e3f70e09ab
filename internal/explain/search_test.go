package explain

import (
	"slices"
	"testing"
)

func TestMistypedCodesAreRecognized(t *testing.T) {
	for word, want := range map[string]bool{
		"GV0999": true, "9999": true, "GB0101": true, "GV01O1": true, "gv0102x": true, "GV-0101": true, "V0101": true,
		"preempt": false, "": false, "GV": false, "g1": false, "ipv6": false, "RFC9568": false, "802.1Q": false, "gateway": false,
	} {
		if got := LooksLikeCode(word); got != want {
			t.Errorf("%q: %v, want %v", word, got, want)
		}
	}
}

func TestNearestCodeComesFirst(t *testing.T) {
	for word, want := range map[string]string{
		"GV1001": "GV0101", "GV9101": "GV0101", "GV01O1": "GV0101", "GB0101": "GV0101", "GV0102x": "GV0102",
		"GV0653": "GV0651", "9999": "GV0752", "653": "GV0651",
	} {
		near := Nearest(word)
		if len(near) == 0 || near[0].Code.String() != want {
			t.Errorf("%s: nearest are %v, want %s first", word, codesOf(near), want)
		}
	}
	if near := Nearest("GGGGGGG1"); len(near) != 0 {
		t.Errorf("nearest to nothing are %v", codesOf(near))
	}
}

func TestWordsAreSearchedFor(t *testing.T) {
	found := codesOf(Search([]string{"PREEMPT"}))
	title, text := slices.Index(found, "GV0440"), slices.Index(found, "GV0643")
	if title < 0 || text < 0 || title > text {
		t.Errorf("preempt is in %v, want the title of GV0440 before the text of GV0643", found)
	}
	if both := codesOf(Search([]string{"nopreempt", "owner"})); !slices.Contains(both, "GV0440") || slices.Contains(both, "GV0441") {
		t.Errorf("nopreempt and owner are in %v, want GV0440 and not GV0441", both)
	}
	if none := Search([]string{"preempt", "zzqq"}); len(none) != 0 {
		t.Errorf("found %v, which lacks a word", codesOf(none))
	}
}

func codesOf(articles []Article) []string {
	var codes []string
	for _, a := range articles {
		codes = append(codes, a.Code.String())
	}
	return codes
}
