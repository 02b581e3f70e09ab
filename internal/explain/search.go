package explain

import (
	"cmp"
	"slices"
	"strings"

	"github.com/govrrpd/govrrpd/pkg/syntax"
)

// LooksLikeCode tells whether a word was meant to be a code, though there may be no such code: it is a number, or has
// some digits behind a letter of "GV", and hardly anything else.
func LooksLikeCode(word string) bool {
	if _, ok := ParseCode(word); ok {
		return true
	}
	digits := 0
	for _, c := range word {
		if '0' <= c && c <= '9' {
			digits++
		}
	}
	return digits > 0 && len(word)-digits <= 3 && len(word) >= 4 && strings.ContainsAny(strings.ToUpper(word[:2]), "GV")
}

// Nearest are a few articles whose codes look like the one that does not exist: letters mistyped, or its neighbours.
func Nearest(word string) []Article {
	const few = 3
	word = strings.ToUpper(word)
	all := All()
	if code, ok := ParseCode(word); ok {
		slices.SortStableFunc(all, func(a, b Article) int {
			return cmp.Or(cmp.Compare(misspelling(code, a.Code), misspelling(code, b.Code)),
				cmp.Compare(distance(code, a.Code), distance(code, b.Code)))
		})
		return all[:min(few, len(all))]
	}
	codes := make([]string, len(all))
	for i, a := range all {
		codes[i] = a.Code.String()
	}
	var near []Article
	for range few {
		suggested := syntax.Suggest(word, codes)
		i := slices.Index(codes, suggested)
		if i < 0 {
			break
		}
		near = append(near, all[i])
		codes[i] = ""
	}
	return near
}

// misspelling is 0 where one digit is another, or two have changed places (GV0110 for GV0101), else 1.
func misspelling(a, b syntax.Code) int {
	one, other := []byte(a.String()), []byte(b.String())
	different := 0
	for i := range min(len(one), len(other)) {
		if one[i] != other[i] {
			different++
		}
	}
	slices.Sort(one)
	slices.Sort(other)
	if different < 2 || different == 2 && slices.Equal(one, other) {
		return 0
	}
	return 1
}

func distance(a, b syntax.Code) int {
	return max(int(a), int(b)) - min(int(a), int(b))
}

// Search finds the articles that have all of these words, those that have them in the title first.
func Search(words []string) []Article {
	var titled, others []Article
	for _, a := range All() {
		switch title, all := strings.ToLower(a.Title), strings.ToLower(a.String()); {
		case containsAll(title, words):
			titled = append(titled, a)
		case containsAll(all, words):
			others = append(others, a)
		}
	}
	return append(titled, others...)
}

func containsAll(text string, words []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, strings.ToLower(word)) })
}
