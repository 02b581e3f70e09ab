package syntax

import "strings"

// Suggest returns the candidate that word was most likely meant to be, or "" if none is near: at
// most a third of its letters may be wrong, left out, added or swapped with their neighbour. Case,
// and '-' for '_', cost nothing. Of equals the first wins.
func Suggest(word string, candidates []string) string {
	const longest = 64 // no keyword is longer: a longer word is no misspelling, and would cost time
	if word == "" || len(word) > longest {
		return ""
	}
	folded := fold(word)
	best, bestDistance := "", min(len(word)/3, 4)+1
	for _, candidate := range candidates {
		if abs(len(candidate)-len(word)) >= bestDistance || candidate == word {
			continue
		}
		if d := distance(folded, fold(candidate), bestDistance); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

func fold(word string) string {
	return strings.ReplaceAll(strings.ToLower(word), "-", "_")
}

func abs(n int) int { return max(n, -n) }

// distance is the number of edits between a and b (optimal string alignment), or limit if it is at
// least that.
func distance(a, b string, limit int) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		nearest := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			nearest = min(nearest, row[j])
		}
		if nearest >= limit {
			return limit
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
