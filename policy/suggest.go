package policy

import (
	"slices"
	"strings"
)

// nearest returns the known name that word was probably meant to be. Of several
// that are as near it is the first in the alphabet.
func nearest(word string, known []string) (string, bool) {
	best, bestDistance := "", 1+max(1, min(3, len(word)/3))
	for _, k := range known {
		if abs(len(k)-len(word)) > bestDistance {
			continue
		}
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if d < bestDistance || d == bestDistance && best != "" && k < best {
			best, bestDistance = k, d
		}
	}
	return best, best != ""
}

func abs(n int) int { return max(n, -n) }

const (
	maxListed  = 20   // known names that a message lists
	maxGuessed = 1000 // known names among which a guess is made
)

// didYouMean is the end of a message about an unknown word: a guess where one is
// near, else what would be known. A file with very many errors gets no more
// guesses, which would cost more than all the rest.
func (p *parser) didYouMean(word string, known []string) string {
	if p.guesses++; p.guesses > maxErrors || len(known) > maxGuessed {
		return ""
	}
	if near, ok := nearest(word, known); ok {
		return ", did you mean `" + near + "`?"
	}
	switch {
	case len(known) == 0:
		return ": none is known here"
	case len(known) > maxListed:
		return ""
	}
	return "; known here: " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
}

// distance counts the insertions, deletions, replacements and swaps of
// neighbours between two words. Long words are not compared: no known name is
// that long, and a file must not be able to buy time with one.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	var before, above []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row = above, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
