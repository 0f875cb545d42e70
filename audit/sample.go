// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"crypto/sha256"
	"slices"
	"strings"
)

// Sample is what was drawn from a population, in a way that anybody can repeat.
// It keeps the digest of the population: who draws again knows whether he draws
// from the same.
type Sample struct {
	ID         string   `json:"id"`         // "s1", within its audit
	Population string   `json:"population"` // what it was drawn from
	Of         int      `json:"of"`         // how many there were
	Digest     string   `json:"digest"`     // of the population, sorted
	Seed       string   `json:"seed"`
	Items      []string `json:"items"`
	Why        string   `json:"why"` // which question it is for
	Mark
}

// MostSampled is how many items a sample holds at most.
const MostSampled = 500

// Draw takes n items of a population by a seed: those whose SHA-256 over seed,
// line feed and item is the lowest, in that order. The same population, in
// whatever order, gives the same sample, and a larger one begins with it. An item
// that stands twice counts once.
func Draw(seed string, population []string, n int) []string {
	all := slices.Compact(slices.Sorted(slices.Values(population)))
	key := func(item string) string {
		sum := sha256.Sum256([]byte(seed + "\n" + item))
		return string(sum[:])
	}
	slices.SortStableFunc(all, func(x, y string) int { return strings.Compare(key(x), key(y)) })
	return all[:max(0, min(n, len(all)))]
}

// PopulationDigest is the SHA-256 of a population, in whatever order it comes.
func PopulationDigest(population []string) string {
	return digest(slices.Compact(slices.Sorted(slices.Values(population))))
}
