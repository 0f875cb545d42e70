// SPDX-License-Identifier: Apache-2.0

package policy

import "strings"

// Piece is a stretch of two texts: of both, of the earlier or of the later one.
type Piece struct {
	Was  bool   `json:"was"`
	Now  bool   `json:"now"`
	Text string `json:"text"` // a block as it is written
}

// Diff compares two texts block by block, in reading order. It is quadratic in
// what differs, and both are bounded by MaxText and the number of blocks.
func Diff(was, now string) []Piece {
	a, b := written(was), written(now)
	var head, tail []Piece
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head = append(head, Piece{true, true, a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, Piece{true, true, a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	out := append(head, middle(a, b)...)
	for i := len(tail) - 1; i >= 0; i-- {
		out = append(out, tail[i])
	}
	return out
}

// middle compares by the longest common run of blocks.
func middle(a, b []string) []Piece {
	common := make([][]int32, len(a)+1)
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []Piece
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, Piece{true, true, a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, Piece{true, false, a[i]})
			i++
		default:
			out = append(out, Piece{false, true, b[j]})
			j++
		}
	}
	return out
}

// written gives the blocks of a text, each as it is written, at most maxBlocks.
func written(text string) []string {
	var out []string
	for _, b := range Blocks(text) {
		if len(out) == maxBlocks {
			out[maxBlocks-1] += "\n" + strings.TrimRight(Write([]Block{b}), "\n")
			continue
		}
		out = append(out, strings.TrimRight(Write([]Block{b}), "\n"))
	}
	return out
}
